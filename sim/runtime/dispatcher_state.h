// SPDX-License-Identifier: Apache-2.0
// What a dispatcher keeps of the running graph's ops and of its devices, and what it counts.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"
#include "sim/ir/op_graph.h"
#include "sim/stats/counters.h"

namespace handset {

/// What scheduling costs on the host CPU.
struct HostCost {
    Femtoseconds time_per_evaluation;  ///< one (op, device) pair looked at by the policy
    Microwatts power;                  ///< of the core that decides
};

struct DispatcherCounters : CounterGroup {
    using CounterGroup::CounterGroup;
    EventCounter decisions{*this, "decisions", "times the policy was asked"};
    EventCounter evaluations{*this, "evaluations", "(op, device) pairs the policy looked at"};
    EventCounter dispatched{*this, "dispatched", "ops started"};
    Counter<Femtoseconds> decision_time{*this, "decision_time", "host time spent in the policy"};
    Counter<Femtojoules> energy_decision{*this, "energy_decision", "host energy spent in the policy"};
};

/// Of an op of the running graph.
struct OpState {
    std::size_t waiting_for = 0;
    std::optional<DeviceId> device;
    std::size_t record = 0;
    Femtoseconds ready_at;
    std::optional<Address> scratch;   ///< of the running program
    std::optional<OpNode> gathering;  ///< the op with the rows that it was found to read
};

/// Holds the ops of a sub-graph back until none of them waits for an op outside.
struct Gate {
    std::size_t waiting_for = 0;
    std::vector<OpId> held;
};

struct DeviceState {
    std::optional<OpId> running;
    Femtoseconds expected_free;
    std::optional<OpId> last;  ///< op of the running graph that ran here
    bool preparing = false;    ///< the running op's graph is being built first
};

}  // namespace handset
