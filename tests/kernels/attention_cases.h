// SPDX-License-Identifier: Apache-2.0
// Attention ops by their sizes, with the oracle: a plain two-pass softmax in double precision.
#pragma once

#include "tests/kernels/harness.h"

namespace handset::test {

struct AttentionDims {
    std::uint64_t rows;
    std::uint64_t kv_len;
    std::int64_t heads;
    std::int64_t kv_heads;
    std::int64_t head_dim;
    NumberFormat kv = NumberFormat::fp32;
    std::int64_t window = 0;  // 0: none
    bool causal = true;
    std::int64_t position = -1;  // of the first row, with keys of fixed number; -1: keys end with the rows
};

/// Pairs of query row and key that the mask leaves.
std::uint64_t visible_pairs(const AttentionDims& d);
KernelCase attention(AttentionDims d);
/// By the kernel's own choice.
TileProgram lowered(const AttentionDims& d, const std::string& device);
/// The output of a program on the operands of its case, with loads as early as it allows.
std::vector<std::byte> eager_output(const KernelCase& c, const OpNode& op, const TileProgram& program);
/// Vector work of all tiles.
Work vector_work(const TileProgram& program);

}  // namespace handset::test
