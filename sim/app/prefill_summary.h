// SPDX-License-Identifier: Apache-2.0
// How well a policy uses the processors for the prompt: the distance to what no schedule can beat, and idle time.
#pragma once

#include <vector>

#include "sim/app/summary.h"

namespace handset {

/// `prefill_bound` (s): sum of the makespan bounds of all prompt graphs (sim/sched/bounds.h), `prefill_over_bound` (1):
/// time of the prefills over that. `prefill_bubbles.<device>` (1): share of the time from the device's first to its
/// last op of a prompt in which it runs none. Adds nothing for a run without prefill.
void add_prefill(const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                 std::vector<SummaryMetric>& out);

}  // namespace handset
