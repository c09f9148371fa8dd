// SPDX-License-Identifier: Apache-2.0
// Number formats as data: how rows of numbers are stored and which MAC datapath they need.
// Source of the block layouts: ggml (Q8_0: f16 scale + 32 int8; Q4_0: f16 scale + 32 nibbles, low nibbles = elements
// 0-15).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/base/quantity.h"

namespace handset {

enum class NumberFormat : std::uint8_t { fp32, fp16, bf16, int8, q8_0, q4_0, int32 };

/// Storage of one row. `int8` is symmetric with one fp32 scale at the end of each row (per-channel for weights,
/// per-token for activations; per-tensor repeats one value). Group formats need rows that are multiples of `group`.
struct NumberFormatInfo {
    NumberFormat id;
    std::string_view name;
    std::uint32_t bits;            ///< payload bits per element
    std::uint32_t group;           ///< elements per metadata group; 0 = one group per row
    std::uint32_t metadata_bytes;  ///< per group
    std::string_view doc;
};

/// All formats, in enum order.
std::span<const NumberFormatInfo> number_formats();
const NumberFormatInfo& info(NumberFormat format);
/// Throws ConfigError that lists the known names.
NumberFormat number_format(std::string_view name);

/// Bytes of a row of `columns` elements. Throws ConfigError when a group format does not divide the row.
Bytes row_bytes(NumberFormat format, std::uint64_t columns);

/// The multiply-accumulate datapath of a device that a kernel asks for, by the formats of weights and activations:
/// fp32 x fp32, fp16 x fp16, int8 x int8, int4 weights x int8, int8 weights x fp16, int4 weights x fp16.
enum class MacFormat : std::uint8_t { fp32, fp16, int8, int4, w8a16, w4a16 };
inline constexpr std::size_t kMacFormats = 6;
std::string_view mac_format_name(MacFormat format);
/// Throws ConfigError that lists the known names.
MacFormat mac_format(std::string_view name);

}  // namespace handset
