// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

OpView named(OpView view, std::string name) {
    view.name = std::move(name);
    return view;
}

/// An op whose call takes `call_us` wherever it starts one.
OpView called(OpView view, std::uint64_t call_us) {
    view.cost_continued = view.cost;
    for (auto& cost : view.cost) {
        cost = cost.has_value() ? std::optional(*cost + call_us * 1_us) : std::nullopt;
    }
    return view;
}

OpView in_subgraph(OpView view, std::uint32_t subgraph) {
    view.subgraph = subgraph;
    return view;
}

TEST(HeteroLayer, EachOpGoesToTheFasterOfGpuAndNpu) {
    const auto policy = make_policy("hetero_layer");
    // The CPU would be fastest for both, but has only what the two cannot run.
    const SchedulerView view{0_ns, {op(0, "matmul", {1, 9, 4, 0}), op(1, "rmsnorm", {1, 2, 3, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kNpu}, Dispatch{OpId{1}, kGpu}));
}

TEST(HeteroLayer, WhatNeitherCanRunGoesToTheCpuAndLoadsToStorage) {
    const auto policy = make_policy("hetero_layer");
    const SchedulerView view{0_ns, {op(0, "sample", {5, 0, 0, 0}), op(1, "load", {0, 0, 0, 5})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}, Dispatch{OpId{1}, kUfs}));
}

TEST(HeteroLayer, OpsWaitForTheirDeviceWhileTheOtherIsIdle) {
    const auto policy = make_policy("hetero_layer");
    SchedulerView view{0_ns, {op(0, "matmul", {0, 9, 4, 0}), op(1, "matmul", {0, 9, 4, 0})}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kNpu}));
    view.devices[kNpu.value()].idle = false;
    EXPECT_THAT(policy->decide(view).dispatches, IsEmpty());
}

TEST(HeteroLayer, GraphsAreBuiltOnlyForOpsThatTheNpuMayWin) {
    const auto policy = make_policy("hetero_layer");
    // With a call of 3 us: the NPU's least 4 us beat the GPU's 2 + 3 us where the NPU goes on and the GPU starts anew,
    // and the other way round; its least 6 us never do.
    EXPECT_THAT(policy->candidates(called(op(0, "matmul", {0, 2, 4, 0}), 3), devices()), ElementsAre(kGpu, kNpu));
    EXPECT_THAT(policy->candidates(called(op(0, "matmul", {0, 2, 6, 0}), 3), devices()), ElementsAre(kGpu));
    EXPECT_THAT(policy->candidates(called(op(0, "sample", {1, 0, 0, 0}), 3), devices()), ElementsAre(kCpu));
}

TEST(HeteroLayer, ASubgraphStaysTogetherWhereItsSumIsLeast) {
    const auto policy = make_policy("hetero_layer");
    // 10 + 3 us on the GPU, 4 + 5 us on the NPU: the second op alone would be faster on the GPU.
    const std::vector<OpView> ops{in_subgraph(called(op(0, "matmul", {0, 10, 4, 0}), 1), 7),
                                  in_subgraph(called(op(1, "silu", {0, 3, 5, 0}), 1), 7)};
    policy->begin(graph_of(ops, {{OpId{1}}, {}}));
    EXPECT_THAT(policy->decide({0_ns, {ops[1]}, devices()}).dispatches, ElementsAre(Dispatch{OpId{1}, kNpu}));
    EXPECT_THAT(policy->candidates(ops[1], devices()), ElementsAre(kNpu));
}

TEST(HeteroTensor, PartsRunOnTheDevicesTheyAreNamedAfter) {
    const auto policy = make_policy("hetero_tensor");
    const SchedulerView view{0_ns,
                             {named(op(0, "matmul", {0, 1, 4, 0}), "blk.0.attn_q.npu"),
                              named(op(1, "matmul", {0, 9, 4, 0}), "blk.0.attn_q.gpu")},
                             devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kNpu}, Dispatch{OpId{1}, kGpu}));
    EXPECT_THAT(policy->candidates(view.ready[0], view.devices), ElementsAre(kNpu));
    // hetero_layer looks at the times alone.
    EXPECT_THAT(make_policy("hetero_layer")->decide(view).dispatches,
                ElementsAre(Dispatch{OpId{0}, kGpu}, Dispatch{OpId{1}, kNpu}));
}

TEST(HeteroTensor, PlacesAPartElsewhereThatItsDeviceCannotRun) {
    const auto policy = make_policy("hetero_tensor");
    const SchedulerView view{0_ns, {named(op(0, "lm_head", {1, 5, 0, 0}), "logits.npu")}, devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kGpu}));
}

}  // namespace
}  // namespace handset
