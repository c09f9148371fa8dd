// SPDX-License-Identifier: Apache-2.0
// Whole models in plain memory: every op of the load and step graphs is lowered and interpreted, without time. What the
// graphs' wiring or a weight's address got wrong shows as wrong tokens.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/unit/models/plain_memory.h"
#include "tests/unit/models/small_decoder.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/models/tokenizer.h"
#include "workloads/passes/quantise_weights.h"

namespace handset {
namespace {

std::vector<std::uint32_t> generate(const DecoderModel& model, const WeightImage& image,
                                    const std::vector<std::uint32_t>& prompt, std::uint32_t count,
                                    std::uint32_t chunk) {
    PlainMemory memory(image);
    memory.run(model.build_load_graph());
    std::vector<std::uint32_t> tokens = prompt;
    std::uint32_t position = 0;
    while (tokens.size() < prompt.size() + count) {
        StepInput input;
        const std::uint32_t take = std::min(chunk, static_cast<std::uint32_t>(tokens.size()) - position);
        input.tokens.assign(tokens.begin() + position, tokens.begin() + position + take);
        input.position = position;
        input.sample = position + take == tokens.size();
        memory.run(model.build_step(input));
        position += take;
        if (input.sample) {
            tokens.push_back(memory.token());
        }
    }
    return tokens;
}

TEST(DecoderNumerics, ChunksOfThePromptDoNotChangeTheTokens) {
    const ModelWeights weights = synthetic_weights(testing::small_decoder(), NumberFormat::q8_0, 3, 0, true);
    const DecoderModel model(testing::small_decoder(), weights.table,
                             {.activations = ActivationMode::q8_0, .kv = NumberFormat::fp16});
    const std::vector<std::uint32_t> prompt{1, 5, 9, 2, 33, 7, 7};
    const std::vector<std::uint32_t> whole = generate(model, weights.image, prompt, 12, 7);
    EXPECT_EQ(generate(model, weights.image, prompt, 12, 3), whole);
    EXPECT_EQ(generate(model, weights.image, prompt, 12, 1), whole);
}

/// The forward pass as papers write it, in double precision: one sequence, no cache, no tiles.
class NaiveQwen2 {
  public:
    using Rows = std::vector<std::vector<double>>;

    NaiveQwen2(DecoderConfig config, const PlainMemory& weights) : config_(std::move(config)), weights_(weights) {}

    /// Of the last token.
    [[nodiscard]] std::vector<double> logits(const std::vector<std::uint32_t>& tokens) const {
        const std::vector<float> embeddings = weights_.floats("token_embd.weight");
        Rows x;
        for (const std::uint32_t token : tokens) {
            const auto row = embeddings.begin() + static_cast<std::ptrdiff_t>(token * config_.hidden);
            x.emplace_back(row, row + config_.hidden);
        }
        for (std::uint32_t i = 0; i < config_.layers; ++i) {
            const std::string layer = "blk." + std::to_string(i) + ".";
            add(x, attention(layer, normed(x, layer + "attn_norm.weight")));
            add(x, feed_forward(layer, normed(x, layer + "ffn_norm.weight")));
        }
        return times(normed(x, "output_norm.weight"), "output.weight").back();
    }

  private:
    static void add(Rows& x, const Rows& y) {
        for (std::size_t t = 0; t < x.size(); ++t) {
            for (std::size_t i = 0; i < x[t].size(); ++i) {
                x[t][i] += y[t][i];
            }
        }
    }

    [[nodiscard]] Rows normed(Rows x, const std::string& weight) const {
        const std::vector<float> scale = weights_.floats(weight);
        for (std::vector<double>& row : x) {
            double squares = 0;
            for (const double value : row) {
                squares += value * value;
            }
            const double root = std::sqrt(squares / static_cast<double>(row.size()) + config_.norm_eps);
            for (std::size_t i = 0; i < row.size(); ++i) {
                row[i] = row[i] / root * static_cast<double>(scale[i]);
            }
        }
        return x;
    }

    [[nodiscard]] Rows times(const Rows& x, const std::string& weight, const std::string& bias = {}) const {
        const std::vector<float> matrix = weights_.floats(weight);
        const std::size_t columns = x[0].size();
        std::vector<float> start(matrix.size() / columns);
        if (!bias.empty()) {
            start = weights_.floats(bias);
        }
        Rows out;
        for (const std::vector<double>& row : x) {
            std::vector<double>& sums = out.emplace_back(start.begin(), start.end());
            for (std::size_t i = 0; i < matrix.size(); ++i) {
                sums[i / columns] += static_cast<double>(matrix[i]) * row[i % columns];
            }
        }
        return out;
    }

    /// Element i of each head turns together with element i + half a head.
    void rotate(Rows& x) const {
        const std::size_t size = config_.head_size();
        for (std::size_t t = 0; t < x.size(); ++t) {
            for (std::size_t at = 0; at < x[t].size(); at += size) {
                for (std::size_t i = 0; i < size / 2; ++i) {
                    const double turn =
                        static_cast<double>(t) *
                        std::pow(config_.rope_base, -2.0 * static_cast<double>(i) / static_cast<double>(size));
                    const double a = x[t][at + i];
                    const double b = x[t][at + i + size / 2];
                    x[t][at + i] = a * std::cos(turn) - b * std::sin(turn);
                    x[t][at + i + size / 2] = a * std::sin(turn) + b * std::cos(turn);
                }
            }
        }
    }

