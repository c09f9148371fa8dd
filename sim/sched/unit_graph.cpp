// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/unit_graph.h"

#include <algorithm>
#include <map>

#include "sim/base/errors.h"

namespace handset {

namespace {

/// Ops by sub-graph; ops on their own are groups of one. In the order of their first ops.
std::vector<std::vector<OpId>> groups_of(const GraphView& graph) {
    std::vector<std::vector<OpId>> groups;
    std::map<std::uint32_t, std::size_t> by_subgraph;
    for (const OpView& op : graph.ops) {
        const std::size_t next = groups.size();
        const std::size_t at = op.subgraph == 0 ? next : by_subgraph.try_emplace(op.subgraph, next).first->second;
        groups.resize(std::max(groups.size(), at + 1));
        groups[at].push_back(op.id);
    }
    return groups;
}

}  // namespace

UnitGraph::UnitGraph(const GraphView& graph, const Placement& place) : unit_of_(graph.ops.size()) {
    group(graph, place);
    connect(graph);
}

void UnitGraph::group(const GraphView& graph, const Placement& place) {
    for (const std::vector<OpId>& ops : groups_of(graph)) {
        const bool matrix =
            std::any_of(ops.begin(), ops.end(), [&](OpId id) { return graph.ops[id.value()].kernel == "matmul"; });
        std::vector<DeviceId> homes;
        for (const OpId id : ops) {
            const std::optional<DeviceId> home = place(graph.ops[id.value()], matrix);
            ensure(home.has_value(), "a policy has no place for '" + graph.ops[id.value()].name + "'");
            homes.push_back(*home);
        }
        const bool together = std::all_of(homes.begin(), homes.end(), [&](DeviceId d) { return d == homes.front(); });
        for (std::size_t i = 0; i < ops.size(); ++i) {
            const OpView& op = graph.ops[ops[i].value()];
            const bool first = i == 0 || !together;
            if (first) {
                units_.push_back({homes[i], op.chunk, {}, {}, {}, 0, false});
            }
            units_.back().ops.push_back(op.id);
            units_.back().time += *(first ? op.cost : op.cost_continued)[homes[i].value()];
            unit_of_[op.id.value()] = units_.size() - 1;
        }
    }
}

void UnitGraph::connect(const GraphView& graph) {
    for (const OpView& op : graph.ops) {
        std::vector<std::size_t>& after = units_[unit_of(op.id)].after;
        for (const OpId successor : graph.successors[op.id.value()]) {
            if (unit_of(successor) != unit_of(op.id)) {
                after.push_back(unit_of(successor));
            }
        }
    }
    for (SchedUnit& unit : units_) {
        std::sort(unit.after.begin(), unit.after.end());
        unit.after.erase(std::unique(unit.after.begin(), unit.after.end()), unit.after.end());
        for (const std::size_t next : unit.after) {
            ++units_[next].waiting_for;
        }
    }
}

void UnitGraph::finish(std::size_t unit) {
    units_.at(unit).finished = true;
    for (const std::size_t next : units_[unit].after) {
        --units_[next].waiting_for;
    }
}

}  // namespace handset
