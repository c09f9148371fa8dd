// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/prepared_graphs.h"

#include <utility>

#include "sim/base/errors.h"

namespace handset {

namespace {

/// Copies of a weight in other sets of graphs are other weights.
std::string weight_name(const OpGraph& graph, const OpNode& op, const TensorUse& use) {
    const std::string& name = graph.tensor(use.tensor).name;
    return op.graph_set == 0 ? name : std::to_string(op.graph_set) + ":" + name;
}

std::string key_of(const OpGraph& graph, const OpNode& op) {
    std::string key = signature(op);
    for (const TensorUse& use : op.inputs) {
        if (use.tag == MemoryTag::weights) {
            key += " " + weight_name(graph, op, use);
        }
    }
    return op.graph_set == 0 ? key : std::to_string(op.graph_set) + ":" + key;
}

Bytes weights_of(const OpNode& op) {
    Bytes weights;
    for (const TensorUse& use : op.inputs) {
        weights += use.tag == MemoryTag::weights ? use.bytes() : Bytes{};
    }
    return weights;
}

/// Address space that the op's graph takes alone.
Bytes space_of(const OpNode& op, const Device& device, const TileProgram& program) {
    const Bytes weights = weights_of(op);
    return weights + device.preparation(program, weights).memory;
}

}  // namespace

PreparedGraphs::PreparedGraphs(std::vector<Device*> devices) : devices_(std::move(devices)), built_(devices_.size()) {}

bool PreparedGraphs::fits(const OpNode& op, DeviceId device, const TileProgram& program) const {
    const Device& on = *devices_.at(device.value());
    const Bytes space = on.caps().sessions.address_space;
    return !on.caps().static_graphs || space == Bytes{} || space_of(op, on, program) <= space;
}

PreparedGraphs::Placement PreparedGraphs::place_in(std::size_t session, const OpGraph& graph, const OpNode& op,
                                                   DeviceId device, const TileProgram& program) const {
    const Built& built = built_[device.value()];
    const Device& on = *devices_[device.value()];
    Placement placement;
    placement.session = session;
    placement.opens = session == built.sessions.size();
    for (const TensorUse& use : op.inputs) {
        const bool known = !placement.opens && built.sessions[session].weights.count(weight_name(graph, op, use)) > 0;
        placement.new_weights += use.tag == MemoryTag::weights && !known ? use.bytes() : Bytes{};
    }
    placement.preparation = {on.preparation(program, weights_of(op)).time,
                             on.preparation(program, placement.new_weights).memory};
    placement.mapped = placement.new_weights + placement.preparation.memory;
    if (op.graph_set != 0) {
        placement.preparation.memory += placement.new_weights;
    }
    return placement;
}

PreparedGraphs::Placement PreparedGraphs::place(const OpGraph& graph, const OpNode& op, DeviceId device,
                                                const TileProgram& program) const {
    const Built& built = built_[device.value()];
    const Bytes space = devices_[device.value()]->caps().sessions.address_space;
    const Bytes weights = weights_of(op);
    for (std::size_t i = 0; i < built.sessions.size(); ++i) {
        const Placement placement = place_in(i, graph, op, device, program);
        const bool has_room = space == Bytes{} || built.sessions[i].used + placement.mapped <= space;
        const bool has_weights = weights > Bytes{} && placement.new_weights == Bytes{};
        if (has_room && (has_weights || i + 1 == built.sessions.size())) {
            return placement;
        }
    }
    return place_in(built.sessions.size(), graph, op, device, program);
}

Preparation PreparedGraphs::missing(const OpGraph& graph, const OpNode& op, DeviceId device,
                                    const TileProgram& program) const {
    const Device& on = *devices_.at(device.value());
    if (!on.caps().static_graphs || built_[device.value()].graphs.count(key_of(graph, op)) > 0) {
        return {};
    }
    if (!fits(op, device, program)) {
        throw ConfigError("the graph of '" + op.name + "' needs " + std::to_string(space_of(op, on, program).count()) +
                          " B of address space, a session of " + on.caps().name + " has " +
                          std::to_string(on.caps().sessions.address_space.count()) + " B");
    }
    const Placement placement = place(graph, op, device, program);
    const SessionCaps& opened = on.caps().sessions;
    return {placement.preparation.time + (placement.opens ? opened.setup : Femtoseconds{}),
            placement.preparation.memory + (placement.opens ? opened.memory : Bytes{})};
}

void PreparedGraphs::add(const OpGraph& graph, const OpNode& op, DeviceId device, const TileProgram& program) {
    Built& built = built_.at(device.value());
    std::string key = key_of(graph, op);
    if (!devices_[device.value()]->caps().static_graphs || built.graphs.count(key) > 0) {
        return;
    }
    const Placement placement = place(graph, op, device, program);
    if (placement.opens) {
        built.sessions.emplace_back();
    }
    Session& session = built.sessions[placement.session];
    session.used += placement.mapped;
    for (const TensorUse& use : op.inputs) {
        if (use.tag == MemoryTag::weights) {
            session.weights.insert(weight_name(graph, op, use));
        }
    }
    built.graphs.emplace(std::move(key), placement.session);
}

std::size_t PreparedGraphs::session(const OpGraph& graph, const OpNode& op, DeviceId device) const {
    const Built& built = built_.at(device.value());
    if (built.sessions.size() <= 1) {
        return 0;
    }
    const auto found = built.graphs.find(key_of(graph, op));
    return found != built.graphs.end() ? found->second : built.sessions.size() - 1;
}

}  // namespace handset
