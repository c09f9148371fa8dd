// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/plant_outliers.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/splitmix.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/passes/weight_rows.h"

namespace handset {

namespace {

struct NormOf {
    std::string_view norm;
    std::array<std::string_view, 3> products;  ///< empty: one less
};
constexpr std::array<NormOf, 2> kNorms{
    {{"attn_norm", {"attn_q", "attn_k", "attn_v"}}, {"ffn_norm", {"ffn_gate", "ffn_up", ""}}}};

/// Factors of the columns of a weight.
using Factors = std::vector<float>;

/// Distinct channels, a function of (seed, layer, norm).
std::vector<std::uint64_t> choose_channels(const PlantedOutliers& planted, std::uint64_t stream, std::uint64_t width) {
    if (planted.channels >= width) {
        throw ConfigError("plant_outliers: " + std::to_string(planted.channels) + " channels of " +
                          std::to_string(width));
    }
    std::vector<std::uint64_t> chosen;
    std::uint64_t state = mix64(planted.seed) + stream * kSplitMixStep;
    while (chosen.size() < planted.channels) {
        state = splitmix64(state);
        const std::uint64_t channel = state % width;
        if (std::find(chosen.begin(), chosen.end(), channel) == chosen.end()) {
            chosen.push_back(channel);
        }
    }
    return chosen;
}

/// What becomes of each weight that changes, by name.
std::map<std::string, Factors> plan(const WeightTable& table, const PlantedOutliers& planted) {
    std::map<std::string, Factors> factors;
    std::uint64_t stream = 0;
    for (std::uint32_t layer = 0; table.find(layer_name(layer, "attn_norm.weight")) != nullptr; ++layer) {
        for (const NormOf& entry : kNorms) {
            const std::string norm = layer_name(layer, entry.norm);
            if (table.find(norm + ".weight") == nullptr) {
                throw ConfigError("plant_outliers: the model has no " + norm);
            }
            const std::uint64_t width = table.at(norm + ".weight").shape.cols;
            Factors up(width, 1.0F);
            Factors down(width, 1.0F);
            for (const std::uint64_t channel : choose_channels(planted, stream++, width)) {
                up[channel] = static_cast<float>(planted.factor);
                down[channel] = static_cast<float>(1.0 / planted.factor);
            }
            factors.emplace(norm + ".weight", up);
            if (table.find(norm + ".bias") != nullptr) {
                factors.emplace(norm + ".bias", up);
            }
            for (const std::string_view product : entry.products) {
                const std::string name = layer_name(layer, product) + ".weight";
                if (!product.empty() && table.find(name) == nullptr) {
                    throw ConfigError("plant_outliers: the model has no " + name);
                }
                if (!product.empty()) {
                    factors.emplace(name, down);
                }
            }
        }
    }
    return factors;
}

std::vector<std::byte> scaled_columns(const WeightImage& image, const Weight& from, const Factors& factors) {
    const std::uint64_t stride = row_bytes(NumberFormat::fp32, from.shape.cols).count();
    std::vector<std::byte> bytes(from.shape.rows * stride);
    WeightRows rows(image, from);
    for (std::uint64_t r = 0; r < from.shape.rows; ++r) {
        const std::span<const float> values = rows.row(r);
        std::vector<float> scaled(values.size());
        std::transform(values.begin(), values.end(), factors.begin(), scaled.begin(), std::multiplies<>());
        encode_row(NumberFormat::fp32, scaled, std::span(bytes).subspan(r * stride, stride));
    }
    return bytes;
}

}  // namespace

ModelWeights plant_outliers(const ModelWeights& weights, const PlantedOutliers& planted, bool with_data) {
    const std::map<std::string, Factors> factors = plan(weights.table, planted);
    ModelWeights out{.table = {}, .image = weights.image};
    for (const Weight& stored : weights.table.weights()) {
        Weight weight = stored;
        if (const auto found = factors.find(stored.name); found != factors.end()) {
            weight.format = NumberFormat::fp32;
            weight.flash_address = with_data ? out.image.add_bytes(scaled_columns(weights.image, stored, found->second))
                                             : out.image.reserve(weight.size());
        }
        out.table.add(std::move(weight));
    }
    return out;
}

}  // namespace handset
