// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/time_series.h"

#include <gtest/gtest.h>

#include "sim/stats/timeline.h"

namespace handset {
namespace {

TEST(TimeSeries, KeepsChangesOnly) {
    TimeSeries series("dram.power", "uW");
    series.record(0_ns, 5);
    series.record(1_ns, 5);
    series.record(2_ns, 6);
    EXPECT_EQ(series.samples(), (std::vector<Sample>{{0_ns, 5}, {2_ns, 6}}));
    EXPECT_EQ(series.name(), "dram.power");
    EXPECT_EQ(series.unit(), "uW");
}

TEST(TimeSeries, LastValueOfAMomentWins) {
    TimeSeries series("kv", "B");
    series.record(1_ns, 5);
    series.record(1_ns, 7);
    EXPECT_EQ(series.samples(), (std::vector<Sample>{{1_ns, 7}}));
}

TEST(Timeline, SlicesReferToTracksAndNames) {
    Timeline timeline;
    const auto dma = timeline.add_track("npu0", "dma");
    const auto matrix = timeline.add_track("npu0", "matrix");
    const auto load = timeline.add_name("load");
    timeline.add_slice(dma, load, 1_ns, 2_ns);
    EXPECT_NE(dma, matrix);
    ASSERT_EQ(timeline.slices().size(), 1U);
    EXPECT_EQ(timeline.tracks().at(timeline.slices()[0].track).second, "dma");
    EXPECT_EQ(timeline.names().at(timeline.slices()[0].name), "load");
}

}  // namespace
}  // namespace handset
