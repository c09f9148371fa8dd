// SPDX-License-Identifier: Apache-2.0
#include "sim/replay/throughput_series.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

TEST(ThroughputSeries, IsBytesPerSecondOfEachMicrosecond) {
    ThroughputSeries throughput;
    throughput.add(100_ns, 1000);
    throughput.add(900_ns, 1000);
    throughput.add(2'500_ns, 500);
    // 2000 B in the first us, nothing in the second, 500 B in the third.
    const std::vector<Sample> expected{{0_us, 2'000'000'000}, {1_us, 0}, {2_us, 500'000'000}, {3_us, 0}};
    EXPECT_EQ(throughput.series("x").samples(), expected);
}

TEST(ThroughputSeries, KeepsTheBytesWhenItsSlicesGrow) {
    ThroughputSeries throughput;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        throughput.add(1_us * i, 1000);  // out of 512 slices after 512 us, of 1024 us after that
    }
    const std::vector<Sample> expected{{0_us, 1'000'000'000}, {2000_us, 0}};
    EXPECT_EQ(throughput.series("x").samples(), expected);
}

}  // namespace
}  // namespace handset
