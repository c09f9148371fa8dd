// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/pinned.h"

namespace handset {

Decision PinnedPolicy::decide(const SchedulerView& view) {
    Decision decision;
    for (const DeviceView& device : view.devices) {
        if (device.name == device_ && device.idle && !view.ready.empty()) {
            decision.dispatches.push_back({view.ready.front().id, device.id});
        }
    }
    return decision;
}

std::vector<DeviceId> PinnedPolicy::candidates(const OpView& op, std::span<const DeviceView> devices) const {
    for (const DeviceView& device : devices) {
        if (device.name == device_ && op.cost[device.id.value()].has_value()) {
            return {device.id};
        }
    }
    return {};
}

}  // namespace handset
