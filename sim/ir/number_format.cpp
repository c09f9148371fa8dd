// SPDX-License-Identifier: Apache-2.0
#include "sim/ir/number_format.h"

#include <array>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

namespace {

constexpr std::array kFormats{
    NumberFormatInfo{NumberFormat::fp32, "fp32", 32, 1, 0, "IEEE single precision"},
    NumberFormatInfo{NumberFormat::fp16, "fp16", 16, 1, 0, "IEEE half precision"},
    NumberFormatInfo{NumberFormat::bf16, "bf16", 16, 1, 0, "bfloat16"},
    NumberFormatInfo{NumberFormat::int8, "int8", 8, 0, 4, "symmetric int8, one fp32 scale per row"},
    NumberFormatInfo{NumberFormat::q8_0, "q8_0", 8, 32, 2, "symmetric int8, one fp16 scale per 32 elements"},
    NumberFormatInfo{NumberFormat::q4_0, "q4_0", 4, 32, 2, "4 bit with offset 8, one fp16 scale per 32 elements"},
    NumberFormatInfo{NumberFormat::int32, "int32", 32, 1, 0, "token ids and indices"},
};

constexpr std::array<std::string_view, kMacFormats> kMacNames{"fp32", "fp16", "int8", "int4", "w8a16", "w4a16"};

}  // namespace

std::span<const NumberFormatInfo> number_formats() {
    return kFormats;
}

const NumberFormatInfo& info(NumberFormat format) {
    return kFormats.at(static_cast<std::size_t>(format));
}

NumberFormat number_format(std::string_view name) {
    std::vector<std::string> known;
    for (const NumberFormatInfo& row : kFormats) {
        if (row.name == name) {
            return row.id;
        }
        known.emplace_back(row.name);
    }
    throw ConfigError(unknown_name("number format", name, known));
}

Bytes row_bytes(NumberFormat format, std::uint64_t columns) {
    const NumberFormatInfo& f = info(format);
    const std::uint64_t group = f.group == 0 ? columns : f.group;
    if (f.group > 1 && columns % f.group != 0) {
        throw ConfigError("rows of " + std::to_string(columns) + " elements cannot be stored as " +
                          std::string(f.name) + ": not a multiple of " + std::to_string(f.group));
    }
    const std::uint64_t groups = group == 0 ? 0 : columns / group;
    return Bytes{columns * f.bits / 8 + groups * f.metadata_bytes};
}

std::string_view mac_format_name(MacFormat format) {
    return kMacNames.at(static_cast<std::size_t>(format));
}

MacFormat mac_format(std::string_view name) {
    for (std::size_t i = 0; i < kMacNames.size(); ++i) {
        if (kMacNames[i] == name) {
            return static_cast<MacFormat>(i);
        }
    }
    const std::vector<std::string> known(kMacNames.begin(), kMacNames.end());
    throw ConfigError(unknown_name("MAC format", name, known));
}

}  // namespace handset
