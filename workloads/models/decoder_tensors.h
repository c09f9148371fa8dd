// SPDX-License-Identifier: Apache-2.0
// Which weights a decoder of a given shape has: names as in GGUF files, shapes rows x columns.
#pragma once

#include <string>
#include <vector>

#include "sim/ir/tensor.h"
#include "workloads/models/decoder_config.h"

namespace handset {

/// A shadow is a matrix once more, transposed: a row per input channel, for products of few channels.
enum class WeightRole : std::uint8_t { matrix, vector, shadow };

struct DecoderTensor {
    std::string name;
    Shape shape;
    WeightRole role = WeightRole::matrix;  ///< vectors (norms, biases, factors) are always fp32
};

/// "blk.<layer>.<kind>"
std::string layer_name(std::uint32_t layer, std::string_view kind);
/// Layer of a name of that form, -1 for others.
int layer_of(std::string_view name);
/// The two matrices with a row per word: embedding and output.
bool is_vocabulary(std::string_view name);

/// Of the shadow of a matrix.
std::string shadow_name(std::string_view matrix);

/// In order of use.
std::vector<DecoderTensor> decoder_tensors(const DecoderConfig& config);
/// Trained values; a tied embedding counts once, RoPE factors are constants.
std::uint64_t parameter_count(const DecoderConfig& config);

}  // namespace handset
