// SPDX-License-Identifier: Apache-2.0
// The graph as policies that run sub-graphs as a whole see it: one node per sub-graph and processor, with its profiled
// time and what waits for it. A sub-graph of which its processor lacks an op is taken apart into single ops.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "sim/sched/policy.h"

namespace handset {

struct SchedUnit {
    DeviceId device;                 ///< where all its ops run
    int chunk = 0;                   ///< of the prompt
    std::vector<OpId> ops;           ///< ascending
    Femtoseconds time;               ///< one call, then one op after the other
    std::vector<std::size_t> after;  ///< units that wait for it: distinct, ascending
    std::size_t waiting_for = 0;     ///< unfinished units before it
    bool finished = false;
};

class UnitGraph {
  public:
    /// Where an op of a sub-graph is to run; the other argument says whether the sub-graph multiplies by weights.
    using Placement = std::function<std::optional<DeviceId>(const OpView&, bool matrix)>;

    UnitGraph() = default;
    /// Throws ModelError when an op has no place.
    UnitGraph(const GraphView& graph, const Placement& place);

    [[nodiscard]] const std::vector<SchedUnit>& units() const { return units_; }
    [[nodiscard]] std::size_t unit_of(OpId op) const { return unit_of_.at(op.value()); }
    [[nodiscard]] const SchedUnit& of(OpId op) const { return units_[unit_of(op)]; }
    /// Units after this one no longer wait for it.
    void finish(std::size_t unit);

  private:
    void group(const GraphView& graph, const Placement& place);
    void connect(const GraphView& graph);

    std::vector<SchedUnit> units_;
    std::vector<std::size_t> unit_of_;  // by op
};

}  // namespace handset
