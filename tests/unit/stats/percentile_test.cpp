// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/percentile.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

std::vector<Femtoseconds> values(std::initializer_list<std::uint64_t> numbers) {
    std::vector<Femtoseconds> out;
    for (const std::uint64_t number : numbers) {
        out.emplace_back(number);
    }
    return out;
}

// Ranks ceil(p/100 * 5): 50 % -> 3rd, 30 % -> 2nd (1.5), 40 % -> 2nd (2.0 exactly), 99 % -> 5th.
TEST(Percentile, IsTheValueOfTheNearestRank) {
    const auto five = values({35, 20, 50, 15, 40});
    EXPECT_EQ(percentile(five, 5), 15_fs);
    EXPECT_EQ(percentile(five, 30), 20_fs);
    EXPECT_EQ(percentile(five, 40), 20_fs);
    EXPECT_EQ(percentile(five, 50), 35_fs);
    EXPECT_EQ(percentile(five, 99), 50_fs);
    EXPECT_EQ(percentile(five, 100), 50_fs);
}

// Of 1..100 the p-th percentile is p; of 1..10 the 90th is the 9th value and the 91st the 10th.
TEST(Percentile, CountsFromOne) {
    std::vector<Femtoseconds> hundred;
    for (std::uint64_t i = 100; i > 0; --i) {
        hundred.emplace_back(i);
    }
    for (const unsigned percent : {1U, 50U, 90U, 99U, 100U}) {
        EXPECT_EQ(percentile(hundred, percent), Femtoseconds{percent});
    }
    const auto ten = values({10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
    EXPECT_EQ(percentile(ten, 90), 9_fs);
    EXPECT_EQ(percentile(ten, 91), 10_fs);
}

TEST(Percentile, OneValueIsEveryPercentileAndNoneIsZero) {
    EXPECT_EQ(percentile(values({7}), 1), 7_fs);
    EXPECT_EQ(percentile(values({7}), 99), 7_fs);
    EXPECT_EQ(percentile({}, 50), 0_fs);
    EXPECT_THROW(static_cast<void>(percentile(values({7}), 0)), ModelError);
    EXPECT_THROW(static_cast<void>(percentile(values({7}), 101)), ModelError);
}

TEST(Mean, RoundsDownAndDoesNotOverflow) {
    EXPECT_EQ(mean(values({1, 2, 2})), 1_fs);
    EXPECT_EQ(mean(values({UINT64_MAX, UINT64_MAX, UINT64_MAX})), Femtoseconds{UINT64_MAX});
    EXPECT_EQ(mean({}), 0_fs);
}

}  // namespace
}  // namespace handset
