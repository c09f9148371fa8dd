// SPDX-License-Identifier: Apache-2.0
// The policy of the third story in configs/STORIES.md.
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sched/policy.h"
#include "tests/unit/sched/sched_views.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_npu_then_gpu();

namespace {

using ::testing::ElementsAre;

using handset::testing::devices;
using handset::testing::kCpu;
using handset::testing::kGpu;
using handset::testing::kNpu;
using handset::testing::kUfs;
using handset::testing::op;

OpView op_of(std::string phase, OpView view) {
    view.phase = std::move(phase);
    return view;
}

TEST(StoryPolicy, PrefillRunsOnTheNpuAndDecodeOnTheGpuWhateverIsFaster) {
    const auto policy = make_npu_then_gpu();
    const SchedulerView view{
        0_ns,
        {op_of("prefill", op(0, "matmul", {1, 1, 9, 0})), op_of("decode", op(1, "matmul", {1, 9, 1, 0}))},
        devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kNpu}, Dispatch{OpId{1}, kGpu}));
    EXPECT_THAT(policy->candidates(view.ready[0], view.devices), ElementsAre(kNpu));
    EXPECT_THAT(policy->candidates(view.ready[1], view.devices), ElementsAre(kGpu)) << "no static graph for decode";
}

TEST(StoryPolicy, WhatTheFirstChoiceCannotRunGoesToTheCpuAndLoadsToStorage) {
    const auto policy = make_npu_then_gpu();
    const SchedulerView view{
        0_ns,
        {op_of("prefill", op(0, "embedding", {2, 2, 0, 0})), op_of("load", op(1, "load", {0, 0, 0, 5}))},
        devices()};
    EXPECT_THAT(policy->decide(view).dispatches, ElementsAre(Dispatch{OpId{0}, kCpu}, Dispatch{OpId{1}, kUfs}));
}

}  // namespace
}  // namespace handset
