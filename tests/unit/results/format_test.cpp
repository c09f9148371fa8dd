// SPDX-License-Identifier: Apache-2.0
#include "sim/results/format.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

struct ScaleCase {
    double value;
    const char* unit;
    const char* text;
};

class Scale : public ::testing::TestWithParam<ScaleCase> {};

TEST_P(Scale, KeepsFourDigits) {
    EXPECT_EQ(scale(GetParam().value, GetParam().unit).text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Values, Scale,
    ::testing::Values(ScaleCase{0.0123, "s", "12.30 ms"}, ScaleCase{0, "s", "0 s"}, ScaleCase{1, "J", "1.000 J"},
                      ScaleCase{-0.25, "J", "-250.0 mJ"},
                      // Rounding up to the next prefix: never "1000.0".
                      ScaleCase{0.99996, "s", "1.000 s"}, ScaleCase{999.96e-6, "s", "1.000 ms"},
                      ScaleCase{9.9996, "s", "10.00 s"}, ScaleCase{99.996, "s", "100.0 s"},
                      // Beyond the prefixes the number grows or shrinks.
                      ScaleCase{2e-18, "J", "0.002 fJ"}, ScaleCase{5e15, "MAC", "5000.0 TMAC"},
                      ScaleCase{1500, "fs", "1.500 ps"}, ScaleCase{2'500'000, "uW", "2.500 W"},
                      ScaleCase{512, "B", "512 B"}, ScaleCase{1536, "B", "1.500 KiB"},
                      ScaleCase{1048575, "B", "1.000 MiB"}, ScaleCase{1.5 * (1ULL << 50), "B", "1536.0 TiB"},
                      ScaleCase{0.714, "1", "71.4 %"}, ScaleCase{1234.56, "token/s", "1234.6 token/s"},
                      ScaleCase{9.87654, "token/s", "9.877 token/s"},
                      // Counts of things have no thousandths of their unit.
                      ScaleCase{0.337, "request", "0.337 request"}, ScaleCase{64, "request", "64.00 request"},
                      ScaleCase{0.5, "burst", "0.500 burst"}));

TEST(Format, DigitsAreGroupedByThree) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Format, TableAlignsDigitsAndUnits) {
    TextTable table("lqr");
    table.row({"name", "energy", "share"});
    table.row({"a", "6.804 mJ", "9 %"});
    table.row({"longer", "936.0 J"});
    EXPECT_EQ(table.text(1),
              " name      energy  share\n"
              " a       6.804 mJ    9 %\n"
              " longer  936.0 J\n");
}

}  // namespace
}  // namespace handset
