// SPDX-License-Identifier: Apache-2.0
// The numbers of one tile of a matrix product, which may be a part of the contraction. Float products are summed in
// blocks of kFloatBlock elements, one block after another (simd.h); 8-bit products are exact integers per group (group
// formats, groups summed in order) or per row. So a contraction cut at multiples of matmul_k_unit() gives the same
// bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/ir/number_format.h"

namespace handset {

/// How a pair of operand formats is multiplied.
enum class MatmulPath {
    floats,  ///< both decoded to fp32; the row scale of int8 weights is applied to the sum
    groups,  ///< q8_0 activations: exact int32 per 32 elements, then both scales
    rows,    ///< int8 x int8: exact int32 over K, then both row scales
    none,    ///< not supported
};
MatmulPath matmul_path(NumberFormat activations, NumberFormat weights);

/// The contraction may be cut at multiples of this many elements.
std::uint64_t matmul_k_unit(NumberFormat activations, NumberFormat weights);

/// Bytes of a part of a stored row: `elements` of it, with what stands at the row's end if the part reaches it.
std::uint64_t row_part_bytes(NumberFormat format, std::uint64_t elements, bool reaches_end);

/// A tile in the local store: parts of rows packed one after another.
struct MatmulTile {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t k = 0;  ///< elements of the contraction in this part
    bool first = true;  ///< of the parts: starts the sums
    bool last = true;   ///< finishes them: scales, bias, output format
    NumberFormat a_format = NumberFormat::fp32;
    NumberFormat w_format = NumberFormat::fp32;
    NumberFormat out_format = NumberFormat::fp32;
    std::span<const std::byte> a;
    std::span<const std::byte> w;
    std::span<const float> bias;  ///< n values, or empty; read by the last part
    std::span<std::byte> sums;    ///< m x n of 4 B between the parts; may be `out` when that is fp32
    std::span<std::byte> out;     ///< written by the last part
};

void compute_matmul(const MatmulTile& tile);

}  // namespace handset