    [[nodiscard]] Rows attention(const std::string& layer, const Rows& x) const {
        Rows q = times(x, layer + "attn_q.weight", layer + "attn_q.bias");
        Rows k = times(x, layer + "attn_k.weight", layer + "attn_k.bias");
        const Rows v = times(x, layer + "attn_v.weight", layer + "attn_v.bias");
        rotate(q);
        rotate(k);
        const std::size_t size = config_.head_size();
        Rows out(x.size(), std::vector<double>(q[0].size()));
        for (std::size_t t = 0; t < x.size(); ++t) {
            for (std::size_t head = 0; head < config_.heads; ++head) {
                const std::size_t shared = head / (config_.heads / config_.kv_heads) * size;
                std::vector<double> weights;
                double sum = 0;
                for (std::size_t past = 0; past <= t; ++past) {
                    double score = 0;
                    for (std::size_t i = 0; i < size; ++i) {
                        score += q[t][head * size + i] * k[past][shared + i];
                    }
                    weights.push_back(std::exp(score / std::sqrt(static_cast<double>(size))));
                    sum += weights.back();
                }
                for (std::size_t past = 0; past <= t; ++past) {
                    for (std::size_t i = 0; i < size; ++i) {
                        out[t][head * size + i] += weights[past] / sum * v[past][shared + i];
                    }
                }
            }
        }
        return times(out, layer + "attn_output.weight");
    }

    [[nodiscard]] Rows feed_forward(const std::string& layer, const Rows& x) const {
        Rows gate = times(x, layer + "ffn_gate.weight");
        const Rows up = times(x, layer + "ffn_up.weight");
        for (std::size_t t = 0; t < gate.size(); ++t) {
            for (std::size_t i = 0; i < gate[t].size(); ++i) {
                gate[t][i] = gate[t][i] / (1.0 + std::exp(-gate[t][i])) * up[t][i];
            }
        }
        return times(gate, layer + "ffn_down.weight");
    }

    DecoderConfig config_;
    const PlainMemory& weights_;
};

/// Norms that are not 1 and biases as large as what they are added to, so that leaving one out shows.
void spread_vectors(const DecoderConfig& config, PlainMemory& memory) {
    for (const DecoderTensor& tensor : decoder_tensors(config)) {
        if (tensor.role == WeightRole::vector) {
            std::vector<float> values(tensor.shape.cols);
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = 0.5F + static_cast<float>((i * 7 + tensor.name.size()) % 11) / 8.0F;
            }
            memory.set(tensor.name, values);
        }
    }
}

double largest_difference(const std::vector<double>& expected, const std::vector<float>& got) {
    EXPECT_EQ(expected.size(), got.size());
    double largest = 0;
    for (std::size_t i = 0; i < std::min(expected.size(), got.size()); ++i) {
        largest = std::max(largest, std::fabs(expected[i] - static_cast<double>(got[i])));
    }
    return largest;
}

// Prompt in one step, then two tokens from the cache. The same weights under the other pairing have to differ.
TEST(DecoderNumerics, LogitsOfAQwen2ModelAreThoseOfANaiveForwardPass) {
    DecoderConfig config = testing::small_decoder();
    config.architecture = DecoderArchitecture::qwen2;
    config.qkv_bias = true;
    for (const RopePairing pairing : {RopePairing::half, RopePairing::interleaved}) {
        config.rope_pairing = pairing;
        const ModelWeights weights = synthetic_weights(config, NumberFormat::fp32, 5, 0, true);
        const DecoderModel model(config, weights.table, {});
        PlainMemory memory(weights.image);
        memory.run(model.build_load_graph());
        spread_vectors(config, memory);
        const NaiveQwen2 naive(config, memory);
        std::vector<std::uint32_t> tokens;
        for (const std::vector<std::uint32_t>& next : {std::vector<std::uint32_t>{3, 1, 4, 15, 9}, {26}, {5}}) {
            StepInput input;
            input.tokens = next;
            input.position = static_cast<std::uint32_t>(tokens.size());
            memory.run(model.build_step(input));
            tokens.insert(tokens.end(), next.begin(), next.end());
            const double difference =
                largest_difference(naive.logits(tokens), memory.floats(std::string(DecoderModel::kLogitsTensor)));
            if (pairing == RopePairing::half) {
                // Logits of a few units: fp32 carries them to about 1e-6 through two layers.
                EXPECT_LT(difference, 2e-5) << tokens.size() << " tokens";
            } else {
                EXPECT_GT(difference, 1e-2) << tokens.size() << " tokens";
            }
        }
    }
}

std::string expected_story() {
    std::ifstream in(testing::shared_data("stories260K/expected_greedy_200.txt"), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

TEST(DecoderNumerics, StoriesModelTellsTheReferenceStory) {
    const std::string path = testing::shared_data("stories260K/stories260K.bin");
    if (path.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    auto file = std::make_shared<const ModelFile>(open_model(path, testing::shared_data("stories260K/tok512.bin")));
    const DecoderConfig config = decoder_config(*file);
    const ModelWeights weights = stored_weights(file, config, 1 << 16);
    const DecoderModel model(config, weights.table, {});
    const auto tokenizer = make_tokenizer(file->tokenizer);
    const std::vector<std::uint32_t> tokens = generate(model, weights.image, tokenizer->encode("", true), 200, 1);
    // "run stories260K.bin -t 0 -n 200": 200 forward passes from the beginning-of-sequence token, all printed after it.
    EXPECT_EQ(tokenizer->decode(tokens), expected_story());
}

}  // namespace
}  // namespace handset
