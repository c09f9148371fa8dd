// SPDX-License-Identifier: Apache-2.0
// The numbers of one tile of a matrix product. Float products are summed in the fixed order of simd.h over the whole of
// K; 8-bit products are exact integers per group (group formats) or per row.
#pragma once

#include <cstddef>
#include <span>

#include "sim/ir/number_format.h"

namespace handset {

/// How a pair of operand formats is multiplied.
enum class MatmulPath {
    floats,  ///< both decoded to fp32
    groups,  ///< q8_0 activations: exact int32 per 32 elements, then both scales
    rows,    ///< int8 x int8: exact int32 over K, then both row scales
    none,    ///< not supported
};
MatmulPath matmul_path(NumberFormat activations, NumberFormat weights);

/// A tile in the local store: rows packed one after another.
struct MatmulTile {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t k = 0;
    NumberFormat a_format = NumberFormat::fp32;
    NumberFormat w_format = NumberFormat::fp32;
    NumberFormat out_format = NumberFormat::fp32;
    std::span<const std::byte> a;
    std::span<const std::byte> w;
    std::span<const float> bias;  ///< n values, or empty
    std::span<std::byte> out;
};

void compute_matmul(const MatmulTile& tile);

}  // namespace handset
