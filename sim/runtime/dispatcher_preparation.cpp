// SPDX-License-Identifier: Apache-2.0
// What outlives the graphs that a dispatcher runs: static graphs of devices and persistent tensors.
#include <utility>

#include "sim/base/errors.h"
#include "sim/runtime/dispatcher.h"

namespace handset {

Address Dispatcher::make_resident(const Tensor& tensor) {
    ensure(tensor.persistent && resident_.count(tensor.name) == 0, "'" + tensor.name + "' cannot be placed");
    const Address address = arena_.allocate(tensor.name, tensor.bytes(), tensor.tag, simulated_now());
    resident_.emplace(tensor.name, address);
    return address;
}

void Dispatcher::forget() {
    ensure(graph_ == nullptr, "a graph is running");
    for (const auto& [name, address] : resident_) {
        arena_.release(address, simulated_now());
    }
    for (const Address address : graph_memory_) {
        arena_.release(address, simulated_now());
    }
    resident_.clear();
    graph_memory_.clear();
    prepared_ = PreparedGraphs(devices_);
}

/// Books the static graph of an op that has none yet; returns the time that building it takes.
Femtoseconds Dispatcher::build_graph(const OpGraph& graph, const OpNode& op, DeviceId device) {
    const TileProgram& program = *programs_.lower(op)[device.value()].program;
    const Preparation missing = prepared_.missing(graph, op, device, program);
    prepared_.add(graph, op, device, program);
    if (missing.memory > Bytes{}) {
        graph_memory_.push_back(
            arena_.allocate("graph of " + op.name, missing.memory, MemoryTag::graphs, simulated_now()));
    }
    return missing.time;
}

/// Books every static graph that the policy may use for `graph`; returns what building them takes by device.
std::vector<Femtoseconds> Dispatcher::build_graphs(const OpGraph& graph, const std::string& phase) {
    ensure(graph_ == nullptr, "a graph is running");
    phase_ = phase;  // policies may place the same op elsewhere in another phase
    const GraphView view = plan(graph);
    std::vector<Femtoseconds> times(devices_.size());
    for (const OpView& op : view.ops) {
        for (const DeviceId device : policy_.candidates(op, view.devices)) {
            times[device.value()] += build_graph(graph, graph.op(op.id), device);
        }
    }
    return times;
}

void Dispatcher::prepare(const OpGraph& graph, const std::string& phase, std::function<void()> done) {
    const std::vector<Femtoseconds> times = build_graphs(graph, phase);
    done_ = std::move(done);
    preparations_open_ = 1;
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (times[i] > Femtoseconds{}) {
            ++preparations_open_;
            devices_[i]->prepare(OpId{}, times[i]);
        }
    }
    preparation_done();
}

void Dispatcher::preparation_done() {
    if (--preparations_open_ == 0) {
        const std::function<void()> done = std::move(done_);
        done();
    }
}

}  // namespace handset
