// SPDX-License-Identifier: Apache-2.0
// The dispatcher between a policy and devices that take a fixed time for every program.
#include "sim/runtime/dispatcher.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/engine/run_control.h"
#include "sim/engine/timed_queue.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Femtoseconds kProgram = 10_us;
constexpr Femtoseconds kEvaluation = 1_us;

/// Output shaped like the input; runs everywhere but on storage.
class PlainKernel final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "plain"; }
    [[nodiscard]] std::string_view doc() const override { return "for tests"; }
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override { return {op.inputs.front().shape}; }
    [[nodiscard]] bool supports(const OpNode& /*op*/, const DeviceCaps& caps) const override {
        return caps.kind != DeviceKind::storage;
    }
    [[nodiscard]] TileProgram lower(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return {}; }
    void compute(const OpNode& /*op*/, const Tile& /*tile*/, std::span<std::byte> /*local*/) const override {}
};

/// Remembers what it was asked to do.
class FixedDevice final : public Device {
  public:
    FixedDevice(const std::string& name, DeviceKind kind)
        : due_((name + "_due").c_str(), [this](OpId op) {
              idle_ = true;
              completion_(op, {.energy = 5_pJ, .call = 1_us, .matrix = 2_us, .vector = 3_us, .transfer = 4_us});
          }) {
        caps_.name = name;
        caps_.kind = kind;
        caps_.local_bytes = 1_MiB;
    }
    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    [[nodiscard]] bool idle() const override { return idle_; }
    [[nodiscard]] Femtoseconds estimate(const TileProgram& /*program*/, bool /*continues*/) const override {
        return kProgram;
    }
    [[nodiscard]] Preparation preparation(const TileProgram& /*program*/, Bytes /*weight_bytes*/) const override {
        return {};
    }
    void prepare(OpId op, Femtoseconds time) override {
        idle_ = false;
        due_.schedule(simulated_now() + time, op);
    }
    void start(Launch launch) override {
        started.push_back(simulated_now());
        continued.push_back(launch.continues);
        resumed.push_back(launch.resumes);
        bases.push_back(launch.operand_base);
        touched.push_back(launch.first_touched);
        prepare(launch.op->id, kProgram);
    }
    void on_complete(Completion completion) override { completion_ = std::move(completion); }

    std::vector<Femtoseconds> started;
    std::vector<bool> continued;
    std::vector<bool> resumed;
    std::vector<std::vector<Address>> bases;
    std::vector<Bytes> touched;

  private:
    DeviceCaps caps_;
    bool idle_ = true;
    Completion completion_;
    TimedQueue<OpId> due_;
};

/// Places op i on device placement[i]; three evaluations per decision. An empty placement dispatches nothing.
class FixedPolicy final : public SchedulerPolicy {
  public:
    explicit FixedPolicy(std::vector<std::uint32_t> placement) : placement_(std::move(placement)) {}
    Decision decide(const SchedulerView& view) override {
        Decision decision;
        decision.evaluations = 3;
        for (const OpView& op : view.ready) {
            if (placement_.empty()) {
                continue;
            }
            const DeviceId device{placement_.at(op.id.value())};
            const bool taken = std::any_of(decision.dispatches.begin(), decision.dispatches.end(),
                                           [&](const Dispatch& d) { return d.device == device; });
            if (view.devices[device.value()].idle && !taken) {
                decision.dispatches.push_back({op.id, device});
            }
        }
        return decision;
    }
    [[nodiscard]] std::vector<DeviceId> candidates(const OpView& op,
                                                   std::span<const DeviceView> /*devices*/) const override {
        return {DeviceId{placement_.at(op.id.value())}};
    }

  private:
    std::vector<std::uint32_t> placement_;
};

class DispatcherTest : public testing::Test {
  protected:
    /// x0 -> op0 -> x1 -> op1 -> x2 ...: tensors of 4096 bytes, one page each.
    void chain(std::size_t ops) {
        TensorId last = tensor("x0");
        for (std::size_t i = 0; i < ops; ++i) {
            const TensorId next = tensor("x" + std::to_string(i + 1));
            OpNode op;
            op.name = "op" + std::to_string(i);
            op.kernel = "plain";
            op.inputs = {graph_.whole(last)};
            op.outputs = {graph_.whole(next)};
            graph_.add_op(op);
            last = next;
        }
    }
    TensorId tensor(const std::string& name) {
        Tensor t;
        t.name = name;
        t.shape = {1, 1024};
        return graph_.add_tensor(t);
    }
    void place(std::vector<std::uint32_t> placement) {
        policy_ = std::make_unique<FixedPolicy>(std::move(placement));
        dispatcher_ = std::make_unique<Dispatcher>(
            "scheduler", std::vector<Device*>{&cpu_, &npu_, &disk_}, *policy_,
            [this](std::string_view) -> const Kernel& { return kernel_; }, arena_,
            HostCost{kEvaluation, Microwatts{1'000'000}}, counters_);
    }
    Femtoseconds run() {
        dispatcher_->run(graph_, "decode", 0, [this] {
            done_ = true;
            pause_run();
        });
        return run_until_done(
            {.done = [this] { return done_; }, .dump = [this] { return dispatcher_->state_text(); }, .progress = {}});
    }
    std::uint64_t counter(const std::string& name) { return counter_value(counters_.snapshot(), name); }

    PlainKernel kernel_;
    CounterRegistry counters_;
    TensorArena arena_{1_MiB, counters_};
    FixedDevice cpu_{"cpu0", DeviceKind::cpu};
    FixedDevice npu_{"npu0", DeviceKind::npu};
    FixedDevice disk_{"disk", DeviceKind::storage};
    OpGraph graph_;
    std::unique_ptr<FixedPolicy> policy_;
    std::unique_ptr<Dispatcher> dispatcher_;
    bool done_ = false;
};

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
    EXPECT_EQ(npu_.started.front(), 39_us) << "after op0 and op1: three times 3 us of deciding, twice 10 us";
    EXPECT_THAT(npu_.continued, ElementsAre(false, true));
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
