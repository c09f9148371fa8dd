// SPDX-License-Identifier: Apache-2.0
// A scheduling policy is a function of value views plus its own state: it never sees the simulator, so it can be tested
// in twenty lines and cannot look into the future.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"
#include "sim/ir/device_caps.h"

namespace handset {

struct DeviceView {
    DeviceId id;
    std::string name;
    DeviceKind kind = DeviceKind::cpu;
    bool idle = true;
    Femtoseconds expected_free;  ///< now when idle, else when the running op is expected to end
};

struct OpView {
    OpId id;
    std::string kernel;
    std::string phase;  ///< "load", "prefill" or "decode"
    int layer = -1;
    /// Expected time on each device (index = DeviceId), asked of the devices; none: it cannot run there.
    std::vector<std::optional<Femtoseconds>> cost;
    /// The least it can take: its static graph is built, and the call that started the op before starts this one, too.
    std::vector<std::optional<Femtoseconds>> cost_continued{};
    std::string name{};
    int chunk = 0;               ///< of the prompt
    std::uint32_t subgraph = 0;  ///< ops that one call starts; none is ready before all can follow one another. 0: none
};

/// What may be decided now: ready ops in id order, all devices.
struct SchedulerView {
    Femtoseconds now;
    std::vector<OpView> ready;
    std::vector<DeviceView> devices;
};

/// A whole graph before it starts, for policies that plan ahead: successors[i] belongs to ops[i].
struct GraphView {
    std::vector<OpView> ops;
    std::vector<std::vector<OpId>> successors;
    std::vector<DeviceView> devices;
};

struct Dispatch {
    OpId op;
    DeviceId device;

    friend bool operator==(const Dispatch&, const Dispatch&) = default;
};

struct Decision {
    std::vector<Dispatch> dispatches;  ///< at most one per idle device; the device must be able to run the op
    std::uint64_t evaluations = 0;     ///< (op, device) pairs looked at: the host CPU is charged for them
};

class SchedulerPolicy {
  public:
    virtual ~SchedulerPolicy() = default;
    /// A new graph is about to run, or its static graphs are about to be built: the next questions are about its ops.
    virtual void begin(const GraphView& /*graph*/) {}
    virtual Decision decide(const SchedulerView& view) = 0;
    /// The devices on which this policy may ever place the op: static graphs are prepared for these.
    [[nodiscard]] virtual std::vector<DeviceId> candidates(const OpView& op,
                                                           std::span<const DeviceView> devices) const = 0;
};

}  // namespace handset
