// SPDX-License-Identifier: Apache-2.0
// Sub-graphs: one call starts all of their ops, none before all can run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/module/runtime/dispatcher_fixture.h"

namespace handset {
namespace {

using handset::testing::DispatcherTest;
using ::testing::ElementsAre;

// op0 (CPU) -> op1, op2 (NPU); op3 (NPU) comes from nowhere. Without sub-graphs all three are called.
TEST_F(DispatcherTest, OpsOfASubgraphAreStartedByOneCall) {
    chain(2);
    for (const char* name : {"op2", "op3"}) {
        OpNode op;
        op.name = name;
        op.kernel = "plain";
        op.inputs = {graph_.whole(op.name == "op2" ? TensorId{1} : tensor("y"))};
        op.outputs = {graph_.whole(tensor(op.name + ".out"))};
        graph_.add_op(op);
    }
    place({0, 1, 1, 1});
    run();
    EXPECT_THAT(npu_.continued, ElementsAre(false, false, false));
    npu_.continued.clear();
    for (const std::uint32_t id : {1U, 2U}) {
        graph_.op(OpId{id}).subgraph = 1;
    }
    done_ = false;
    run();
    EXPECT_THAT(npu_.continued, ElementsAre(false, false, true)) << "op3 runs first, then op1 and op2 by one call";
}

// op0 -> op1 -> op2, and op3 in the sub-graph of op2: the NPU could run op3 at once, but the call would wait inside.
TEST_F(DispatcherTest, NoOpOfASubgraphIsReadyBeforeAllOfItsInputsAre) {
    chain(3);
    OpNode op;
    op.name = "op3";
    op.kernel = "plain";
    op.inputs = {graph_.whole(tensor("y"))};
    op.outputs = {graph_.whole(tensor("z"))};
    graph_.add_op(op);
    graph_.op(OpId{2}).subgraph = 5;
    graph_.op(OpId{3}).subgraph = 5;
    place({0, 0, 1, 1});
    run();
    ASSERT_EQ(npu_.started.size(), 2U);
    EXPECT_EQ(npu_.started.front(), 29_us) << "after op0 and op1: three times 3 us of deciding, twice 10 us";
    EXPECT_THAT(npu_.continued, ElementsAre(false, true));
}

}  // namespace
}  // namespace handset
