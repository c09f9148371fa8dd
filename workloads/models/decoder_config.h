// SPDX-License-Identifier: Apache-2.0
// The shape of a decoder language model: pre-norm (RMSNorm), rotary positions, grouped-query attention, gated
// feed-forward. Not covered: experts, sliding windows, scaled RoPE; files that ask for them are rejected.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/base/errors.h"
#include "workloads/models/model_file.h"

namespace handset {

enum class DecoderArchitecture : std::uint8_t { llama, qwen2 };
enum class RopePairing : std::uint8_t { interleaved, half };
enum class GateActivation : std::uint8_t { silu, gelu };

std::span<const std::pair<std::string_view, DecoderArchitecture>> enum_names(DecoderArchitecture /*type*/);
std::span<const std::pair<std::string_view, RopePairing>> enum_names(RopePairing /*type*/);
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
    double norm_eps = 1e-5;
    GateActivation activation = GateActivation::silu;
    bool qkv_bias = false;
    bool tied_embeddings = false;

    [[nodiscard]] std::uint32_t head_size() const { return head_dim != 0 ? head_dim : hidden / heads; }
    [[nodiscard]] std::uint32_t rotated() const { return rope_dims != 0 ? rope_dims : head_size(); }
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
        v.field("norm_eps", norm_eps, {.doc = "added to the mean square", .min = 0.0, .max = 1.0, .fallback = 1e-5});
        v.field("activation", activation, {.doc = "of the gate", .fallback = GateActivation::silu});
        v.field("qkv_bias", qkv_bias, {.doc = "query, key and value projections have biases", .fallback = false});
        v.field("tied_embeddings", tied_embeddings, {.doc = "output weights are the embedding", .fallback = false});
    }

    /// Rules across fields.
    void check(Errors& errors) const;
};

/// From the metadata and the tensor list of a file; every tensor's shape is checked. Throws ConfigError that names the
/// file and lists all that is missing, unknown or of another shape.
DecoderConfig decoder_config(const ModelFile& file);

}  // namespace handset
