// SPDX-License-Identifier: Apache-2.0
// Every way a layer can be wired, against a plain forward pass: prompt in two steps, then tokens from the cache.
#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "tests/unit/models/naive_decoder.h"
#include "tests/unit/models/plain_memory.h"
#include "tests/unit/models/small_decoder.h"

namespace handset {
namespace {

using testing::NaiveDecoder;
using testing::PlainMemory;

using Steps = std::vector<std::vector<std::uint32_t>>;

double largest_difference(const std::vector<double>& expected, const std::vector<float>& got) {
    EXPECT_EQ(expected.size(), got.size());
    double largest = 0;
    for (std::size_t i = 0; i < std::min(expected.size(), got.size()); ++i) {
        largest = std::max(largest, std::fabs(expected[i] - static_cast<double>(got[i])));
    }
    return largest;
}

struct Device {
    DeviceKind kind = DeviceKind::cpu;
    std::string attention;
};

/// Largest difference of any logit after any step, the model built as `built`, the oracle told `told`.
std::vector<double> differences(const DecoderConfig& built, const DecoderConfig& told, const Steps& steps,
                                const Device& device = {}) {
    const ModelWeights weights = synthetic_weights(built, NumberFormat::fp32, 5, 0, true);
    const DecoderModel model(built, weights.table, {});
    PlainMemory memory(weights.image, device.kind, device.attention);
    memory.run(model.build_load_graph());
    testing::spread_vectors(built, memory);
    const NaiveDecoder naive(told, [&](const std::string& name) { return memory.floats(name); });
    std::vector<std::uint32_t> tokens;
    std::vector<double> out;
    for (const std::vector<std::uint32_t>& next : steps) {
        StepInput input;
        input.tokens = next;
        input.position = static_cast<std::uint32_t>(tokens.size());
        memory.run(model.build_step(input));
        tokens.insert(tokens.end(), next.begin(), next.end());
        out.push_back(
            largest_difference(naive.logits(tokens), memory.floats(std::string(DecoderModel::kLogitsTensor))));
    }
    return out;
}

const Steps kPromptAndTwoTokens{{3, 1, 4, 15, 9}, {2, 6}, {26}, {5}};
// Logits of a few units: fp32 carries them to about 1e-6 through two layers; a wrong wiring is off by far more.
constexpr double kRounding = 5e-5;
constexpr double kWrong = 1e-2;

struct Variant {
    std::string name;
    std::function<void(DecoderConfig&)> wire;
};

void PrintTo(const Variant& variant, std::ostream* out) {
    *out << variant.name;
}

class DecoderVariant : public ::testing::TestWithParam<Variant> {};

TEST_P(DecoderVariant, HasTheLogitsOfANaiveForwardPass) {
    DecoderConfig config = testing::small_decoder();
    GetParam().wire(config);
    for (const Device& device : {Device{}, Device{DeviceKind::gpu, ""}, Device{DeviceKind::gpu, "unfused"},
                                 Device{DeviceKind::npu, ""}, Device{DeviceKind::cpu, "unfused"}}) {
        for (const double difference : differences(config, config, kPromptAndTwoTokens, device)) {
            EXPECT_LT(difference, kRounding) << device_kind_name(device.kind) << " " << device.attention;
        }
    }
}

void phi2(DecoderConfig& c) {
    c.architecture = DecoderArchitecture::phi2;
    c.kv_heads = 4;
    c.rope_pairing = RopePairing::half;
    c.rope_dims = 6;
    c.norm = NormKind::layer;
    c.activation = GateActivation::gelu;
    c.ffn_gated = false;
    c.linear_bias = true;
    c.parallel_block = true;
}

void gemma(DecoderConfig& c) {
    c.architecture = DecoderArchitecture::gemma;
    c.kv_heads = 1;
    c.head_dim = 24;
    c.rope_pairing = RopePairing::half;
    c.activation = GateActivation::gelu;
    c.scaled_embedding = true;
    c.tied_embeddings = true;
}

INSTANTIATE_TEST_SUITE_P(
    Wirings, DecoderVariant,
    ::testing::Values(Variant{"Llama", [](DecoderConfig&) {}},
                      Variant{"Qwen2",
                              [](DecoderConfig& c) {
                                  c.qkv_bias = true;
                                  c.rope_pairing = RopePairing::half;
                              }},
                      Variant{"Phi2", phi2}, Variant{"Gemma", gemma},
                      Variant{"Gemma2",
                              [](DecoderConfig& c) {
                                  gemma(c);
                                  c.kv_heads = 2;
                                  c.post_norms = true;
                              }},
                      Variant{"Qwen3",
                              [](DecoderConfig& c) {
                                  c.head_dim = 32;
                                  c.rope_pairing = RopePairing::half;
                                  c.qk_norm = true;
                                  c.tied_embeddings = true;
                              }},
                      Variant{"MultiQuery", [](DecoderConfig& c) { c.kv_heads = 1; }},
                      Variant{"SequentialLayerNorm", [](DecoderConfig& c) { c.norm = NormKind::layer; }},
                      Variant{"ParallelRmsNormGated", [](DecoderConfig& c) { c.parallel_block = true; }},
                      Variant{"PlainFeedForwardWithoutBias", [](DecoderConfig& c) { c.ffn_gated = false; }},
                      Variant{"BiasOfATiedHead",
                              [](DecoderConfig& c) {
                                  c.linear_bias = true;
                                  c.tied_embeddings = true;
                              }},
                      Variant{"WindowShorterThanTheFirstStep", [](DecoderConfig& c) { c.window = 3; }},
                      Variant{"WindowOfOneKey", [](DecoderConfig& c) { c.window = 1; }},
                      Variant{"WindowOfMultiQueryHeads",
                              [](DecoderConfig& c) {
                                  c.kv_heads = 1;
                                  c.window = 6;
                              }}),
    [](const auto& each) { return each.param.name; });

// The comparison sees each of the wirings: an oracle told otherwise is far off.
TEST(DecoderVariants, AnOracleOfAnotherWiringDisagrees) {
    const DecoderConfig plain = testing::small_decoder();
    const auto told = [&](const std::function<void(DecoderConfig&)>& change) {
        DecoderConfig config = plain;
        change(config);
        return config;
    };
    for (const DecoderConfig& other : {
             told([](DecoderConfig& c) { c.rope_pairing = RopePairing::half; }),
             told([](DecoderConfig& c) { c.rope_dims = 8; }),
             told([](DecoderConfig& c) { c.window = 4; }),
             told([](DecoderConfig& c) { c.parallel_block = true; }),
             told([](DecoderConfig& c) { c.activation = GateActivation::gelu; }),
             told([](DecoderConfig& c) { c.ffn_gated = false; }),
             told([](DecoderConfig& c) { c.scaled_embedding = true; }),
         }) {
        EXPECT_GT(differences(plain, other, kPromptAndTwoTokens).back(), kWrong);
    }
}

std::vector<std::uint32_t> counted(std::uint32_t first, std::uint32_t count) {
    std::vector<std::uint32_t> tokens(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        tokens[i] = (first + i) * 7 % 40;
    }
    return tokens;
}

// 90 + 45 + 1 + 1 tokens through windows that start anywhere within a block of keys. From 69 keys on the cache is read
// from a later row than 0.
TEST(DecoderVariants, AWindowLeavesOutWhatLiesBeforeItInEveryStep) {
    DecoderConfig config = testing::small_decoder();
    config.context = 160;
    const Steps steps{counted(0, 90), counted(90, 45), counted(135, 1), counted(136, 1)};
    for (const std::uint32_t window : {5U, 32U, 37U, 100U}) {
        config.window = window;
        for (const Device& device : {Device{}, Device{DeviceKind::gpu, "unfused"}}) {
            for (const double difference : differences(config, config, steps, device)) {
                EXPECT_LT(difference, kRounding) << "window " << window;
            }
        }
        DecoderConfig wider = config;
        wider.window = window + 1;
        EXPECT_GT(differences(config, wider, steps).back(), 1e-4) << "window " << window;
    }
}

// With blocks of keys counted from the same places, sums are those of one step to the bit.
TEST(DecoderVariants, StepsOfAWindowedPromptGiveTheLogitsOfOneStepToTheBit) {
    DecoderConfig config = testing::small_decoder();
    config.context = 160;
    config.window = 37;
    const ModelWeights weights = synthetic_weights(config, NumberFormat::fp32, 5, 0, true);
    const DecoderModel model(config, weights.table, {});
    const auto logits = [&](const std::vector<std::uint32_t>& cuts) {
        PlainMemory memory(weights.image);
        memory.run(model.build_load_graph());
        std::uint32_t position = 0;
        for (const std::uint32_t count : cuts) {
            StepInput input;
            input.tokens = counted(position, count);
            input.position = position;
            memory.run(model.build_step(input));
            position += count;
        }
        return memory.floats(std::string(DecoderModel::kLogitsTensor));
    };
    EXPECT_EQ(logits({97, 34}), logits({131}));
    EXPECT_EQ(logits({40, 40, 40, 11}), logits({131}));
}

}  // namespace
}  // namespace handset
