// SPDX-License-Identifier: Apache-2.0
// The shape of a decoder language model: pre-norm, rotary positions, multi-head to multi-query attention with or
// without a sliding window, gated or plain feed-forward. Not covered: experts, windows in some layers only, capped
// scores or logits, scaled RoPE; files that ask for them are rejected. A norm that adds 1 to its weight (Gemma) is not
// a case of its own: the 1 is part of the stored weight, as in GGUF files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/base/errors.h"
#include "workloads/models/model_file.h"

namespace handset {

enum class DecoderArchitecture : std::uint8_t { llama, qwen2, qwen3, gemma, phi2 };
enum class RopePairing : std::uint8_t { interleaved, half };
/// rms: RMSNorm with a weight; layer: LayerNorm with weight and bias.
enum class NormKind : std::uint8_t { rms, layer };
enum class GateActivation : std::uint8_t { silu, gelu };

std::span<const std::pair<std::string_view, DecoderArchitecture>> enum_names(DecoderArchitecture /*type*/);
std::span<const std::pair<std::string_view, RopePairing>> enum_names(RopePairing /*type*/);
std::span<const std::pair<std::string_view, NormKind>> enum_names(NormKind /*type*/);
std::span<const std::pair<std::string_view, GateActivation>> enum_names(GateActivation /*type*/);

struct DecoderConfig {
    DecoderArchitecture architecture = DecoderArchitecture::llama;
    std::string name;
    std::uint32_t hidden = 0;
    std::uint32_t layers = 0;
    std::uint32_t heads = 0;
    std::uint32_t kv_heads = 0;
    std::uint32_t head_dim = 0;  ///< 0: hidden / heads; see head_size()
    std::uint32_t ffn = 0;
    std::uint32_t vocab = 0;
    std::uint32_t context = 0;
    double rope_base = 10000.0;
    std::uint32_t rope_dims = 0;  ///< rotated elements of a head; 0: all
    RopePairing rope_pairing = RopePairing::interleaved;
    bool rope_factors = false;  ///< frequencies are divided by the tensor rope_freqs.weight
    std::uint32_t window = 0;   ///< keys a token sees at most, itself included; 0: all before it
    NormKind norm = NormKind::rms;
    double norm_eps = 1e-5;
    bool qk_norm = false;
    bool post_norms = false;
    bool parallel_block = false;
    GateActivation activation = GateActivation::silu;
    bool ffn_gated = true;
    bool qkv_bias = false;
    bool linear_bias = false;
    bool scaled_embedding = false;
    bool tied_embeddings = false;

    [[nodiscard]] std::uint32_t head_size() const { return head_dim != 0 ? head_dim : hidden / heads; }
    [[nodiscard]] std::uint32_t rotated() const { return rope_dims != 0 ? rope_dims : head_size(); }
    /// First row of the cache that any token of a step from `position` on may see. With a window a whole block of the
    /// attention kernel is kept, so that sums do not depend on how a prompt is cut into steps.
    [[nodiscard]] std::uint32_t first_key(std::uint32_t position) const;
    [[nodiscard]] std::uint32_t q_width() const { return heads * head_size(); }
    [[nodiscard]] std::uint32_t kv_width() const { return kv_heads * head_size(); }

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("architecture", architecture, {.doc = "family", .fallback = DecoderArchitecture::llama});
        v.field("name", name, {.doc = "for reports", .fallback = std::string("decoder")});
        v.field("hidden", hidden, {.doc = "width of the residual stream", .min = 1, .max = 1U << 20});
        v.field("layers", layers, {.doc = "decoder layers", .min = 1, .max = 4096});
        v.field("heads", heads, {.doc = "query heads", .min = 1, .max = 4096});
        v.field("kv_heads", kv_heads, {.doc = "key and value heads", .min = 1, .max = 4096});
        v.field("head_dim", head_dim, {.doc = "width of a head; 0: hidden / heads", .max = 65536, .fallback = 0});
        v.field("ffn", ffn, {.doc = "width of the feed-forward layer", .min = 1, .max = 1U << 22});
        v.field("vocab", vocab, {.doc = "vocabulary size", .min = 1, .max = 1U << 24});
        v.field("context", context, {.doc = "longest context, tokens", .min = 1, .max = 1U << 24});
        v.field("rope_base", rope_base, {.doc = "RoPE frequency base", .min = 1.0, .fallback = 10000.0});
        v.field("rope_dims", rope_dims, {.doc = "rotated elements of a head; 0: all", .max = 65536, .fallback = 0});
        v.field("rope_pairing", rope_pairing,
                {.doc = "elements rotated together", .fallback = RopePairing::interleaved});
        v.field("window", window,
                {.doc = "sliding window: keys a token sees at most, itself included; 0: all",
                 .max = 1U << 24,
                 .fallback = 0});
        v.field("norm", norm, {.doc = "RMSNorm, or LayerNorm with biases", .fallback = NormKind::rms});
        v.field("norm_eps", norm_eps, {.doc = "added to the mean square", .min = 0.0, .max = 1.0, .fallback = 1e-5});
        v.field("qk_norm", qk_norm, {.doc = "RMSNorm of every query and key head before RoPE", .fallback = false});
        v.field("post_norms", post_norms,
                {.doc = "norms also behind attention and feed-forward, before the residual sums", .fallback = false});
        v.field("parallel_block", parallel_block,
                {.doc = "attention and feed-forward side by side, on one norm and into one sum", .fallback = false});
        v.field("activation", activation, {.doc = "of the feed-forward layer", .fallback = GateActivation::silu});
        v.field("ffn_gated", ffn_gated,
                {.doc = "feed-forward has a gate: act(gate) * up, else act(up)", .fallback = true});
        v.field("qkv_bias", qkv_bias, {.doc = "query, key and value projections have biases", .fallback = false});
        v.field("linear_bias", linear_bias,
                {.doc = "every matrix product has a bias, the output's included", .fallback = false});
        v.field("scaled_embedding", scaled_embedding,
                {.doc = "embeddings are multiplied by the square root of hidden", .fallback = false});
        v.field("tied_embeddings", tied_embeddings, {.doc = "output weights are the embedding", .fallback = false});
    }

    /// Rules across fields.
    void check(Errors& errors) const;
};

/// From the metadata and the tensor list of a file; every tensor's shape is checked. Throws ConfigError that names the
/// file and lists all that is missing, unknown or of another shape.
DecoderConfig decoder_config(const ModelFile& file);

}  // namespace handset
