// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/weight_image.h"

#include <cmath>
#include <cstring>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/models/small_decoder.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/models/decoder_tensors.h"
#include "workloads/passes/quantise_weights.h"

namespace handset {
namespace {

using test::TemporaryDirectory;
using testing::gguf_of;
using ::testing::HasSubstr;
using testing::small_decoder;

constexpr Address kBase = 1 << 20;

std::vector<std::byte> read(const WeightImage& image, Address address, std::size_t size) {
    std::vector<std::byte> out(size, std::byte{0xEE});
    image.read(address, out);
    return out;
}

std::vector<float> row_of(const ModelWeights& weights, const std::string& name, std::uint64_t row) {
    const Weight& weight = weights.table.at(name);
    const std::uint64_t stride = row_bytes(weight.format, weight.shape.cols).count();
    std::vector<float> values(weight.shape.cols);
    decode_row(weight.format, read(weights.image, weight.flash_address + row * stride, stride), values);
    return values;
}

TEST(WeightImage, SegmentsStartOnPagesAndGapsReadZero) {
    WeightImage image(kBase);
    EXPECT_EQ(image.add_bytes({std::byte{1}, std::byte{2}, std::byte{3}}), kBase);
    EXPECT_EQ(image.add_bytes({std::byte{4}}), kBase + 4096);
    EXPECT_EQ(image.end(), kBase + 4097);
    const std::vector<std::byte> bytes = read(image, kBase + 1, 4096);
    EXPECT_EQ(bytes[0], std::byte{2});
    EXPECT_EQ(bytes[1], std::byte{3});
    EXPECT_EQ(bytes[2], std::byte{0});
    EXPECT_EQ(bytes[4095], std::byte{4});
}

TEST(WeightImage, ReadsOutsideAreBrokenInvariants) {
    WeightImage image(kBase);
    image.add_bytes({std::byte{1}});
    EXPECT_THROW(read(image, kBase - 1, 1), ModelError);
    EXPECT_THROW(read(image, kBase, 2), ModelError);
    EXPECT_THROW(read(image, ~Address{0}, 1), ModelError);
    EXPECT_NO_THROW(read(image, kBase + 1, 0));
}

TEST(WeightImage, AFileLiesInFlashAsItIs) {
    const TemporaryDirectory dir;
    const std::string bytes = gguf_of(small_decoder(), "llama").bytes();
    auto file = std::make_shared<const ModelFile>(read_gguf(dir.write("m.gguf", bytes)));
    const ModelWeights weights = stored_weights(file, decoder_config(*file), kBase);
    const std::vector<std::byte> image = read(weights.image, kBase, bytes.size());
    EXPECT_EQ(std::memcmp(image.data(), bytes.data(), bytes.size()), 0);
    EXPECT_EQ(weights.table.at("token_embd.weight").flash_address, kBase + file->tensors[0].file_offset);
    EXPECT_EQ(weights.table.at("blk.1.attn_norm.weight").role, WeightRole::vector);
    EXPECT_EQ(weights.image.end(), kBase + bytes.size());
}

TEST(WeightImage, CopiesOutliveTheirOrigin) {
    const TemporaryDirectory dir;
    WeightImage copy(0);
    {
        auto file = std::make_shared<const ModelFile>(
            read_gguf(dir.write("m.gguf", gguf_of(small_decoder(), "llama").bytes())));
        copy = stored_weights(file, decoder_config(*file), kBase).image;
    }
    EXPECT_EQ(read(copy, kBase, 1)[0], std::byte{'G'});
}

TEST(SyntheticWeights, AreAFunctionOfSeedAndName) {
    const ModelWeights a = synthetic_weights(small_decoder(), NumberFormat::fp32, 5, kBase, true);
    DecoderConfig deeper = small_decoder();
    deeper.layers = 3;
    const ModelWeights b = synthetic_weights(deeper, NumberFormat::fp32, 5, 0, true);
    const ModelWeights c = synthetic_weights(small_decoder(), NumberFormat::fp32, 6, kBase, true);
    EXPECT_EQ(row_of(a, "blk.1.attn_q.weight", 3), row_of(b, "blk.1.attn_q.weight", 3));
    EXPECT_NE(row_of(a, "blk.1.attn_q.weight", 3), row_of(c, "blk.1.attn_q.weight", 3));
    EXPECT_NE(row_of(a, "blk.1.attn_q.weight", 3), row_of(a, "blk.0.attn_q.weight", 3));
    EXPECT_NE(row_of(a, "blk.1.attn_q.weight", 3), row_of(a, "blk.1.attn_q.weight", 4));
    EXPECT_EQ(row_of(a, "output_norm.weight", 0), std::vector<float>(64, 1.0F));
}

TEST(SyntheticWeights, HaveTheVarianceOfOneOverTheirColumns) {
    const ModelWeights weights = synthetic_weights(small_decoder(), NumberFormat::fp32, 5, 0, true);
    double squares = 0.0;
    double sum = 0.0;
    for (std::uint64_t r = 0; r < 96; ++r) {
        for (const float value : row_of(weights, "blk.0.ffn_up.weight", r)) {
            squares += double{value} * value;
            sum += value;
        }
    }
    // 6144 samples of variance 1/64: the sum of squares is 96 give or take 1.1 (one standard deviation).
    EXPECT_NEAR(squares, 96.0, 5.0);
    EXPECT_NEAR(sum, 0.0, 50.0) << "standard deviation 9.8";
}

TEST(SyntheticWeights, WithoutDataHaveTheSameAddresses) {
    const ModelWeights with = synthetic_weights(small_decoder(), NumberFormat::q8_0, 5, kBase, true);
    const ModelWeights without = synthetic_weights(small_decoder(), NumberFormat::q8_0, 5, kBase, false);
    for (const Weight& weight : with.table.weights()) {
        EXPECT_EQ(weight.flash_address, without.table.at(weight.name).flash_address);
    }
    EXPECT_TRUE(with.image.has_data());
    EXPECT_FALSE(without.image.has_data());
    EXPECT_THROW(read(without.image, kBase, 1), ModelError);
}

TEST(SyntheticWeights, RowsThatDoNotFitTheFormatAreNamed) {
    DecoderConfig config = small_decoder();
    config.ffn = 100;
    try {
        (void)synthetic_weights(config, NumberFormat::q4_0, 1, 0, false);
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("blk.0.ffn_down.weight: rows of 100 elements cannot be stored as q4_0"));
    }
}

TEST(SyntheticWeights, TheVocabularyMayKeepMoreBits) {
    const ModelWeights weights = synthetic_weights(small_decoder(), NumberFormat::q4_0, 1, 0, true, NumberFormat::int8);
    EXPECT_EQ(weights.table.at("token_embd.weight").format, NumberFormat::int8);
    EXPECT_EQ(weights.table.at("blk.0.attn_q.weight").format, NumberFormat::q4_0);
    EXPECT_EQ(weights.table.at("output_norm.weight").format, NumberFormat::fp32);
    EXPECT_TRUE(is_vocabulary("output.weight"));
    EXPECT_FALSE(is_vocabulary("blk.0.attn_output.weight"));
}

TEST(ConvertWeights, ReplacesMatricesAndKeepsNorms) {
    const ModelWeights from = synthetic_weights(small_decoder(), NumberFormat::fp32, 5, kBase, true);
    const ModelWeights to = convert_weights(from, {.format = WeightFormat::q8_0}, true);
    EXPECT_EQ(to.table.at("blk.0.attn_q.weight").format, NumberFormat::q8_0);
    EXPECT_GE(to.table.at("blk.0.attn_q.weight").flash_address, from.image.end());
    EXPECT_EQ(to.table.at("output_norm.weight").format, NumberFormat::fp32);
    EXPECT_EQ(to.table.at("output_norm.weight").flash_address, from.table.at("output_norm.weight").flash_address);
    const std::vector<float> exact = row_of(from, "blk.0.attn_q.weight", 7);
    const std::vector<float> close = row_of(to, "blk.0.attn_q.weight", 7);
    for (std::size_t i = 0; i < exact.size(); ++i) {
        // Half a step of amax / 127 with amax <= sqrt(3/64) = 0.2165, and the scale's own rounding to fp16.
        EXPECT_NEAR(close[i], exact[i], 0.2165 / 127 * 0.51 + 0.2165 / 2048);
    }
}

TEST(ConvertWeights, PerTensorInt8RepeatsOneScale) {
    const ModelWeights from = synthetic_weights(small_decoder(), NumberFormat::fp32, 5, kBase, true);
    const auto scales = [&](WeightScale scale) {
        const ModelWeights to = convert_weights(from, {.format = WeightFormat::int8, .scale = scale}, true);
        std::set<float> distinct;
        const Weight& weight = to.table.at("blk.0.ffn_gate.weight");
        for (std::uint64_t r = 0; r < weight.shape.rows; ++r) {
            const std::vector<std::byte> row = read(to.image, weight.flash_address + r * 68, 68);
            distinct.insert(int8_row_scale(row, 64));
        }
        return distinct.size();
    };
    EXPECT_EQ(scales(WeightScale::tensor), 1U);
    EXPECT_GT(scales(WeightScale::channel), 80U) << "96 rows of random numbers";
}

TEST(ConvertWeights, AsStoredAndEqualFormatsChangeNothing) {
    const ModelWeights from = synthetic_weights(small_decoder(), NumberFormat::q8_0, 5, kBase, true);
    EXPECT_EQ(convert_weights(from, {}, true).image.end(), from.image.end());
    EXPECT_EQ(convert_weights(from, {.format = WeightFormat::q8_0}, true).image.end(), from.image.end());
}

TEST(ConvertWeights, ChosenMatricesOnly) {
    const ModelWeights from = synthetic_weights(small_decoder(), NumberFormat::fp32, 5, kBase, false);
    const WeightConversion conversion{.format = WeightFormat::q4_0,
                                      .scale = WeightScale::channel,
                                      .chosen = [](const Weight& w) { return w.name != "token_embd.weight"; }};
    const ModelWeights to = convert_weights(from, conversion, false);
    EXPECT_EQ(to.table.at("token_embd.weight").format, NumberFormat::fp32);
    EXPECT_EQ(to.table.at("output.weight").format, NumberFormat::q4_0);
}

TEST(ConvertWeights, AddressesDoNotDependOnData) {
    const ModelWeights from = synthetic_weights(small_decoder(), NumberFormat::fp32, 5, kBase, true);
    const ModelWeights with = convert_weights(from, {.format = WeightFormat::int8}, true);
    const ModelWeights without = convert_weights(from, {.format = WeightFormat::int8}, false);
    for (const Weight& weight : with.table.weights()) {
        EXPECT_EQ(weight.flash_address, without.table.at(weight.name).flash_address);
    }
}

TEST(ConvertWeights, ImpossibleFormatsNameTheWeight) {
    DecoderConfig config = small_decoder();
    config.ffn = 100;
    const ModelWeights from = synthetic_weights(config, NumberFormat::fp32, 5, kBase, false);
    try {
        (void)convert_weights(from, {.format = WeightFormat::q8_0}, false);
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("blk.0.ffn_down.weight: rows of 100 elements"));
    }
}

}  // namespace
}  // namespace handset
