// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/subgraph_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sched/catalogue.h"
#include "tests/unit/sched/sched_views.h"

namespace handset {
namespace {

using handset::testing::devices;
using handset::testing::graph_of;
using handset::testing::kCpu;
using handset::testing::kGpu;
using handset::testing::kNpu;
using handset::testing::op;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An op of a prompt that takes that many microseconds wherever it runs.
OpView prompt_op(std::uint32_t id, const std::string& kernel, int chunk, std::uint32_t subgraph, std::uint64_t us) {
    OpView view = op(id, kernel, {us, us, us, 0});
    view.phase = "prefill";
    view.chunk = chunk;
    view.subgraph = subgraph;
    view.cost_continued = view.cost;
    return view;
}

std::vector<OpId> ids(std::initializer_list<std::uint32_t> values) {
    std::vector<OpId> out;
    for (const std::uint32_t value : values) {
        out.emplace_back(value);
    }
    return out;
}

/// Float sub-graphs 1 (op 0), 2 (op 1) and 3 (op 2), of which 1 lets nothing on the NPU start, 2 a product of 30 us and
/// 3 one of 10 us: ops 3 and 4.
GraphView three_floats() {
    return graph_of(
        {prompt_op(0, "rmsnorm", 0, 1, 5), prompt_op(1, "attention", 1, 2, 5), prompt_op(2, "attention", 1, 3, 5),
         prompt_op(3, "matmul", 1, 4, 30), prompt_op(4, "matmul", 1, 5, 10)},
        {{}, ids({3}), ids({4}), {}, {}});
}

SchedulerView view_of(const GraphView& graph, std::initializer_list<std::uint32_t> ready,
                      std::initializer_list<DeviceId> busy = {}) {
    SchedulerView view{0_ns, {}, devices()};
    for (const std::uint32_t id : ready) {
        view.ready.push_back(graph.ops[id]);
    }
    for (const DeviceId device : busy) {
        view.devices[device.value()].idle = false;
    }
    return view;
}

TEST(LlmNpu, TheFloatSubgraphThatLetsMostNpuWorkStartGoesFirst) {
    const GraphView graph = three_floats();
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0, 1, 2})).dispatches, ElementsAre(Dispatch{OpId{1}, kCpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {0, 2, 3})).dispatches,
                ElementsAre(Dispatch{OpId{2}, kCpu}, Dispatch{OpId{3}, kNpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {0, 4}, {kNpu})).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
}

// NPU sub-graph 2 makes a further product of 30 us ready, which counts against it; sub-graph 1 makes float work ready.
TEST(LlmNpu, OnTheNpuTheSubgraphThatFeedsTheOtherProcessorGoesFirst) {
    const GraphView graph = graph_of({prompt_op(0, "matmul", 0, 1, 5), prompt_op(1, "matmul", 1, 2, 5),
                                      prompt_op(2, "matmul", 0, 3, 30), prompt_op(3, "attention", 1, 4, 5)},
                                     {ids({2}), ids({3}), {}, {}});
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0, 1})).dispatches, ElementsAre(Dispatch{OpId{1}, kNpu}));
}

TEST(LlmNpu, TiesGoToTheEarlierChunk) {
    const GraphView graph = graph_of({prompt_op(0, "matmul", 2, 1, 5), prompt_op(1, "matmul", 1, 2, 5)}, {{}, {}});
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0, 1})).dispatches, ElementsAre(Dispatch{OpId{1}, kNpu}));
}

// A product that still waits for another sub-graph does not become ready: it counts for neither.
TEST(LlmNpu, WorkThatWaitsForSomethingElseDoesNotCount) {
    const GraphView graph =
        graph_of({prompt_op(0, "add", 0, 1, 5), prompt_op(1, "add", 0, 2, 5), prompt_op(2, "matmul", 0, 3, 50),
                  prompt_op(3, "add", 0, 4, 5), prompt_op(4, "matmul", 0, 5, 1)},
                 {ids({2}), ids({2}), {}, ids({4}), {}});
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0, 1, 3})).dispatches, ElementsAre(Dispatch{OpId{3}, kCpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {0, 1, 4}, {kNpu})).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {1, 4}, {kNpu})).dispatches, ElementsAre(Dispatch{OpId{1}, kCpu}))
        << "now op 1 is all that op 2 waits for";
}

