// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/affinity.h"

namespace handset {

std::optional<DeviceId> preferred_device(std::span<const DeviceKind> kinds, const OpView& op,
                                         std::span<const DeviceView> devices) {
    for (const DeviceKind kind : kinds) {
        for (const DeviceView& device : devices) {
            if (device.kind == kind && op.cost[device.id.value()].has_value()) {
                return device.id;
            }
        }
    }
    for (const DeviceView& device : devices) {
        if (op.cost[device.id.value()].has_value()) {
            return device.id;
        }
    }
    return std::nullopt;
}

std::optional<DeviceId> AffinityPolicy::home(const OpView& op, std::span<const DeviceView> devices) const {
    return preferred_device(preference_(op), op, devices);
}

Decision AffinityPolicy::decide(const SchedulerView& view) {
    Decision decision;
    std::vector<bool> taken(view.devices.size());
    for (const OpView& op : view.ready) {
        ++decision.evaluations;
        const std::optional<DeviceId> device = home(op, view.devices);
        if (device.has_value() && view.devices[device->value()].idle && !taken[device->value()]) {
            taken[device->value()] = true;
            decision.dispatches.push_back({op.id, *device});
        }
    }
    return decision;
}

std::vector<DeviceId> AffinityPolicy::candidates(const OpView& op, std::span<const DeviceView> devices) const {
    const std::optional<DeviceId> device = home(op, devices);
    return device.has_value() ? std::vector<DeviceId>{*device} : std::vector<DeviceId>{};
}

}  // namespace handset
