// SPDX-License-Identifier: Apache-2.0
// Rows of numbers between their stored form and fp32. Bit-exact on every host: integer bit manipulation and single IEEE
// operations only. Group formats follow ggml's reference quantisers (round half away from zero); NaN quantises to the
// lowest code. Source of the layouts: sim/ir/number_format.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/ir/number_format.h"

namespace handset {

/// Elements of a q8_0 or q4_0 group.
inline constexpr std::size_t kGroup = 32;
inline constexpr std::size_t kQ8GroupBytes = 34;
inline constexpr std::size_t kQ4GroupBytes = 18;

/// IEEE half precision: exact widening, narrowing rounds to nearest even (overflow to infinity, subnormals kept).
float fp16_to_fp32(std::uint16_t half);
std::uint16_t fp32_to_fp16(float value);
/// bfloat16: exact widening, narrowing rounds to nearest even.
float bf16_to_fp32(std::uint16_t value);
std::uint16_t fp32_to_bf16(float value);

/// One stored row to fp32; `row` holds row_bytes(format, out.size()) bytes. int32 is converted by value.
void decode_row(NumberFormat format, std::span<const std::byte> row, std::span<float> out);
/// fp32 to one stored row. int8: scale = amax / 127, codes round(value / scale) half away from zero.
void encode_row(NumberFormat format, std::span<const float> values, std::span<std::byte> row);
/// int8 row with a given scale (per-tensor quantisation); codes saturate at +-127.
void encode_int8_row(std::span<const float> values, float scale, std::span<std::byte> row);

/// Splits a q8_0 or q4_0 row into signed codes and fp32 group scales (`codes.size() / kGroup` of them).
void unpack_groups(NumberFormat format, std::span<const std::byte> row, std::span<std::int8_t> codes,
                   std::span<float> scales);
/// The fp32 scale at the end of an int8 row of `columns` elements.
float int8_row_scale(std::span<const std::byte> row, std::size_t columns);

/// fp32 rows in a local store, in place. `bytes` must be 4-byte aligned (every slot is).
std::span<float> as_floats(std::span<std::byte> bytes);
std::span<const float> as_floats(std::span<const std::byte> bytes);

}  // namespace handset
