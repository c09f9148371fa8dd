// SPDX-License-Identifier: Apache-2.0
// The dispatcher between a policy and devices that take a fixed time for every program.
#include "sim/runtime/dispatcher.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/module/runtime/dispatcher_fixture.h"

namespace handset {
namespace {

using handset::testing::DispatcherTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two decisions of 3 evaluations at 1 us, two programs of 10 us; 6 us at 1 W are 6 uJ.
TEST_F(DispatcherTest, ThePolicysThinkingDelaysEveryOpAndCostsEnergy) {
    chain(2);
    place({0, 0});
    EXPECT_EQ(run(), 26_us);
    EXPECT_THAT(cpu_.started, ElementsAre(3_us, 16_us));
    EXPECT_EQ(counter("scheduler.decisions"), 2U);
    EXPECT_EQ(counter("scheduler.evaluations"), 6U);
    EXPECT_EQ(counter("scheduler.decision_time"), (6_us).count());
    EXPECT_EQ(counter("scheduler.energy_decision"), 6'000'000'000U);
}

TEST_F(DispatcherTest, AnOpContinuesWhenAllItsPredecessorsRanOnItsDevice) {
    chain(4);
    place({0, 0, 1, 0});
    run();
    EXPECT_THAT(cpu_.continued, ElementsAre(false, true, false));
    EXPECT_THAT(npu_.continued, ElementsAre(false));
}

TEST_F(DispatcherTest, AnOpResumesWhenAnEarlierOneOfItsGraphRanOnItsDevice) {
    chain(4);
    place({0, 1, 0, 1});
    run();
    EXPECT_THAT(cpu_.resumed, ElementsAre(false, true));
    EXPECT_THAT(npu_.resumed, ElementsAre(false, true));
}

// 3 us of deciding, 3 us of the fault, 10 us of storage: the CPU is idle until 16 us, but taken. It ends at 26 us, and
// the other op starts after the next decision.
TEST_F(DispatcherTest, ADeviceWhoseOpWaitsForPagesTakesNoOther) {
    Tensor weight;
    weight.name = "w";
    weight.shape = {1, 1024};
    weight.tag = MemoryTag::weights;
    weight.persistent = true;
    const TensorId mapped = graph_.add_tensor(weight);
    for (const auto& [name, input] : {std::pair("mapped", mapped), std::pair("other", tensor("x"))}) {
        OpNode op;
        op.name = name;
        op.kernel = "plain";
        op.inputs = {graph_.whole(input)};
        op.outputs = {graph_.whole(tensor(op.name + ".out"))};
        graph_.add_op(op);
    }
    place({0, 0});
    PageCacheConfig config;
    config.capacity = 64_KiB;
    config.read_ahead = ReadAhead::none;
    config.major_fault_time = 3_us;
    Pager pager(config, 8_KiB, disk_, kernel_, arena_, 1000_mW, counters_);
    pager.map("w", 4096);
    dispatcher_->use_pager(pager);
    run();
    EXPECT_THAT(cpu_.started, ElementsAre(16_us, 29_us));
    EXPECT_THAT(disk_.started, ElementsAre(6_us));
    EXPECT_EQ(cpu_.bases[0][0], (Address{1} << 48) + 4096) << "devices see the file's address";
    ASSERT_EQ(dispatcher_->records().size(), 3U);
    const OpRecord& paging = dispatcher_->records()[1];
    EXPECT_EQ(paging.name, "page_in.mapped");
    EXPECT_EQ(paging.phase, "decode");
    EXPECT_EQ(paging.start, 3_us);
    EXPECT_EQ(paging.end, 16_us);
    EXPECT_EQ(dispatcher_->records()[0].start, 16_us);
}

// At any time an op holds its input and its output; the input goes with its last use.
TEST_F(DispatcherTest, TensorsAreReleasedAfterTheirLastUse) {
    chain(5);
    place({0, 0, 0, 0, 0});
    run();
    EXPECT_EQ(counter("memory.peak_total"), 2U * 4096);
    EXPECT_EQ(counter("memory.allocations"), 6U);
    EXPECT_EQ(arena_.in_use(), 0_B);
}

// x0 and x1 take new pages, but op0 writes only x1. From then on outputs take the page of the input before.
TEST_F(DispatcherTest, OnlyOutputsInNewMemoryAreTouchedFirst) {
    chain(5);
    place({0, 0, 0, 0, 0});
    run();
    EXPECT_THAT(cpu_.touched, ElementsAre(4_KiB, 0_B, 0_B, 0_B, 0_B));
    done_ = false;
    run();
    EXPECT_THAT(cpu_.touched, ElementsAre(4_KiB, 0_B, 0_B, 0_B, 0_B, 0_B, 0_B, 0_B, 0_B, 0_B)) << "a second step";
}

TEST_F(DispatcherTest, WhatPersistsWasClearedBefore) {
    Tensor cache;
    cache.name = "kv";
    cache.shape = {64, 1024};
    cache.tag = MemoryTag::kv;
    cache.persistent = true;
    OpNode op;
    op.name = "append";
    op.kernel = "plain";
    op.inputs = {graph_.whole(tensor("row"))};
    op.outputs = {graph_.whole(graph_.add_tensor(cache))};
    graph_.add_op(op);
    place({0});
    run();
    EXPECT_THAT(cpu_.touched, ElementsAre(0_B));
}

TEST_F(DispatcherTest, AWeightThatWasPlacedNeedsNoLoad) {
    const Tensor weight = use_weight();
    place({0});
    const Address address = dispatcher_->make_resident(weight);
    run();
    EXPECT_EQ(cpu_.bases.at(0).at(0), address);
    EXPECT_EQ(arena_.in_use(), weight.bytes()) << "it outlives the graph, activations do not";
    EXPECT_THROW((void)dispatcher_->make_resident(weight), ModelError) << "placed twice";
}

TEST_F(DispatcherTest, WhatWasForgottenFreesItsMemoryAndIsMissed) {
    const Tensor weight = use_weight();
    place({0});
    const Address address = dispatcher_->make_resident(weight);
    run();
    dispatcher_->forget();
    EXPECT_EQ(arena_.in_use(), 0_B);
    EXPECT_THROW(run(), ModelError) << "never loaded";
    EXPECT_EQ(dispatcher_->make_resident(weight), address) << "the same place is free again";
}

TEST_F(DispatcherTest, NothingIsForgottenWhileAGraphRuns) {
    chain(1);
    place({0});
    bool refused = false;
    dispatcher_->on_op_finished([&](const OpRecord&) {
        try {
            dispatcher_->forget();
        } catch (const ModelError&) {
            refused = true;
        }
    });
    run();
    EXPECT_TRUE(refused);
}

TEST_F(DispatcherTest, AReaderSeesWhatTheWriterWrote) {
    chain(3);
    place({0, 1, 0});
    run();
    EXPECT_EQ(cpu_.bases[0][1], npu_.bases[0][0]);
    EXPECT_EQ(npu_.bases[0][1], cpu_.bases[1][0]);
}

TEST_F(DispatcherTest, RecordsSayWhenAnOpWasReadyStartedAndEnded) {
    chain(2);
    place({0, 1});
    run();
    ASSERT_EQ(dispatcher_->records().size(), 2U);
    const OpRecord& second = dispatcher_->records()[1];
    EXPECT_EQ(second.name, "op1");
    EXPECT_EQ(second.device, "npu0");
    EXPECT_EQ(second.ready, 13_us);
    EXPECT_EQ(second.start, 16_us);
    EXPECT_EQ(second.end, 26_us);
    EXPECT_EQ(second.energy, 5_pJ);
}

TEST_F(DispatcherTest, AnOpThatNoDeviceCanRunIsWrongInput) {
    chain(1);
    place({0});
    Dispatcher only_disk(
        "other", {&disk_}, *policy_, [this](std::string_view) -> const Kernel& { return kernel_; }, arena_, {},
        counters_);
    try {
        only_disk.run(graph_, "decode", 0, [] {});
        FAIL() << "the op was accepted";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("no device of this phone can run 'op0'"));
    }
}

TEST_F(DispatcherTest, APolicyThatNeverDispatchesIsReportedWithTheReadyOps) {
    chain(2);
    place({});
    try {
        run();
        FAIL() << "the run ended";
    } catch (const ModelError& error) {
        EXPECT_THAT(error.what(), HasSubstr("with work left"));
        EXPECT_THAT(error.what(), HasSubstr("decode step 0, 0 of 2 ops done; ready: op0"));
        EXPECT_THAT(error.what(), HasSubstr("cpu0: idle"));
    }
}

}  // namespace
}  // namespace handset
