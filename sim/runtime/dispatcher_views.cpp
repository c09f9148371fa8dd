// SPDX-License-Identifier: Apache-2.0
// What a dispatcher shows of its state: to the policy, to observers of results, to the watchdog.
#include <algorithm>

#include "sim/base/errors.h"
#include "sim/runtime/dispatcher.h"

namespace handset {

OpView Dispatcher::view_of(const OpGraph& graph, const OpNode& op) {
    OpView view{.id = op.id,
                .kernel = op.kernel,
                .phase = phase_,
                .layer = op.layer,
                .cost = {},
                .cost_continued = {},
                .name = op.name,
                .chunk = op.chunk,
                .subgraph = op.subgraph};
    const std::vector<LoweredOp>& lowered = programs_.lower(op);
    for (std::size_t i = 0; i < lowered.size(); ++i) {
        if (lowered[i].program == nullptr || !prepared_.fits(op, DeviceId{i}, *lowered[i].program)) {
            view.cost.emplace_back(std::nullopt);
            view.cost_continued.emplace_back(std::nullopt);
            continue;
        }
        const Femtoseconds run = graph_ != nullptr && continues(op.id, DeviceId{i}) ? lowered[i].estimate_continued
                                                                                    : lowered[i].estimate_called;
        const Femtoseconds preparation = prepared_.missing(graph, op, DeviceId{i}, *lowered[i].program).time;
        view.cost.emplace_back(run + preparation);
        view.cost_continued.emplace_back(lowered[i].estimate_continued);
    }
    return view;
}

std::vector<DeviceView> Dispatcher::device_views() const {
    std::vector<DeviceView> views;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        const bool idle = available(DeviceId{i});
        views.push_back({DeviceId{i}, devices_[i]->caps().name, devices_[i]->caps().kind, idle,
                         idle ? simulated_now() : device_states_[i].expected_free});
    }
    return views;
}

/// A device whose op waits for its pages is taken, although it does not run.
bool Dispatcher::available(DeviceId device) const {
    return devices_.at(device.value())->idle() && !device_states_[device.value()].running.has_value();
}

bool Dispatcher::continues(OpId op, DeviceId device) const {
    const std::vector<OpId> before = graph_->predecessors(op);
    const bool after_all = !before.empty() && std::all_of(before.begin(), before.end(), [&](OpId p) {
        return ops_[p.value()].device == device && same_session(p, op, device);
    });
    return after_all || follows_in_subgraph(op, device);
}

/// The call that started the device's last op covers its sub-graph, as far as that stays on the device.
bool Dispatcher::follows_in_subgraph(OpId op, DeviceId device) const {
    const std::uint32_t subgraph = graph_->op(op).subgraph;
    const std::optional<OpId>& last = device_states_[device.value()].last;
    if (subgraph == 0 || !last.has_value() || graph_->op(*last).subgraph != subgraph ||
        !same_session(*last, op, device)) {
        return false;
    }
    const std::vector<OpId> before = graph_->predecessors(op);
    return std::all_of(before.begin(), before.end(),
                       [&](OpId p) { return enters(p, op) || ops_[p.value()].device == device; });
}

bool Dispatcher::resumes(OpId op, DeviceId device) const {
    const std::optional<OpId>& last = device_states_[device.value()].last;
    return last.has_value() && same_session(*last, op, device);
}

bool Dispatcher::same_session(OpId a, OpId b, DeviceId device) const {
    return prepared_.session(*graph_, graph_->op(a), device) == prepared_.session(*graph_, graph_->op(b), device);
}

Address Dispatcher::address_of(TensorId tensor) const {
    const std::optional<Address>& address = addresses_.at(tensor.value());
    ensure(address.has_value(), "the tensor has no address now");
    return *address;
}

std::string Dispatcher::state_text() const {
    std::string text = std::string(name()) + ": ";
    if (graph_ == nullptr) {
        return text + "no graph\n";
    }
    text += phase_ + " step " + std::to_string(step_) + ", " + std::to_string(completed_) + " of " +
            std::to_string(ops_.size()) + " ops done; ready:";
    for (const OpId op : ready_) {
        text += " " + graph_->op(op).name;
    }
    text += "\n";
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        const std::optional<OpId>& running = device_states_[i].running;
        text += "  " + devices_[i]->caps().name + ": " +
                (running.has_value() ? "runs " + graph_->op(*running).name : std::string("idle")) + "\n";
    }
    return text;
}

}  // namespace handset
