// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/row_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "sim/base/errors.h"

namespace handset {

namespace {

template <class T>
T read_at(std::span<const std::byte> bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

template <class T>
void write_at(std::span<std::byte> bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

float largest_magnitude(std::span<const float> values) {
    float largest = 0.0F;
    for (const float value : values) {
        largest = std::max(largest, std::fabs(value));
    }
    return largest;
}

/// Comparisons order NaN with the lowest code instead of reaching an undefined conversion.
std::int8_t to_code(float value) {
    const float rounded = std::round(value);
    if (!(rounded > -127.0F)) {
        return -127;
    }
    return rounded < 127.0F ? static_cast<std::int8_t>(rounded) : std::int8_t{127};
}

std::uint8_t to_nibble(float value) {
    if (!(value > 0.0F)) {
        return 0;
    }
    return value < 15.0F ? static_cast<std::uint8_t>(value) : std::uint8_t{15};
}

void encode_q8_group(std::span<const float> values, std::span<std::byte> block) {
    const float scale = largest_magnitude(values) / 127.0F;
    const float inverse = scale > 0.0F ? 1.0F / scale : 0.0F;
    write_at(block, 0, fp32_to_fp16(scale));
    for (std::size_t i = 0; i < kGroup; ++i) {
        write_at(block, 2 + i, to_code(values[i] * inverse));
    }
}

void encode_q4_group(std::span<const float> values, std::span<std::byte> block) {
    float extreme = 0.0F;  // the signed value of largest magnitude takes code -8
    for (const float value : values) {
        extreme = std::fabs(value) > std::fabs(extreme) ? value : extreme;
    }
    const float scale = extreme / -8.0F;
    const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
    write_at(block, 0, fp32_to_fp16(scale));
    for (std::size_t i = 0; i < kGroup / 2; ++i) {
        const std::uint8_t low = to_nibble(values[i] * inverse + 8.5F);
        const std::uint8_t high = to_nibble(values[i + kGroup / 2] * inverse + 8.5F);
        write_at(block, 2 + i, static_cast<std::uint8_t>(low | (high << 4U)));
    }
}

void decode_groups(NumberFormat format, std::span<const std::byte> row, std::span<float> out) {
    const std::size_t block = format == NumberFormat::q8_0 ? kQ8GroupBytes : kQ4GroupBytes;
    for (std::size_t group = 0; group < out.size() / kGroup; ++group) {
        std::array<std::int8_t, kGroup> codes{};
        float scale = 0.0F;
        unpack_groups(format, row.subspan(group * block, block), codes, {&scale, 1});
        float* values = out.data() + group * kGroup;
        for (std::size_t i = 0; i < kGroup; ++i) {
            values[i] = static_cast<float>(codes[i]) * scale;
        }
    }
}

void decode_int8(std::span<const std::byte> row, std::span<float> out) {
    const float scale = int8_row_scale(row, out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<float>(read_at<std::int8_t>(row, i)) * scale;
    }
}

template <class Stored, class Convert>
void decode_each(std::span<const std::byte> row, std::span<float> out, Convert convert) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = convert(read_at<Stored>(row, i * sizeof(Stored)));
    }
}

void check_sizes(NumberFormat format, std::size_t columns, std::size_t bytes) {
    ensure(row_bytes(format, columns).count() == bytes, "row codec: a " + std::string(info(format).name) + " row of " +
                                                            std::to_string(columns) + " elements in " +
                                                            std::to_string(bytes) + " bytes");
}

}  // namespace

float fp16_to_fp32(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t magnitude = half & 0x7fffU;
    if (magnitude < 0x0400U) {  // zero and subnormals: an exact product with 2^-24
        const float value = static_cast<float>(magnitude) * 0x1p-24F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
    }
    // Exponent bias 15 -> 127; all ones stays all ones (infinity, NaN).
    const std::uint32_t bias = magnitude < 0x7c00U ? 112U << 23U : 224U << 23U;
    return std::bit_cast<float>(sign | ((magnitude << 13U) + bias));
}

std::uint16_t fp32_to_fp16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    std::uint32_t half = 0;
    if (magnitude > 0x7f800000U) {
        half = 0x7e00U;  // NaN
    } else if (magnitude >= 0x477ff000U) {
        half = 0x7c00U;  // rounds to 65536 or more
    } else if (magnitude < 0x38800000U) {
        // Below 2^-14: adding 0.5 leaves the subnormal code, rounded to nearest even, in the low mantissa bits.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        half = std::bit_cast<std::uint32_t>(shifted) - 0x3f000000U;
    } else {
        const std::uint32_t odd = (magnitude >> 13U) & 1U;
        half = (magnitude - (112U << 23U) + 0xfffU + odd) >> 13U;
    }
    return static_cast<std::uint16_t>(sign | half);
}

