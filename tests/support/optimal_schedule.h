// SPDX-License-Identifier: Apache-2.0
// The best schedule of a small graph, by trying all of them (branch and bound), and the schedule that a policy makes of
// it when every op takes exactly its estimated cost. Both without simulator.
#pragma once

#include "sim/sched/policy.h"

namespace handset::test {

/// Shortest makespan over all assignments and orders without preemption, where every op takes OpView::cost on the
/// device it runs on. For graphs of about 10 ops.
Femtoseconds optimal_makespan(const GraphView& graph);

/// Makespan of what the policy decides; decisions are free. Throws ModelError when it stops before the last op.
Femtoseconds policy_makespan(const GraphView& graph, SchedulerPolicy& policy);

}  // namespace handset::test
