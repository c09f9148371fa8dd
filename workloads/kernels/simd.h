// SPDX-License-Identifier: Apache-2.0
// Inner products of the host numerics, with run-time dispatch to the CPU's vector unit (Highway). Results do not depend
// on the instruction set: float sums have one fixed order, integer sums are exact.
#pragma once

#include <cstddef>
#include <cstdint>

namespace handset {

/// Largest row length whose int8 products cannot overflow int32 whatever the codes: (2^31 - 1) / 128^2.
inline constexpr std::size_t kMaxDotI8 = 131071;

/// Elements that a float sum takes at once: sums of longer rows may be cut at multiples of it without any change.
inline constexpr std::size_t kFloatBlock = 256;

/// sums[r] += a[i] * rows[r * stride + i] over i < n, for r < count, one block of kFloatBlock elements after another.
/// Within a block sixteen partial sums take the elements i mod 16 in rising order (product rounded, then sum rounded;
/// the end padded with zeros), then p[i] += p[i + 8], + 4, + 2, + 1.
void add_dot_f32_rows(const float* a, const float* rows, std::size_t stride, std::size_t count, std::size_t n,
                      float* sums);
/// The same from zero.
void dot_f32_rows(const float* a, const float* rows, std::size_t stride, std::size_t count, std::size_t n, float* out);
float dot_f32(const float* a, const float* b, std::size_t n);

/// Exact for all inputs with n <= kMaxDotI8.
std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t n);

/// `sum` plus, over the groups of 32, in order, float(exact dot) * (scales_a[g] * scales_b[g]).
float dot_i8_groups(const std::int8_t* a, const float* scales_a, const std::int8_t* b, const float* scales_b,
                    std::size_t groups, float sum = 0.0F);

}  // namespace handset
