// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_tensors.h"

#include <charconv>

namespace handset {

namespace {

constexpr std::string_view kLayerPrefix = "blk.";
constexpr std::string_view kEmbedding = "token_embd.weight";
constexpr std::string_view kOutput = "output.weight";
constexpr std::string_view kRopeFactors = "rope_freqs.weight";

class TensorList {
  public:
    explicit TensorList(const DecoderConfig& config) : config_(config) {}

    void matrix(std::string name, std::uint64_t rows, std::uint64_t cols) {
        out_.push_back({std::move(name), {.rows = rows, .cols = cols}, WeightRole::matrix});
    }
    void vector(std::string name, std::uint64_t cols) {
        out_.push_back({std::move(name), {.rows = 1, .cols = cols}, WeightRole::vector});
    }
    void norm(const std::string& name) {
        vector(name + ".weight", config_.hidden);
        if (config_.norm == NormKind::layer) {
            vector(name + ".bias", config_.hidden);
        }
    }

    void layer(std::uint32_t index) {
        const auto named = [index](std::string_view kind) { return layer_name(index, kind); };
        norm(named("attn_norm"));
        attention(index);
        if (config_.post_norms) {
            norm(named("post_attention_norm"));
        }
        if (!config_.parallel_block) {
            norm(named("ffn_norm"));
        }
        if (config_.ffn_gated) {
            linear(named("ffn_gate"), config_.ffn, config_.hidden);
        }
        linear(named("ffn_up"), config_.ffn, config_.hidden);
        linear(named("ffn_down"), config_.hidden, config_.ffn);
        if (config_.post_norms) {
            norm(named("post_ffw_norm"));
        }
    }

    [[nodiscard]] std::vector<DecoderTensor> tensors() && { return std::move(out_); }

  private:
    void attention(std::uint32_t index) {
        const auto named = [index](std::string_view kind) { return layer_name(index, kind); };
        matrix(named("attn_q.weight"), config_.q_width(), config_.hidden);
        matrix(named("attn_k.weight"), config_.kv_width(), config_.hidden);
        matrix(named("attn_v.weight"), config_.kv_width(), config_.hidden);
        if (config_.qkv_bias || config_.linear_bias) {
            vector(named("attn_q.bias"), config_.q_width());
            vector(named("attn_k.bias"), config_.kv_width());
            vector(named("attn_v.bias"), config_.kv_width());
        }
        if (config_.qk_norm) {
            vector(named("attn_q_norm.weight"), config_.head_size());
            vector(named("attn_k_norm.weight"), config_.head_size());
        }
        linear(named("attn_output"), config_.hidden, config_.q_width());
    }

    void linear(const std::string& name, std::uint64_t rows, std::uint64_t cols) {
        matrix(name + ".weight", rows, cols);
        if (config_.linear_bias) {
            vector(name + ".bias", rows);
        }
    }

    const DecoderConfig& config_;
    std::vector<DecoderTensor> out_;
};

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
    TensorList list(config);
    list.matrix(std::string(kEmbedding), config.vocab, config.hidden);
    if (config.rope_factors) {
        list.vector(std::string(kRopeFactors), config.rotated() / 2);
    }
    for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
        list.layer(layer);
    }
    list.norm("output_norm");
    if (!config.tied_embeddings) {
        list.matrix(std::string(kOutput), config.vocab, config.hidden);
    }
    if (config.linear_bias) {
        list.vector("output.bias", config.vocab);
    }
    return std::move(list).tensors();
}

std::uint64_t parameter_count(const DecoderConfig& config) {
    std::uint64_t total = 0;
    for (const DecoderTensor& tensor : decoder_tensors(config)) {
        total += tensor.name == kRopeFactors ? 0 : tensor.shape.rows * tensor.shape.cols;
    }
    return total;
}

}  // namespace handset
