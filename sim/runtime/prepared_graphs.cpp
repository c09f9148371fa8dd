// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/prepared_graphs.h"

#include <utility>

namespace handset {

namespace {

std::string key_of(const OpGraph& graph, const OpNode& op) {
    std::string key = signature(op);
    for (const TensorUse& use : op.inputs) {
        if (use.tag == MemoryTag::weights) {
            key += " " + graph.tensor(use.tensor).name;
        }
    }
    return key;
}

}  // namespace

PreparedGraphs::PreparedGraphs(std::vector<Device*> devices) : devices_(std::move(devices)), built_(devices_.size()) {}

Preparation PreparedGraphs::missing(const OpGraph& graph, const OpNode& op, DeviceId device,
                                    const TileProgram& program) const {
    const Device& on = *devices_.at(device.value());
    const Built& built = built_[device.value()];
    if (!on.caps().static_graphs || built.graphs.count(key_of(graph, op)) > 0) {
        return {};
    }
    Bytes weights;
    Bytes new_weights;
    for (const TensorUse& use : op.inputs) {
        if (use.tag == MemoryTag::weights) {
            weights += use.bytes();
            new_weights += built.weights.count(graph.tensor(use.tensor).name) > 0 ? Bytes{} : use.bytes();
        }
    }
    return {on.preparation(program, weights).time, on.preparation(program, new_weights).memory};
}

void PreparedGraphs::add(const OpGraph& graph, const OpNode& op, DeviceId device) {
    Built& built = built_.at(device.value());
    built.graphs.insert(key_of(graph, op));
    for (const TensorUse& use : op.inputs) {
        if (use.tag == MemoryTag::weights) {
            built.weights.insert(graph.tensor(use.tensor).name);
        }
    }
}

}  // namespace handset
