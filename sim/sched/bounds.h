// SPDX-License-Identifier: Apache-2.0
// What no schedule of a graph can beat, to judge policies by: its critical path and the load of its devices, for the
// costs that devices estimate. Every op takes the cheaper of its costs, so calls count only where they cannot be saved;
// contention for memory, hand-overs and decisions are free. Simulated times are no estimates: where an estimate is too
// long, a run may stay below the bound by that much.
#pragma once

#include "sim/sched/policy.h"

namespace handset {

/// The longest way through the graph when every op runs on the device that is fastest for it.
Femtoseconds critical_path(const GraphView& graph);

/// A lower bound of the time of the busiest device, however ops are divided over devices (even fractions of them): the
/// Lagrangian dual of that problem, max over device weights w of sum over ops of min over devices of w * cost, searched
/// over multiples of 1/1024. Every w gives a bound; costs are rounded down to nanoseconds.
Femtoseconds device_load_bound(const GraphView& graph);

/// The larger of the two.
Femtoseconds makespan_bound(const GraphView& graph);

}  // namespace handset
