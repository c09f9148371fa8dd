// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_tensors.h"

#include <charconv>

namespace handset {

namespace {

constexpr std::string_view kLayerPrefix = "blk.";
constexpr std::string_view kEmbedding = "token_embd.weight";
constexpr std::string_view kOutput = "output.weight";

}  // namespace

std::string layer_name(std::uint32_t layer, std::string_view kind) {
    return std::string(kLayerPrefix) + std::to_string(layer) + "." + std::string(kind);
}

int layer_of(std::string_view name) {
    if (!name.starts_with(kLayerPrefix)) {
        return -1;
    }
    int layer = -1;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + kLayerPrefix.size(), end, layer);
    return error == std::errc() && stop != end && *stop == '.' ? layer : -1;
}

bool is_vocabulary(std::string_view name) {
    return name == kEmbedding || name == kOutput;
}

std::string shadow_name(std::string_view matrix) {
    return std::string(matrix) + ".shadow";
}

std::vector<DecoderTensor> decoder_tensors(const DecoderConfig& config) {
    std::vector<DecoderTensor> out;
    const auto matrix = [&out](std::string name, std::uint64_t rows, std::uint64_t cols) {
        out.push_back({std::move(name), {.rows = rows, .cols = cols}, WeightRole::matrix});
    };
    const auto vector = [&out](std::string name, std::uint64_t cols) {
        out.push_back({std::move(name), {.rows = 1, .cols = cols}, WeightRole::vector});
    };
    matrix(std::string(kEmbedding), config.vocab, config.hidden);
    if (config.rope_factors) {
        vector("rope_freqs.weight", config.rotated() / 2);
    }
    for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
        const auto named = [layer](std::string_view kind) { return layer_name(layer, kind); };
        vector(named("attn_norm.weight"), config.hidden);
        matrix(named("attn_q.weight"), config.q_width(), config.hidden);
        matrix(named("attn_k.weight"), config.kv_width(), config.hidden);
        matrix(named("attn_v.weight"), config.kv_width(), config.hidden);
        if (config.qkv_bias) {
            vector(named("attn_q.bias"), config.q_width());
            vector(named("attn_k.bias"), config.kv_width());
            vector(named("attn_v.bias"), config.kv_width());
        }
        matrix(named("attn_output.weight"), config.hidden, config.q_width());
        vector(named("ffn_norm.weight"), config.hidden);
        matrix(named("ffn_gate.weight"), config.ffn, config.hidden);
        matrix(named("ffn_up.weight"), config.ffn, config.hidden);
        matrix(named("ffn_down.weight"), config.hidden, config.ffn);
    }
    vector("output_norm.weight", config.hidden);
    if (!config.tied_embeddings) {
        matrix(std::string(kOutput), config.vocab, config.hidden);
    }
    return out;
}

}  // namespace handset
