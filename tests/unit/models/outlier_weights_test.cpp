// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/models/small_decoder.h"
#include "workloads/passes/outliers.h"
#include "workloads/passes/plant_outliers.h"
#include "workloads/passes/quantise_weights.h"
#include "workloads/passes/weight_rows.h"

namespace handset {
namespace {

using ::testing::ElementsAre;
using testing::small_decoder;

std::vector<float> row_of(const ModelWeights& weights, const std::string& name, std::uint64_t row) {
    WeightRows rows(weights.image, weights.table.at(name));
    const std::span<const float> values = rows.row(row);
    return {values.begin(), values.end()};
}

std::vector<std::size_t> chosen(const std::vector<bool>& layers) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i]) {
            out.push_back(i);
        }
    }
    return out;
}

// 0.85 of 24 layers is 20.4: 20 are pruned and 4 are left.
TEST(KeptLayers, AreNearestToInputAndOutput) {
    EXPECT_THAT(chosen(kept_layers(24, 0.85)), ElementsAre(0U, 1U, 22U, 23U));
    EXPECT_THAT(chosen(kept_layers(5, 0.4)), ElementsAre(0U, 1U, 4U));
    EXPECT_THAT(chosen(kept_layers(3, 0.0)), ElementsAre(0U, 1U, 2U));
    EXPECT_THAT(chosen(kept_layers(3, 1.0)), ElementsAre());
}

TEST(Shadows, AreTheMatrixWithARowPerInputChannel) {
    const ModelWeights source = synthetic_weights(small_decoder(), NumberFormat::fp32, 3, 0, true);
    ModelWeights weights = convert_weights(source, {WeightFormat::int8, WeightScale::channel, {}}, true);
    const std::size_t before = weights.table.weights().size();
    std::vector<bool> kept(small_decoder().layers);
    kept[0] = true;
    add_shadows(weights, source, kept, true);
    EXPECT_EQ(weights.table.weights().size(), before + 7) << "q, k, v, output, gate, up, down of one layer";
    const Shape shape = weights.table.at("blk.0.ffn_down.weight").shape;
    const std::string shadow = shadow_name("blk.0.ffn_down.weight");
    EXPECT_EQ(weights.table.at(shadow).shape, (Shape{shape.cols, shape.rows}));
    const std::vector<float> row = row_of(weights, shadow, 5);
    for (std::uint64_t out = 0; out < shape.rows; ++out) {
        // int8 with a scale of its own: half a step of largest / 127.
        EXPECT_NEAR(row[out], row_of(source, "blk.0.ffn_down.weight", out)[5], 0.01);
    }
    EXPECT_EQ(weights.table.find(shadow_name("blk.1.ffn_down.weight")), nullptr);
}

TEST(Shadows, AddressesDoNotDependOnData) {
    const auto make = [](bool data) {
        ModelWeights weights = synthetic_weights(small_decoder(), NumberFormat::int8, 3, 0, data);
        add_shadows(weights, weights, std::vector<bool>(small_decoder().layers, true), data);
        return weights;
    };
    const ModelWeights on = make(true);
    const ModelWeights off = make(false);
    ASSERT_EQ(on.table.weights().size(), off.table.weights().size());
    for (std::size_t i = 0; i < on.table.weights().size(); ++i) {
        EXPECT_EQ(on.table.weights()[i].flash_address, off.table.weights()[i].flash_address);
    }
}

TEST(PlantOutliers, ScalesNormsUpAndTheColumnsThatFollowDown) {
    const ModelWeights source = synthetic_weights(small_decoder(), NumberFormat::fp32, 3, 0, true);
    const ModelWeights planted = plant_outliers(source, {2, 16.0, 7}, true);
    for (const auto& [norm, product] : {std::pair("blk.0.attn_norm.weight", "blk.0.attn_k.weight"),
                                        std::pair("blk.1.ffn_norm.weight", "blk.1.ffn_up.weight")}) {
        const std::vector<float> scaled = row_of(planted, norm, 0);
        int outliers = 0;
        for (std::size_t c = 0; c < scaled.size(); ++c) {
            const float factor = scaled[c] / row_of(source, norm, 0)[c];
            EXPECT_TRUE(factor == 1.0F || factor == 16.0F);
            outliers += factor == 16.0F ? 1 : 0;
            EXPECT_EQ(row_of(planted, product, 1)[c] * factor, row_of(source, product, 1)[c]);
        }
        EXPECT_EQ(outliers, 2);
    }
    EXPECT_EQ(row_of(planted, "blk.0.ffn_down.weight", 1), row_of(source, "blk.0.ffn_down.weight", 1));
    EXPECT_THROW(plant_outliers(source, {small_decoder().hidden, 16.0, 7}, true), ConfigError);
}

}  // namespace
}  // namespace handset
