// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/clock_domain.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

TEST(ClockDomain, LongTimesDoNotDrift) {
    const ClockDomain clock(1200_MHz);
    // 833,333.33 fs per cycle: a rounded period would be off by 400 ns after one second.
    EXPECT_EQ(clock.to_time(Cycles{1'200'000'000}), 1_s);
    EXPECT_EQ(clock.to_cycles(1_s), Cycles{1'200'000'000});
}

TEST(ClockDomain, PartsOfACycleCountAsOne) {
    const ClockDomain clock(1000_MHz);
    EXPECT_EQ(clock.to_cycles(0_fs), 0_cycles);
    EXPECT_EQ(clock.to_cycles(1_fs), 1_cycles);
    EXPECT_EQ(clock.to_cycles(1_ns), 1_cycles);
    EXPECT_EQ(clock.to_cycles(1_ns + 1_fs), 2_cycles);
}

TEST(ClockDomain, TheNextEdgeIsAtOrAfterTheTime) {
    const ClockDomain clock(1200_MHz);
    EXPECT_EQ(clock.next_edge(0_fs), 0_fs);
    EXPECT_EQ(clock.next_edge(1_fs), 833'334_fs);
    EXPECT_EQ(clock.next_edge(833'334_fs), 833'334_fs);
    EXPECT_EQ(clock.next_edge(833'335_fs), 1'666'667_fs);
    EXPECT_EQ(clock.next_edge(2'500'000_fs), 2'500'000_fs) << "every third edge is exact";
}

TEST(ClockDomain, AClockOfZeroIsRefused) {
    EXPECT_THROW(ClockDomain(Hertz{0}), ModelError);
}

}  // namespace
}  // namespace handset
