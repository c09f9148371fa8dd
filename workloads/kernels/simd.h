// SPDX-License-Identifier: Apache-2.0
// Inner products of the host numerics, with run-time dispatch to the CPU's vector unit (Highway). Results do not depend
// on the instruction set: float sums have one fixed order, integer sums are exact.
#pragma once

#include <cstddef>
#include <cstdint>

namespace handset {

/// Largest row length whose int8 products cannot overflow int32 whatever the codes: (2^31 - 1) / 128^2.
inline constexpr std::size_t kMaxDotI8 = 131071;

/// out[r] = sum of a[i] * rows[r * stride + i] over i < n, for r < count. Sixteen partial sums take the elements i mod
/// 16 in rising order (product rounded, then sum rounded; the end padded with zeros), then p[i] += p[i + 8], + 4, + 2,
/// + 1.
void dot_f32_rows(const float* a, const float* rows, std::size_t stride, std::size_t count, std::size_t n, float* out);
float dot_f32(const float* a, const float* b, std::size_t n);

/// Exact for all inputs with n <= kMaxDotI8.
std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t n);

/// Sum over the groups of 32, in order, of float(exact dot) * (scales_a[g] * scales_b[g]).
float dot_i8_groups(const std::int8_t* a, const float* scales_a, const std::int8_t* b, const float* scales_b,
                    std::size_t groups);

}  // namespace handset
