// SPDX-License-Identifier: Apache-2.0
// A dispatcher between a policy with a fixed placement and devices that take a fixed time.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine/run_control.h"
#include "sim/runtime/dispatcher.h"
#include "tests/module/runtime/fixed_device.h"

namespace handset::testing {

inline constexpr Femtoseconds kEvaluation = 1_us;

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

class DispatcherTest : public ::testing::Test {
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
    /// An op that reads a weight of 8192 bytes; returns the weight.
    Tensor use_weight() {
        Tensor weight;
        weight.name = "w";
        weight.shape = {2, 1024};
        weight.tag = MemoryTag::weights;
        weight.persistent = true;
        OpNode op;
        op.name = "product";
        op.kernel = "plain";
        op.inputs = {graph_.whole(graph_.add_tensor(weight))};
        op.outputs = {graph_.whole(tensor("y"))};
        graph_.add_op(op);
        return weight;
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

}  // namespace handset::testing
