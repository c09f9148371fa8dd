// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/sched/catalogue.h"
#include "tests/unit/sched/sched_views.h"

namespace handset {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using handset::testing::devices;
using handset::testing::graph_of;
using handset::testing::kCpu;
using handset::testing::kGpu;
using handset::testing::kNpu;
using handset::testing::kUfs;
using handset::testing::op;

TEST(Affinity, CpuOnlyPutsLoadsOnStorageAndTheRestOnTheCpu) {
    const auto policy = make_policy("cpu_only");
    const SchedulerView view{0_ns, {op(0, "matmul", {9, 1, 1, 0}), op(1, "load", {0, 0, 0, 5})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}, Dispatch{OpId{1}, kUfs}));
}

TEST(Affinity, NpuCpuSplitsByOperator) {
    const auto policy = make_policy("npu_cpu");
    const SchedulerView view{0_ns, {op(0, "rmsnorm", {1, 1, 1, 0}), op(1, "matmul", {9, 1, 1, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}, Dispatch{OpId{1}, kNpu}));
}

TEST(Affinity, NpuCpuFallsBackToTheCpuForFormatsTheNpuLacks) {
    const auto policy = make_policy("npu_cpu");
    const SchedulerView view{0_ns, {op(1, "matmul", {9, 1, 0, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{1}, kCpu}));
}

TEST(Affinity, NpuOnlyLeavesTheCpuWhatTheNpuCannotRun) {
    const auto policy = make_policy("npu_only");
    const SchedulerView view{0_ns, {op(0, "rmsnorm", {1, 1, 1, 0}), op(1, "sample", {1, 1, 0, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kNpu}, Dispatch{OpId{1}, kCpu}));
}

TEST(Affinity, AttentionGoesToTheGpuWhenAllThreeAreUsed) {
    const auto policy = make_policy("npu_gpu_cpu");
    const SchedulerView view{0_ns, {op(0, "attention", {1, 1, 1, 0}), op(1, "matmul", {1, 1, 1, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kGpu}, Dispatch{OpId{1}, kNpu}));
}

TEST(Affinity, ABusyHomeMeansWaiting) {
    const auto policy = make_policy("gpu_only");
    SchedulerView view{0_ns, {op(0, "matmul", {1, 5, 1, 0})}, devices()};
    view.devices[kGpu.value()].idle = false;
    EXPECT_THAT(policy->decide(view).dispatches, IsEmpty());
    EXPECT_THAT(policy->candidates(view.ready[0], view.devices), ElementsAre(kGpu));
}

TEST(Affinity, OnlyOneOpPerDeviceAndDecision) {
    const auto policy = make_policy("cpu_only");
    const SchedulerView view{0_ns, {op(0, "add", {1, 0, 0, 0}), op(1, "add", {1, 0, 0, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
}

TEST(Heft, LongestTailGoesFirst) {
    // 0 -> 2 (long), 1 alone: rank 0 = 2 + 50, rank 1 = 2.
    const auto policy = make_policy("heft");
    const std::vector<OpView> ops{op(0, "a", {2, 0, 0, 0}), op(1, "b", {2, 0, 0, 0}), op(2, "c", {50, 0, 0, 0})};
    policy->begin(graph_of(ops, {{OpId{2}}, {}, {}}));
    EXPECT_THAT(policy->decide({0_ns, {ops[1], ops[0]}, devices()}).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
}

TEST(Heft, WaitsForABusyFastDeviceWhenThatFinishesEarlier) {
    const auto policy = make_policy("heft");
    const std::vector<OpView> ops{op(0, "a", {100, 0, 10, 0})};
    policy->begin(graph_of(ops, {{}}));
    SchedulerView view{0_ns, ops, devices()};
    view.devices[kNpu.value()].idle = false;
    view.devices[kNpu.value()].expected_free = 89_us;  // 89 + 10 < 100: wait
    EXPECT_THAT(policy->decide(view).dispatches, IsEmpty());
    view.devices[kNpu.value()].expected_free = 91_us;  // 91 + 10 > 100: take the CPU now
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
}

TEST(Heft, SpreadsIndependentOpsOverDevices) {
    const auto policy = make_policy("heft");
    const std::vector<OpView> ops{op(0, "a", {10, 12, 0, 0}), op(1, "b", {10, 12, 0, 0})};
    policy->begin(graph_of(ops, {{}, {}}));
    const Decision decision = policy->decide({0_ns, ops, devices()});
    EXPECT_THAT(decision.dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}, Dispatch{OpId{1}, kGpu}));
    EXPECT_EQ(decision.evaluations, 4U) << "2 ops x the 2 devices that can run them";
}

TEST(PolicyCatalogue, UnknownNameListsTheKnownOnes) {
    try {
        make_policy("hefd");
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("did you mean 'heft'? (known: cpu_only, gpu_only"));
    }
}

}  // namespace
}  // namespace handset
