// SPDX-License-Identifier: Apache-2.0
// Decoder steps as op graphs: one graph per prompt or generated token, and one that loads the weights.
// Op names are those of llama.cpp ("blk.3.ffn_down"); an op's result is the tensor of the same name. Attention rows see
// the cache up to themselves, so a prompt may be cut into chunks, in one graph ("c1.blk.3.ffn_down") or in several.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/ir/op_graph.h"
#include "workloads/models/decoder_config.h"
#include "workloads/models/weight_table.h"

namespace handset {

/// What matrix products take as input. q8_0 goes with q8_0 and q4_0 weights, int8 with int8 weights; products with
/// floating-point weights always take fp32.
enum class ActivationMode : std::uint8_t { fp32, q8_0, int8 };
/// Scales of int8 activations.
enum class ActivationScale : std::uint8_t { row, tensor };
enum class SampleMethod : std::uint8_t { greedy, sample };

std::span<const std::pair<std::string_view, ActivationMode>> enum_names(ActivationMode /*type*/);
std::span<const std::pair<std::string_view, ActivationScale>> enum_names(ActivationScale /*type*/);
std::span<const std::pair<std::string_view, SampleMethod>> enum_names(SampleMethod /*type*/);

/// What happens to outlier channels of int8 activations in the layers (workloads/kernels/quantise_outliers.h).
struct OutlierHandling {
    std::uint32_t channels = 0;  ///< per product input and step; 0: activations are quantised without regard to them
    std::vector<bool> kept;      ///< by layer: their products have shadows; in the others the outliers are lost
    bool mapped = false;         ///< shadow weights are read through the page cache instead of being loaded

    [[nodiscard]] bool keeps(int layer) const {
        return layer >= 0 && static_cast<std::size_t>(layer) < kept.size() && kept[static_cast<std::size_t>(layer)];
    }
};

struct StepFormats {
    ActivationMode activations = ActivationMode::fp32;
    ActivationScale activation_scale = ActivationScale::row;
    NumberFormat kv = NumberFormat::fp32;  ///< fp32 or fp16
    bool static_kv = false;                ///< attention takes the whole cache in every step and masks the rest
    OutlierHandling outliers{};
};

/// How the next token is chosen; temperature, top_k and top_p count with SampleMethod::sample only.
struct Sampling {
    SampleMethod method = SampleMethod::greedy;
    double temperature = 1.0;
    std::uint32_t top_k = 0;  ///< 0: all
    double top_p = 1.0;
};

struct StepInput {
    std::vector<std::uint32_t> tokens;  ///< a chunk of the prompt, or the one new token
    std::uint32_t position = 0;         ///< tokens in the cache already
    bool sample = true;                 ///< emit the LM head and the choice of a token for the last row
    bool score = false;  ///< emit the LM head for the rows before it, too (for all rows of a step that does not sample)
    Sampling sampling;
    std::uint64_t seed = 0;
    std::uint64_t step = 0;  ///< index of the token to be chosen
    /// Tokens at the end that only fill a chunk of fixed length: computed and stored, but no real row ever sees them.
    std::uint32_t padding = 0;
};

/// Multiply-accumulates of one step. Attention counts q.k and p.v of the keys each row sees (`attention`, causal: row i
/// sees position + i + 1 keys, at most a window of them); a kernel may also multiply masked keys, at most all from the
/// step's first key on (`attention_unmasked`).
struct StepMacs {
    Macs linear;  ///< all products with weights, LM head included
    Macs attention;
    Macs attention_unmasked;
};
/// `rows` new tokens, after which the cache holds `kv_len`.
StepMacs macs_of_step(const DecoderConfig& config, std::uint32_t rows, std::uint32_t kv_len, bool sample);

class DecoderModel {
  public:
    /// Throws ConfigError when weights are missing, have other shapes, or do not go with the formats.
    DecoderModel(DecoderConfig config, WeightTable weights, StepFormats formats);

    /// One `load` per weight (mapped ones excepted): the view "<name>@flash" becomes the DRAM tensor "<name>".
    [[nodiscard]] OpGraph build_load_graph() const;
    /// Throws ConfigError on no tokens, tokens outside the vocabulary, or more than the context holds.
    [[nodiscard]] OpGraph build_step(const StepInput& input) const;
    /// The chunks of a prompt as one graph: chunk c starts where chunk c-1 ends and differs from a graph of its own by
    /// OpNode::chunk and, for c > 0, by names that start with "c<c>.". Throws ConfigError as build_step, and ModelError
    /// for chunks that do not follow one another, sample early, or are padding alone.
    [[nodiscard]] OpGraph build_prompt(std::span<const StepInput> chunks) const;

    /// Name of the tensor that holds the chosen token: [1, 1] int32.
    static constexpr std::string_view kTokenTensor = "token";
    /// Name of the logits' tensor: [1, vocab] fp32.
    static constexpr std::string_view kLogitsTensor = "output";
    /// Name of the logits of StepInput::score: [rows, vocab] fp32.
    static constexpr std::string_view kPromptLogitsTensor = "prompt_logits";

    [[nodiscard]] const DecoderConfig& config() const { return config_; }
    [[nodiscard]] const WeightTable& weights() const { return weights_; }
    [[nodiscard]] const StepFormats& formats() const { return formats_; }
    /// Of the whole cache, all layers, keys and values.
    [[nodiscard]] Bytes kv_cache_size() const;

  private:
    void check_step(const StepInput& input) const;

    DecoderConfig config_;
    WeightTable weights_;
    StepFormats formats_;
};

}  // namespace handset
