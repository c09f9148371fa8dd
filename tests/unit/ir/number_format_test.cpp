// SPDX-License-Identifier: Apache-2.0
#include "sim/ir/number_format.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

struct RowCase {
    NumberFormat format;
    std::uint64_t columns;
    std::uint64_t bytes;
};

class RowBytes : public testing::TestWithParam<RowCase> {};

TEST_P(RowBytes, ArePayloadPlusMetadata) {
    EXPECT_EQ(row_bytes(GetParam().format, GetParam().columns), Bytes{GetParam().bytes});
}

INSTANTIATE_TEST_SUITE_P(Formats, RowBytes,
                         testing::Values(RowCase{NumberFormat::fp32, 3, 12},       // 3 * 4
                                         RowCase{NumberFormat::fp16, 3, 6},        // 3 * 2
                                         RowCase{NumberFormat::bf16, 1, 2},        // 1 * 2
                                         RowCase{NumberFormat::int32, 5, 20},      // 5 * 4
                                         RowCase{NumberFormat::int8, 1, 5},        // 1 + one fp32 scale
                                         RowCase{NumberFormat::int8, 4096, 4100},  // 4096 + 4
                                         RowCase{NumberFormat::q8_0, 32, 34},      // 32 + one fp16 scale
                                         RowCase{NumberFormat::q8_0, 96, 102},     // 3 * (32 + 2)
                                         RowCase{NumberFormat::q4_0, 32, 18},      // 16 + 2
                                         RowCase{NumberFormat::q4_0, 64, 36},      // 2 * (16 + 2)
                                         RowCase{NumberFormat::fp32, 0, 0}, RowCase{NumberFormat::int8, 0, 0},
                                         RowCase{NumberFormat::q4_0, 0, 0}),
                         [](const auto& test) {
                             return std::string(handset::info(test.param.format).name) + "_" +
                                    std::to_string(test.param.columns);
                         });

TEST(NumberFormats, GroupsMustDivideTheRow) {
    try {
        (void)row_bytes(NumberFormat::q8_0, 33);
        FAIL() << "did not throw";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), "rows of 33 elements cannot be stored as q8_0: not a multiple of 32");
    }
}

TEST(NumberFormats, TableIsInEnumOrderAndNamesLeadBack) {
    for (std::size_t i = 0; i < number_formats().size(); ++i) {
        const NumberFormatInfo& row = number_formats()[i];
        EXPECT_EQ(static_cast<std::size_t>(row.id), i);
        EXPECT_EQ(number_format(row.name), row.id);
        EXPECT_FALSE(row.doc.empty()) << row.name;
    }
}

TEST(NumberFormats, UnknownNameListsTheKnownOnes) {
    try {
        (void)number_format("q8_1");
        FAIL() << "did not throw";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(),
                     "unknown number format 'q8_1', did you mean 'q8_0'? (known: fp32, fp16, bf16, int8, q8_0, q4_0, "
                     "int32)");
    }
}

TEST(MacFormats, NamesLeadBack) {
    for (const MacFormat format : {MacFormat::fp32, MacFormat::fp16, MacFormat::int8, MacFormat::int4}) {
        EXPECT_EQ(mac_format(mac_format_name(format)), format);
    }
    EXPECT_THROW((void)mac_format("fp64"), ConfigError);
}

}  // namespace
}  // namespace handset