float bf16_to_fp32(std::uint16_t value) {
    return std::bit_cast<float>(std::uint32_t{value} << 16U);
}

std::uint16_t fp32_to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) {
        return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);  // keep NaN a NaN
    }
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

void decode_row(NumberFormat format, std::span<const std::byte> row, std::span<float> out) {
    check_sizes(format, out.size(), row.size());
    switch (format) {
        case NumberFormat::fp32:
            std::memcpy(out.data(), row.data(), row.size());
            return;
        case NumberFormat::fp16:
            return decode_each<std::uint16_t>(row, out, fp16_to_fp32);
        case NumberFormat::bf16:
            return decode_each<std::uint16_t>(row, out, bf16_to_fp32);
        case NumberFormat::int32:
            return decode_each<std::int32_t>(row, out, [](std::int32_t value) { return static_cast<float>(value); });
        case NumberFormat::int8:
            return decode_int8(row, out);
        case NumberFormat::q8_0:
        case NumberFormat::q4_0:
            return decode_groups(format, row, out);
    }
}

void encode_row(NumberFormat format, std::span<const float> values, std::span<std::byte> row) {
    check_sizes(format, values.size(), row.size());
    switch (format) {
        case NumberFormat::fp32:
            std::memcpy(row.data(), values.data(), row.size());
            return;
        case NumberFormat::fp16:
        case NumberFormat::bf16:
            for (std::size_t i = 0; i < values.size(); ++i) {
                const float value = values[i];
                write_at(row, 2 * i, format == NumberFormat::fp16 ? fp32_to_fp16(value) : fp32_to_bf16(value));
            }
            return;
        case NumberFormat::int8:
            return encode_int8_row(values, largest_magnitude(values) / 127.0F, row);
        case NumberFormat::q8_0:
        case NumberFormat::q4_0: {
            const bool eight = format == NumberFormat::q8_0;
            const std::size_t block = eight ? kQ8GroupBytes : kQ4GroupBytes;
            for (std::size_t group = 0; group < values.size() / kGroup; ++group) {
                const auto from = values.subspan(group * kGroup, kGroup);
                const auto to = row.subspan(group * block, block);
                eight ? encode_q8_group(from, to) : encode_q4_group(from, to);
            }
            return;
        }
        case NumberFormat::int32:
            for (std::size_t i = 0; i < values.size(); ++i) {
                write_at(row, 4 * i, static_cast<std::int32_t>(values[i]));
            }
            return;
    }
}

void encode_int8_row(std::span<const float> values, float scale, std::span<std::byte> row) {
    check_sizes(NumberFormat::int8, values.size(), row.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        write_at(row, i, scale > 0.0F ? to_code(values[i] / scale) : std::int8_t{0});
    }
    write_at(row, values.size(), scale);
}

void unpack_groups(NumberFormat format, std::span<const std::byte> row, std::span<std::int8_t> codes,
                   std::span<float> scales) {
    const std::size_t block = format == NumberFormat::q8_0 ? kQ8GroupBytes : kQ4GroupBytes;
    for (std::size_t group = 0; group < scales.size(); ++group) {
        const std::byte* from = row.data() + group * block;
        std::int8_t* to = codes.data() + group * kGroup;
        scales[group] = fp16_to_fp32(read_at<std::uint16_t>(row, group * block));
        if (format == NumberFormat::q8_0) {
            std::memcpy(to, from + 2, kGroup);
            continue;
        }
        for (std::size_t i = 0; i < kGroup / 2; ++i) {
            const auto pair = std::to_integer<int>(from[2 + i]);
            to[i] = static_cast<std::int8_t>((pair & 0xf) - 8);
            to[i + kGroup / 2] = static_cast<std::int8_t>((pair >> 4) - 8);
        }
    }
}

float int8_row_scale(std::span<const std::byte> row, std::size_t columns) {
    return read_at<float>(row, columns);
}

std::span<float> as_floats(std::span<std::byte> bytes) {
    return {reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float)};
}

std::span<const float> as_floats(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

}  // namespace handset