TEST(LlmNpu, ASubgraphIsNotInterrupted) {
    const GraphView graph = graph_of(
        {prompt_op(0, "rmsnorm", 0, 1, 5), prompt_op(1, "quantise", 0, 1, 5), prompt_op(2, "attention", 1, 2, 5),
         prompt_op(3, "matmul", 0, 3, 9), prompt_op(4, "matmul", 1, 4, 90)},
        {ids({1}), ids({3}), ids({4}), {}, {}});
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0})).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
    const Decision next = policy->decide(view_of(graph, {1, 2}));
    EXPECT_THAT(next.dispatches, ElementsAre(Dispatch{OpId{1}, kCpu})) << "although op 2 would feed the NPU more";
    EXPECT_EQ(next.evaluations, 0U) << "nothing was to be decided";
}

// The vector op between two products runs with them.
TEST(LlmNpu, ProductsTakeTheirSubgraphToTheNpu) {
    const GraphView graph = graph_of({prompt_op(0, "matmul", 0, 1, 5), prompt_op(1, "gated", 0, 1, 5),
                                      prompt_op(2, "matmul", 0, 1, 5), prompt_op(3, "add", 0, 2, 5)},
                                     {ids({1}), ids({2}), ids({3}), {}});
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->candidates(graph.ops[1], graph.devices), ElementsAre(kNpu));
    EXPECT_THAT(policy->candidates(graph.ops[3], graph.devices), ElementsAre(kCpu));
}

TEST(LlmNpu, ASubgraphThatTheNpuCannotRunAsAWholeIsTakenApart) {
    GraphView graph =
        graph_of({prompt_op(0, "matmul", 0, 1, 5), prompt_op(1, "gated", 0, 1, 5), prompt_op(2, "matmul", 0, 1, 5)},
                 {ids({1}), ids({2}), {}});
    graph.ops[1].cost[kNpu.value()].reset();
    const auto policy = make_policy("llm_npu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0})).dispatches, ElementsAre(Dispatch{OpId{0}, kNpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {1})).dispatches, ElementsAre(Dispatch{OpId{1}, kCpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {2})).dispatches, ElementsAre(Dispatch{OpId{2}, kNpu}));
}

TEST(LlmNpu, DecodesOnTheFloatProcessor) {
    const GraphView graph = graph_of({op(0, "matmul", {9, 9, 1, 0}), op(1, "lm_head", {9, 9, 1, 0})}, {{}, {}});
    for (const auto& [name, device] : {std::pair("llm_npu", kCpu), std::pair("llm_npu_gpu", kGpu)}) {
        const auto policy = make_policy(name);
        policy->begin(graph);
        EXPECT_THAT(policy->decide(view_of(graph, {0, 1})).dispatches, ElementsAre(Dispatch{OpId{0}, device})) << name;
        EXPECT_THAT(policy->candidates(graph.ops[0], graph.devices), ElementsAre(device));
    }
}

TEST(LlmNpu, WhatTheGpuCannotRunGoesToTheCpu) {
    GraphView graph = graph_of({prompt_op(0, "embedding", 0, 0, 5)}, {{}});
    graph.ops[0].cost[kGpu.value()].reset();
    const auto policy = make_policy("llm_npu_gpu");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0})).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
}

TEST(LlmNpuInOrder, AChunkWaitsForTheEndOfTheOneBefore) {
    const GraphView graph =
        graph_of({prompt_op(0, "rmsnorm", 0, 1, 5), prompt_op(1, "matmul", 0, 2, 5), prompt_op(2, "rmsnorm", 1, 3, 5)},
                 {ids({1}), {}, {}});
    const auto policy = make_policy("llm_npu_in_order");
    policy->begin(graph);
    EXPECT_THAT(policy->decide(view_of(graph, {0, 2})).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}));
    EXPECT_THAT(policy->decide(view_of(graph, {1, 2})).dispatches, ElementsAre(Dispatch{OpId{1}, kNpu}))
        << "the CPU stays idle";
    EXPECT_THAT(policy->decide(view_of(graph, {2}, {kNpu})).dispatches, IsEmpty());
    EXPECT_THAT(policy->decide(view_of(graph, {2})).dispatches, ElementsAre(Dispatch{OpId{2}, kCpu}));
}

TEST(UnitGraph, TimeCountsOneCallOfASubgraph) {
    GraphView graph = graph_of({prompt_op(0, "matmul", 0, 7, 100), prompt_op(1, "matmul", 0, 7, 100)}, {{}, {}});
    for (OpView& view : graph.ops) {
        view.cost_continued[kNpu.value()] = 40_us;
    }
    const UnitGraph units(graph, [](const OpView&, bool matrix) { return matrix ? kNpu : kCpu; });
    ASSERT_EQ(units.units().size(), 1U);
    EXPECT_EQ(units.of(OpId{1}).time, 140_us);
    EXPECT_THAT(units.of(OpId{1}).ops, ElementsAre(OpId{0}, OpId{1}));
}

}  // namespace
}  // namespace handset
