// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/subgraph_policy.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sim/sched/affinity.h"

namespace handset {

SubgraphPolicy::SubgraphPolicy(DeviceKind float_processor, Rule rule)
    : float_processor_(float_processor), rule_(std::move(rule)) {}

std::optional<DeviceId> SubgraphPolicy::home(const OpView& op, bool matrix, std::span<const DeviceView> devices) const {
    std::vector<DeviceKind> kinds{float_processor_, DeviceKind::cpu};
    if (matrix && op.phase != "decode") {
        kinds.insert(kinds.begin(), DeviceKind::npu);
    }
    return preferred_device(kinds, op, devices);
}

void SubgraphPolicy::begin(const GraphView& graph) {
    units_ = UnitGraph(graph, [&](const OpView& op, bool matrix) { return home(op, matrix, graph.devices); });
    processors_.assign(graph.devices.size(), {});
}

std::vector<DeviceId> SubgraphPolicy::candidates(const OpView& op, std::span<const DeviceView> /*devices*/) const {
    return {units_.of(op.id).device};
}

/// A processor that is idle after the last op of its unit has finished it.
void SubgraphPolicy::finish_units(const SchedulerView& view) {
    for (const DeviceView& device : view.devices) {
        Processor& processor = processors_[device.id.value()];
        if (device.idle && processor.unit.has_value() &&
            processor.dispatched == units_.units()[*processor.unit].ops.size()) {
            units_.finish(*processor.unit);
            processor = {};
        }
    }
}

std::optional<OpId> SubgraphPolicy::next_op(const SchedulerView& view, DeviceId device, std::uint64_t& evaluations) {
    Processor& processor = processors_[device.value()];
    if (!processor.unit.has_value()) {
        std::vector<std::size_t> ready;
        for (const OpView& op : view.ready) {
            if (units_.of(op.id).device == device) {
                ready.push_back(units_.unit_of(op.id));
            }
        }
        std::sort(ready.begin(), ready.end());
        ready.erase(std::unique(ready.begin(), ready.end()), ready.end());
        evaluations += ready.size();
        processor.unit = ready.empty() ? std::nullopt : rule_(units_, ready, view.devices);
    }
    const auto next = std::find_if(view.ready.begin(), view.ready.end(),
                                   [&](const OpView& op) { return units_.unit_of(op.id) == processor.unit; });
    if (next == view.ready.end()) {
        return std::nullopt;
    }
    ++processor.dispatched;
    return next->id;
}

Decision SubgraphPolicy::decide(const SchedulerView& view) {
    finish_units(view);
    Decision decision;
    for (const DeviceView& device : view.devices) {
        if (device.idle) {
            if (const std::optional<OpId> op = next_op(view, device.id, decision.evaluations); op.has_value()) {
                decision.dispatches.push_back({*op, device.id});
            }
        }
    }
    return decision;
}

std::optional<std::size_t> most_npu_work(const UnitGraph& graph, const std::vector<std::size_t>& ready,
                                         std::span<const DeviceView> devices) {
    const auto on_npu = [&](const SchedUnit& unit) { return devices[unit.device.value()].kind == DeviceKind::npu; };
    const auto gain = [&](std::size_t index) {
        const SchedUnit& unit = graph.units()[index];
        std::int64_t work = 0;
        for (const std::size_t next : unit.after) {
            const SchedUnit& waiting = graph.units()[next];
            if (on_npu(waiting) && waiting.waiting_for == 1) {
                work += static_cast<std::int64_t>(waiting.time.count());
            }
        }
        return on_npu(unit) ? -work : work;
    };
    const auto rank = [&](std::size_t index) { return std::tuple(-gain(index), graph.units()[index].chunk, index); };
    return *std::min_element(ready.begin(), ready.end(),
                             [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
}

std::optional<std::size_t> chunk_after_chunk(const UnitGraph& graph, const std::vector<std::size_t>& ready,
                                             std::span<const DeviceView> /*devices*/) {
    std::optional<int> chunk;
    for (const SchedUnit& unit : graph.units()) {
        if (!unit.finished && (!chunk.has_value() || unit.chunk < *chunk)) {
            chunk = unit.chunk;
        }
    }
    for (const std::size_t unit : ready) {
        if (graph.units()[unit].chunk == chunk) {
            return unit;
        }
    }
    return std::nullopt;
}

}  // namespace handset
