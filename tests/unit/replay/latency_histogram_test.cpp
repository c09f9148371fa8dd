// SPDX-License-Identifier: Apache-2.0
#include "sim/replay/latency_histogram.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/base/splitmix.h"

namespace handset {
namespace {

TEST(LatencyHistogram, IsAllZeroWithoutLatencies) {
    const LatencyHistogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.mean(), 0_fs);
    EXPECT_EQ(histogram.least(), 0_fs);
    EXPECT_EQ(histogram.largest(), 0_fs);
    EXPECT_EQ(histogram.percentile(50), 0_fs);
}

TEST(LatencyHistogram, PercentilesAreLatenciesThatOccurred) {
    LatencyHistogram histogram;
    for (int i = 0; i < 99; ++i) {
        histogram.add(67'500_ps);
    }
    histogram.add(210_ns);
    EXPECT_EQ(histogram.percentile(50), 67'500_ps);
    EXPECT_EQ(histogram.percentile(99), 67'500_ps) << "99 of 100 do not exceed it";
    EXPECT_EQ(histogram.percentile(100), 210_ns);
    EXPECT_EQ(histogram.least(), 67'500_ps);
    EXPECT_EQ(histogram.mean(), 68'925_ps) << "(99 * 67.5 + 210) / 100";
}

TEST(LatencyHistogram, ErrsByAtMostOneIn256) {
    std::vector<std::uint64_t> values;
    LatencyHistogram histogram;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        values.push_back(splitmix64(i) >> (i % 64));  // every size from 0 to 2^64
        histogram.add(Femtoseconds{values.back()});
    }
    std::sort(values.begin(), values.end());
    for (const unsigned percent : {1U, 10U, 50U, 90U, 95U, 99U, 100U}) {
        const std::uint64_t exact = values[(values.size() * percent + 99) / 100 - 1];
        const std::uint64_t got = histogram.percentile(percent).count();
        EXPECT_GE(got, exact);
        EXPECT_LE(got - exact, exact / 256);
    }
    EXPECT_EQ(histogram.largest().count(), values.back());
    EXPECT_EQ(histogram.least().count(), values.front());
}

TEST(LatencyHistogram, KnowsNoPercentileZero) {
    EXPECT_THROW(static_cast<void>(LatencyHistogram().percentile(0)), ModelError);
    EXPECT_THROW(static_cast<void>(LatencyHistogram().percentile(101)), ModelError);
}

}  // namespace
}  // namespace handset
