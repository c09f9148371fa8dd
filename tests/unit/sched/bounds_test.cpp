// SPDX-License-Identifier: Apache-2.0
// No schedule beats a bound: bound <= optimal (by trying all) <= what each policy makes of the graph.
#include "sim/sched/bounds.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sched/catalogue.h"
#include "tests/support/optimal_schedule.h"
#include "tests/unit/sched/sched_views.h"

namespace handset {
namespace {

using handset::test::optimal_makespan;
using handset::test::policy_makespan;
using handset::testing::graph_of;
using handset::testing::op;

/// Within one step of 1/1024 of the weights.
void expect_about(Femtoseconds value, Femtoseconds wanted) {
    EXPECT_LE(value, wanted);
    EXPECT_GE(value + wanted / 100, wanted);
}

TEST(CriticalPath, TakesTheFastestDeviceOfEachOp) {
    // 0 -> 1 -> 3 and 0 -> 2 -> 3: 2 + 5 + 1, not 2 + 4 + 1
    const GraphView graph = graph_of(
        {op(0, "a", {2, 9, 9, 0}), op(1, "b", {20, 0, 5, 0}), op(2, "c", {4, 0, 0, 0}), op(3, "d", {0, 1, 0, 0})},
        {{OpId{1}, OpId{2}}, {OpId{3}}, {OpId{3}}, {}});
    EXPECT_EQ(critical_path(graph), 8_us);
}

TEST(CriticalPath, DoesNotCountCallsThatCanBeSaved) {
    GraphView graph = graph_of({op(0, "a", {10, 0, 12, 0})}, {{}});
    graph.ops[0].cost_continued = {10_us, std::nullopt, 7_us, std::nullopt};
    EXPECT_EQ(critical_path(graph), 7_us);
}

TEST(DeviceLoad, OpsThatOneDeviceCanRunAllGoThere) {
    const GraphView graph =
        graph_of({op(0, "a", {10, 0, 0, 0}), op(1, "b", {10, 0, 0, 0}), op(2, "c", {0, 0, 3, 0})}, {{}, {}, {}});
    expect_about(device_load_bound(graph), 20_us);
}

// Ten ops of 10 us on the CPU or 30 us on the NPU: with 7.5 of them on the CPU both take 75 us.
TEST(DeviceLoad, DividesEqualOpsByTheSpeedOfTheDevices) {
    std::vector<OpView> ops;
    for (std::uint32_t i = 0; i < 10; ++i) {
        ops.push_back(op(i, "a", {10, 0, 30, 0}));
    }
    expect_about(device_load_bound(graph_of(ops, std::vector<std::vector<OpId>>(10))), 75_us);
}

// Products only where they are fast: 4 x 10 us on the NPU; the rest 2 x 20 us on the CPU. Moving either way costs more.
TEST(DeviceLoad, LeavesOpsWhereTheyAreCheap) {
    std::vector<OpView> ops;
    for (std::uint32_t i = 0; i < 4; ++i) {
        ops.push_back(op(i, "matmul", {1000, 0, 10, 0}));
    }
    ops.push_back(op(4, "attention", {20, 0, 1000, 0}));
    ops.push_back(op(5, "attention", {20, 0, 1000, 0}));
    expect_about(device_load_bound(graph_of(ops, std::vector<std::vector<OpId>>(6))), 40_us);
}

TEST(Bounds, AreNotAboveTheOptimumNorAnyPolicyBelowIt) {
    std::mt19937 random(7);  // raw draws: distributions differ between libraries
    const auto below = [&random](std::uint32_t limit) { return static_cast<std::uint32_t>(random()) % limit; };
    for (int round = 0; round < 40; ++round) {
        const std::uint32_t count = 4 + below(4);
        std::vector<OpView> ops;
        std::vector<std::vector<OpId>> successors(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            ops.push_back(op(i, below(2) == 0 ? "matmul" : "add", {1 + below(50), 0, below(50), 0}));
            ops.back().phase = "prefill";
            for (std::uint32_t before = 0; before < i; ++before) {
                if (below(3) == 0) {
                    successors[before].push_back(OpId{i});
                }
            }
        }
        const GraphView graph = graph_of(std::move(ops), std::move(successors));
        const Femtoseconds optimum = optimal_makespan(graph);
        EXPECT_LE(makespan_bound(graph), optimum) << "round " << round;
        EXPECT_GT(makespan_bound(graph), Femtoseconds{});
        for (const PolicyEntry& policy : policy_catalogue()) {
            EXPECT_GE(policy_makespan(graph, *policy.make()), optimum) << policy.name << ", round " << round;
        }
    }
}

TEST(Optimum, LeavesADeviceIdleWhereThatIsBetter) {
    // Op 0 takes 100 us on the CPU, 10 us on the NPU, which op 1 (NPU only) holds for 5 us: best is 5 + 10.
    const GraphView graph = graph_of({op(0, "a", {100, 0, 10, 0}), op(1, "b", {0, 0, 5, 0})}, {{}, {}});
    EXPECT_EQ(optimal_makespan(graph), 15_us);
    EXPECT_LE(makespan_bound(graph), 15_us);
}

}  // namespace
}  // namespace handset
