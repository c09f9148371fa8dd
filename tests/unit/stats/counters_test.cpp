// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/counters.h"

#include <functional>

#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

struct NpuCounters : CounterGroup {
    explicit NpuCounters(std::string path) : CounterGroup(std::move(path)) {}

    Counter<Bytes> bytes_read{*this, "bytes_read", "bytes loaded"};
    EventCounter tiles{*this, "tiles", "tiles finished"};
    PeakCounter<Bytes> scratch{*this, "scratch_peak", "most scratchpad in use"};
    LevelCounter<Events> queue{*this, "queue", "programs waiting"};
};

std::string invariant_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const ModelError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Counters, UnitFollowsFromTheType) {
    const NpuCounters npu("npu0");
    EXPECT_EQ(npu.bytes_read.unit(), "B");
    EXPECT_EQ(npu.tiles.unit(), "1");
    EXPECT_EQ(npu.counters().size(), 4U);
}

TEST(Counters, SumsAddPeaksKeepTheLargestLevelsTheLast) {
    NpuCounters npu("npu0");
    npu.bytes_read += 10_B;
    npu.bytes_read += 5_B;
    ++npu.tiles;
    npu.tiles += 2;
    npu.scratch.observe(7_B);
    npu.scratch.observe(3_B);
    npu.queue.set(Events{4});
    npu.queue.set(Events{1});
    EXPECT_EQ(npu.bytes_read.value(), 15_B);
    EXPECT_EQ(npu.tiles.value(), 3U);
    EXPECT_EQ(npu.scratch.value(), 7_B);
    EXPECT_EQ(npu.queue.value(), Events{1});
}

TEST(Counters, SnapshotIsSortedByPathWhateverTheOrderOfRegistration) {
    NpuCounters second("npu1");
    NpuCounters first("npu0");
    second.bytes_read += 2_B;
    CounterRegistry registry;
    registry.add(second);
    registry.add(first);
    const Snapshot snapshot = registry.snapshot();
    ASSERT_EQ(snapshot.size(), 8U);
    EXPECT_EQ(snapshot.front(), (CounterValue{"npu0.bytes_read", "B", CounterKind::sum, 0}));
    EXPECT_EQ(snapshot[1], (CounterValue{"npu0.queue", "1", CounterKind::level, 0}));
    EXPECT_EQ(snapshot[2].kind, CounterKind::peak);
    EXPECT_EQ(snapshot[4], (CounterValue{"npu1.bytes_read", "B", CounterKind::sum, 2}));
}

TEST(Counters, SnapshotIsAValueOfItsMoment) {
    NpuCounters npu("npu0");
    CounterRegistry registry;
    registry.add(npu);
    const Snapshot before = registry.snapshot();
    npu.bytes_read += 9_B;
    EXPECT_EQ(counter_value(before, "npu0.bytes_read"), 0U);
    EXPECT_EQ(counter_value(registry.snapshot(), "npu0.bytes_read"), 9U);
}

TEST(Counters, DifferenceSubtractsSumsOnly) {
    NpuCounters npu("npu0");
    CounterRegistry registry;
    registry.add(npu);
    npu.bytes_read += 10_B;
    npu.scratch.observe(8_B);
    npu.queue.set(Events{5});
    const Snapshot before = registry.snapshot();
    npu.bytes_read += 4_B;
    npu.queue.set(Events{2});
    const Snapshot change = difference(registry.snapshot(), before);
    EXPECT_EQ(counter_value(change, "npu0.bytes_read"), 4U);
    EXPECT_EQ(counter_value(change, "npu0.scratch_peak"), 8U);
    EXPECT_EQ(counter_value(change, "npu0.queue"), 2U);
}

TEST(Counters, DifferenceOfOtherSimulationsIsRefused) {
    const Snapshot a{{"a.x", "B", CounterKind::sum, 1}};
    const Snapshot b{{"b.x", "B", CounterKind::sum, 1}};
    EXPECT_THROW((void)difference(a, b), ModelError);
    EXPECT_THROW((void)difference(a, {}), ModelError);
}

TEST(Counters, SumOfMatchesTheWholeLastComponent) {
    const Snapshot snapshot{{"a.b.bytes", "B", CounterKind::sum, 1},
                            {"a.bytes", "B", CounterKind::sum, 2},
                            {"a.more_bytes", "B", CounterKind::sum, 4},
                            {"bytes", "B", CounterKind::sum, 8}};
    EXPECT_EQ(sum_of(snapshot, "bytes"), 11U);  // 1 + 2 + 8
    EXPECT_EQ(sum_of(snapshot, "none"), 0U);
}

TEST(Counters, UnknownPathIsNamed) {
    EXPECT_NE(invariant_of([] { (void)counter_value({}, "npu9.bytes"); }).find("no counter 'npu9.bytes'"),
              std::string::npos);
}

TEST(Counters, NameTwiceInOneGroupIsRefused) {
    struct Twice : CounterGroup {
        Twice() : CounterGroup("npu0") {}
        EventCounter a{*this, "tiles", ""};
        EventCounter b{*this, "tiles", ""};
    };
    EXPECT_NE(invariant_of([] { const Twice twice; }).find("counter 'tiles' declared twice in npu0"),
              std::string::npos);
}

}  // namespace
}  // namespace handset
