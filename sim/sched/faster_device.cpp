// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/faster_device.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/sched/affinity.h"

namespace handset {

namespace {

// The first of equals: the GPU needs no static graph.
constexpr std::array kKinds{DeviceKind::gpu, DeviceKind::npu};

using Cost = std::optional<Femtoseconds>;

bool takes_part(const DeviceView& device) {
    return std::find(kKinds.begin(), kKinds.end(), device.kind) != kKinds.end();
}

/// The device of least cost (index = DeviceId) among those that take part.
std::optional<DeviceId> fastest(const std::vector<Cost>& cost, std::span<const DeviceView> devices) {
    std::optional<DeviceId> best;
    for (const DeviceKind kind : kKinds) {
        for (const DeviceView& device : devices) {
            const std::uint32_t index = device.id.value();
            const bool runs = device.kind == kind && cost[index].has_value();
            if (runs && (!best.has_value() || *cost[index] < *cost[best->value()])) {
                best = device.id;
            }
        }
    }
    return best;
}

std::optional<DeviceKind> named_kind(std::string_view name) {
    if (name.ends_with(".npu")) {
        return DeviceKind::npu;
    }
    return name.ends_with(".gpu") ? std::optional(DeviceKind::gpu) : std::nullopt;
}

}  // namespace

/// A sub-graph takes one call, which counts as little beside its ops: the sums are of continued times.
void FasterDevicePolicy::begin(const GraphView& graph) {
    subgraphs_.clear();
    std::map<std::uint32_t, std::vector<Cost>> sums;
    for (const OpView& op : graph.ops) {
        if (op.subgraph == 0) {
            continue;
        }
        std::vector<Cost>& sum = sums.try_emplace(op.subgraph, graph.devices.size(), Femtoseconds{}).first->second;
        for (std::size_t i = 0; i < sum.size(); ++i) {
            const Cost& cost = op.cost_continued[i];
            sum[i] = sum[i].has_value() && cost.has_value() ? Cost(*sum[i] + *cost) : std::nullopt;
        }
    }
    for (const auto& [subgraph, sum] : sums) {
        if (const std::optional<DeviceId> device = fastest(sum, graph.devices); device.has_value()) {
            subgraphs_.emplace(subgraph, *device);
        }
    }
}

/// Of a part that is named after a device, and of ops of a sub-graph that has a device.
std::optional<DeviceId> FasterDevicePolicy::fixed_home(const OpView& op, std::span<const DeviceView> devices) const {
    const std::optional<DeviceKind> kind = parts_ == SplitParts::as_named ? named_kind(op.name) : std::nullopt;
    for (const DeviceView& device : devices) {
        if (device.kind == kind && op.cost[device.id.value()].has_value()) {
            return device.id;
        }
    }
    const auto subgraph = subgraphs_.find(op.subgraph);
    return subgraph == subgraphs_.end() ? std::nullopt : std::optional(subgraph->second);
}

std::optional<DeviceId> FasterDevicePolicy::home(const OpView& op, std::span<const DeviceView> devices) const {
    if (const std::optional<DeviceId> fixed = fixed_home(op, devices); fixed.has_value()) {
        return fixed;
    }
    const std::optional<DeviceId> device = fastest(op.cost, devices);
    return device.has_value() ? device : preferred_device(std::array{DeviceKind::cpu}, op, devices);
}

Decision FasterDevicePolicy::decide(const SchedulerView& view) {
    Decision decision;
    std::vector<bool> taken(view.devices.size());
    for (const OpView& op : view.ready) {
        decision.evaluations += fixed_home(op, view.devices).has_value() ? 1 : kKinds.size();
        const std::optional<DeviceId> device = home(op, view.devices);
        if (device.has_value() && view.devices[device->value()].idle && !taken[device->value()]) {
            taken[device->value()] = true;
            decision.dispatches.push_back({op.id, *device});
        }
    }
    return decision;
}

std::vector<DeviceId> FasterDevicePolicy::candidates(const OpView& op, std::span<const DeviceView> devices) const {
    std::vector<DeviceId> out;
    if (const std::optional<DeviceId> fixed = fixed_home(op, devices); fixed.has_value()) {
        return {*fixed};
    }
    const auto runs = [&](const DeviceView& d) { return takes_part(d) && op.cost[d.id.value()].has_value(); };
    for (const DeviceView& device : devices) {
        const bool may_win = runs(device) && std::all_of(devices.begin(), devices.end(), [&](const DeviceView& other) {
                                 return other.id == device.id || !runs(other) ||
                                        op.cost_continued[device.id.value()] < op.cost[other.id.value()];
                             });
        if (may_win) {
            out.push_back(device.id);
        }
    }
    if (out.empty()) {
        if (const std::optional<DeviceId> device = home(op, devices); device.has_value()) {
            out.push_back(*device);
        }
    }
    return out;
}

}  // namespace handset
