// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"

namespace handset {
namespace {

std::vector<float> round_trip(NumberFormat format, const std::vector<float>& values) {
    std::vector<std::byte> row(row_bytes(format, values.size()).count());
    encode_row(format, values, row);
    std::vector<float> out(values.size());
    decode_row(format, row, out);
    return out;
}

std::vector<float> ramp(std::size_t count, float step) {
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = (static_cast<float>(i) - static_cast<float>(count) / 2) * step;
    }
    return out;
}

TEST(RowCodec, HalfSurvivesWideningAndNarrowing) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float wide = fp16_to_fp32(half);
        if (std::isnan(wide)) {
            EXPECT_TRUE(std::isnan(fp16_to_fp32(fp32_to_fp16(wide)))) << bits;
        } else {
            EXPECT_EQ(fp32_to_fp16(wide), half) << bits;
        }
    }
}

TEST(RowCodec, HalfHasTheValuesOfTheStandard) {
    EXPECT_EQ(fp16_to_fp32(0x3c00), 1.0F);
    EXPECT_EQ(fp16_to_fp32(0xc000), -2.0F);
    EXPECT_EQ(fp16_to_fp32(0x7bff), 65504.0F);
    EXPECT_EQ(fp16_to_fp32(0x0400), 0x1p-14F);  // smallest normal
    EXPECT_EQ(fp16_to_fp32(0x0001), 0x1p-24F);  // smallest subnormal
    EXPECT_EQ(std::bit_cast<std::uint32_t>(fp16_to_fp32(0x8000)), 0x80000000U);
    EXPECT_EQ(fp16_to_fp32(0x7c00), std::numeric_limits<float>::infinity());
}

TEST(RowCodec, NarrowingToHalfRoundsTiesToEven) {
    EXPECT_EQ(fp32_to_fp16(1.0F + 0x1p-11F), 0x3c00);             // tie between 0x3c00 and 0x3c01
    EXPECT_EQ(fp32_to_fp16(1.0F + 0x1p-11F + 0x1p-20F), 0x3c01);  // above the tie
    EXPECT_EQ(fp32_to_fp16(1.0F + 0x1p-10F + 0x1p-11F), 0x3c02);  // tie, odd below
    EXPECT_EQ(fp32_to_fp16(0x1p-25F), 0x0000);                    // half of the smallest subnormal
    EXPECT_EQ(fp32_to_fp16(0x1.8p-25F), 0x0001);
    EXPECT_EQ(fp32_to_fp16(0x1.8p-24F), 0x0002);  // tie among subnormals
    EXPECT_EQ(fp32_to_fp16(65519.996F), 0x7bff);
    EXPECT_EQ(fp32_to_fp16(65520.0F), 0x7c00);  // tie goes to 65536: infinity
    EXPECT_EQ(fp32_to_fp16(-65520.0F), 0xfc00);
    EXPECT_TRUE(std::isnan(fp16_to_fp32(fp32_to_fp16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(RowCodec, Bfloat16RoundsTiesToEven) {
    EXPECT_EQ(fp32_to_bf16(1.0F), 0x3f80);
    EXPECT_EQ(fp32_to_bf16(1.0F + 0x1p-8F), 0x3f80);            // tie, even below
    EXPECT_EQ(fp32_to_bf16(1.0F + 0x1p-7F + 0x1p-8F), 0x3f82);  // tie, odd below
    EXPECT_EQ(fp32_to_bf16(std::numeric_limits<float>::max()), 0x7f80);
    EXPECT_TRUE(std::isnan(bf16_to_fp32(fp32_to_bf16(std::bit_cast<float>(0x7f800001U)))));
}

TEST(RowCodec, QuantisedRowsAreWithinHalfAStep) {
    const std::vector<float> values = ramp(96, 0.37F);  // largest magnitude 48 * 0.37 = 17.76
    const auto expect_within = [&](NumberFormat format, float error) {
        const std::vector<float> got = round_trip(format, values);
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_NEAR(got[i], values[i], error) << info(format).name << " " << i;
        }
    };
    expect_within(NumberFormat::int8, 17.76F / 127 / 2 * 1.001F);
    // Group scales are rounded to fp16 (relative 2^-11): up to 127 steps of that.
    expect_within(NumberFormat::q8_0, 17.76F / 127 / 2 + 17.76F * 0x1p-11F);
    // Codes -8..7: the side opposite to the largest magnitude saturates one step early.
    expect_within(NumberFormat::q4_0, 17.76F / 8 + 17.76F * 0x1p-11F);
}

TEST(RowCodec, GroupLayoutIsThatOfGgml) {
    std::vector<float> values(32, 0.0F);
    values[0] = -8.0F;  // the extreme takes code 0 and makes the scale 1
    values[1] = 3.0F;
    values[16] = 7.0F;
    std::vector<std::byte> row(kQ4GroupBytes);
    encode_row(NumberFormat::q4_0, values, row);
    EXPECT_EQ(std::to_integer<int>(row[0]) | std::to_integer<int>(row[1]) << 8, 0x3c00);
    EXPECT_EQ(std::to_integer<int>(row[2]), 0xf0);  // element 0 low nibble 0, element 16 high nibble 15
    EXPECT_EQ(std::to_integer<int>(row[3]), 0x8b);  // element 1: 3 + 8, element 17: 0 + 8
    EXPECT_EQ(round_trip(NumberFormat::q4_0, values), values);
}

TEST(RowCodec, Int8KeepsItsScaleAtTheEndOfTheRow) {
    const std::vector<float> values{127.0F, -127.0F, 2.5F, -2.5F, 0.4F};
    std::vector<std::byte> row(5 + 4);
    encode_row(NumberFormat::int8, values, row);
    EXPECT_EQ(int8_row_scale(row, 5), 1.0F);
    const std::vector<int> codes{127, -127, 3, -3, 0};  // halves round away from zero
    for (std::size_t i = 0; i < codes.size(); ++i) {
        EXPECT_EQ(static_cast<std::int8_t>(row[i]), codes[i]) << i;
    }
}

TEST(RowCodec, ZeroAndExtremeRowsStayDefined) {
    const float inf = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const NumberFormat format : {NumberFormat::int8, NumberFormat::q8_0, NumberFormat::q4_0}) {
        EXPECT_EQ(round_trip(format, std::vector<float>(32, 0.0F)), std::vector<float>(32, 0.0F));
        (void)round_trip(format, std::vector<float>(32, inf));  // codes saturate, no undefined conversion
        (void)round_trip(format, std::vector<float>(32, nan));
        (void)round_trip(format, std::vector<float>(32, 1e-42F));
    }
}

TEST(RowCodec, GivenScaleSaturates) {
    std::vector<std::byte> row(2 + 4);
    encode_int8_row(std::vector<float>{10.0F, -300.0F}, 2.0F, row);
    std::vector<float> out(2);
    decode_row(NumberFormat::int8, row, out);
    EXPECT_EQ(out, (std::vector<float>{10.0F, -254.0F}));
}

TEST(RowCodec, RefusesRowsOfTheWrongSize) {
    std::vector<float> values(32);
    std::vector<std::byte> row(33);
    EXPECT_THROW(decode_row(NumberFormat::q8_0, row, values), ModelError);
    EXPECT_THROW(encode_row(NumberFormat::fp32, values, row), ModelError);
    EXPECT_THROW(encode_row(NumberFormat::q4_0, std::vector<float>(31), row), ConfigError);
}

}  // namespace
}  // namespace handset
