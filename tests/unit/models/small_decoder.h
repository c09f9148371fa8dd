// SPDX-License-Identifier: Apache-2.0
// A decoder small enough to write out: 2 layers, 4 query heads on 2 key-value heads of 16, odd widths elsewhere.
#pragma once

#include "tests/unit/models/gguf_bytes.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/models/weight_image.h"

namespace handset::testing {

inline DecoderConfig small_decoder() {
    DecoderConfig config;
    config.name = "small";
    config.hidden = 64;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.ffn = 96;
    config.vocab = 40;
    config.context = 32;
    return config;
}

inline DecoderModel shape_model(const DecoderConfig& config, NumberFormat weights, StepFormats formats = {}) {
    return {config, synthetic_weights(config, weights, 1, 0, false).table, formats};
}

/// A GGUF file of that decoder with fp32 tensors (q8_0 matrices on request).
inline GgufFile gguf_of(const DecoderConfig& config, const std::string& architecture, bool q8_matrices = false) {
    constexpr std::uint64_t kAlign = 32;
    GgufFile file;
    const std::string a = architecture + ".";
    file.entries = {entry_text("general.architecture", architecture),
                    entry_u32(a + "embedding_length", config.hidden),
                    entry_u32(a + "block_count", config.layers),
                    entry_u32(a + "attention.head_count", config.heads),
                    entry_u32(a + "attention.head_count_kv", config.kv_heads),
                    entry_u32(a + "feed_forward_length", config.ffn),
                    entry_u32(a + "context_length", config.context),
                    entry_f32(a + "attention.layer_norm_rms_epsilon", 1e-6F),
                    entry_f32(a + "rope.freq_base", 1000000.0F)};
    std::uint64_t offset = 0;
    for (const DecoderTensor& tensor : decoder_tensors(config)) {
        const bool q8 = q8_matrices && tensor.role == WeightRole::matrix;
        const NumberFormat format = q8 ? NumberFormat::q8_0 : NumberFormat::fp32;
        GgufTensor entry{.name = tensor.name, .dims = {tensor.shape.cols}, .type = q8 ? 8U : 0U, .offset = offset};
        if (tensor.role == WeightRole::matrix) {
            entry.dims.push_back(tensor.shape.rows);
        }
        file.tensors.push_back(entry);
        const std::uint64_t size = (tensor.shape.rows * row_bytes(format, tensor.shape.cols)).count();
        file.data_bytes = offset + size;
        offset = div_ceil(offset + size, kAlign) * kAlign;
    }
    return file;
}

}  // namespace handset::testing
