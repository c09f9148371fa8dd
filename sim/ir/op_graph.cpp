// SPDX-License-Identifier: Apache-2.0
#include "sim/ir/op_graph.h"

#include <algorithm>
#include <array>

#include "sim/base/errors.h"

namespace handset {

std::string_view memory_tag_name(MemoryTag tag) {
    static constexpr std::array<std::string_view, kMemoryTags> kNames{"weights", "kv", "activations", "graphs",
                                                                      "scratch"};
    return kNames.at(static_cast<std::size_t>(tag));
}

Attributes& Attributes::set(std::string_view name, Value value) {
    const auto at = std::lower_bound(values_.begin(), values_.end(), name,
                                     [](const auto& entry, std::string_view key) { return entry.first < key; });
    if (at != values_.end() && at->first == name) {
        at->second = std::move(value);
    } else {
        values_.emplace(at, std::string(name), std::move(value));
    }
    return *this;
}

const Attributes::Value* Attributes::find(std::string_view name) const {
    const auto at = std::find_if(values_.begin(), values_.end(), [&](const auto& e) { return e.first == name; });
    return at == values_.end() ? nullptr : &at->second;
}

bool Attributes::has(std::string_view name) const {
    return find(name) != nullptr;
}

std::int64_t Attributes::integer(std::string_view name) const {
    const Value* value = find(name);
    ensure(value != nullptr && std::holds_alternative<std::int64_t>(*value),
           "op attribute '" + std::string(name) + "' is missing or not an integer");
    return std::get<std::int64_t>(*value);
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) const {
    return has(name) ? integer(name) : fallback;
}

double Attributes::number(std::string_view name) const {
    const Value* value = find(name);
    ensure(value != nullptr && std::holds_alternative<double>(*value),
           "op attribute '" + std::string(name) + "' is missing or not a number");
    return std::get<double>(*value);
}

const std::string& Attributes::text(std::string_view name) const {
    const Value* value = find(name);
    ensure(value != nullptr && std::holds_alternative<std::string>(*value),
           "op attribute '" + std::string(name) + "' is missing or not a text");
    return std::get<std::string>(*value);
}

std::string Attributes::text(std::string_view name, std::string_view fallback) const {
    return has(name) ? text(name) : std::string(fallback);
}

namespace {

void append(std::string& out, const TensorUse& use) {
    out += " " + std::to_string(use.shape.rows) + "x" + std::to_string(use.shape.cols) + ":" +
           std::string(info(use.format).name);
}

void append(std::string& out, const Attributes::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        out += std::to_string(*integer);
    } else if (const auto* number = std::get_if<double>(&value)) {
        out += std::to_string(*number);
    } else {
        out += std::get<std::string>(value);
    }
}

}  // namespace

MemoryTag operand_tag(const OpNode& op, std::size_t operand) {
    if (operand < op.inputs.size()) {
        return op.inputs[operand].tag;
    }
    operand -= op.inputs.size();
    return operand < op.outputs.size() ? op.outputs[operand].tag : MemoryTag::scratch;
}

std::string signature(const OpNode& op) {
    std::string out = op.kernel;
    for (const TensorUse& use : op.inputs) {
        append(out, use);
    }
    out += " ->";
    for (const TensorUse& use : op.outputs) {
        append(out, use);
    }
    for (const auto& [name, value] : op.attrs.values()) {
        out += " " + name + "=";
        append(out, value);
    }
    return out;
}

TensorId OpGraph::add_tensor(Tensor tensor) {
    const TensorId id{tensors_.size()};
    tensor.id = id;
    tensors_.push_back(std::move(tensor));
    accesses_.emplace_back();
    return id;
}

void OpGraph::add_overlapping(const std::vector<Region>& earlier, const Region& region, std::vector<OpId>& ops) {
    for (const Region& other : earlier) {
        if (other.begin < region.end && region.begin < other.end) {
            ops.push_back(other.op);
        }
    }
}

/// Whoever comes after a write waits for it, and through it for all that it overwrites.
void OpGraph::remove_covered(std::vector<Region>& earlier, const Region& region) {
    earlier.erase(
        std::remove_if(earlier.begin(), earlier.end(),
                       [&](const Region& other) { return region.begin <= other.begin && other.end <= region.end; }),
        earlier.end());
}

OpId OpGraph::add_op(OpNode op) {
    const OpId id{op_count()};
    op.id = id;
    const auto region_of = [id](const TensorUse& use) { return Region{id, use.offset, use.offset + use.bytes()}; };
    std::vector<OpId> before;
    for (TensorUse& use : op.inputs) {
        use.tag = tensor(use.tensor).tag;
        add_overlapping(accesses_.at(use.tensor.value()).writers, region_of(use), before);
    }
    for (TensorUse& use : op.outputs) {
        use.tag = tensor(use.tensor).tag;
        add_overlapping(accesses_.at(use.tensor.value()).writers, region_of(use), before);
        add_overlapping(accesses_.at(use.tensor.value()).readers, region_of(use), before);
    }
    for (const TensorUse& use : op.inputs) {
        accesses_[use.tensor.value()].readers.push_back(region_of(use));
    }
    for (const TensorUse& use : op.outputs) {
        Access& access = accesses_[use.tensor.value()];
        remove_covered(access.readers, region_of(use));
        remove_covered(access.writers, region_of(use));
        access.writers.push_back(region_of(use));
    }
    std::sort(before.begin(), before.end());
    before.erase(std::unique(before.begin(), before.end()), before.end());
    boost::add_vertex(op, graph_);
    for (const OpId predecessor : before) {
        boost::add_edge(predecessor.value(), id.value(), graph_);
    }
    return id;
}

std::vector<OpId> OpGraph::predecessors(OpId id) const {
    std::vector<OpId> out;
    for (auto [edge, end] = boost::in_edges(id.value(), graph_); edge != end; ++edge) {
        out.emplace_back(boost::source(*edge, graph_));
    }
    return out;
}

std::vector<OpId> OpGraph::successors(OpId id) const {
    std::vector<OpId> out;
    for (auto [edge, end] = boost::out_edges(id.value(), graph_); edge != end; ++edge) {
        out.emplace_back(boost::target(*edge, graph_));
    }
    return out;
}

std::vector<OpId> OpGraph::topological_order() const {
    std::vector<OpId> order;
    order.reserve(op_count());
    for (std::size_t i = 0; i < op_count(); ++i) {
        order.emplace_back(i);
    }
    return order;
}

TensorUse OpGraph::whole(TensorId id) const {
    const Tensor& t = tensor(id);
    return {.tensor = id, .shape = t.shape, .format = t.format, .offset = Bytes{}, .tag = t.tag};
}

}  // namespace handset
