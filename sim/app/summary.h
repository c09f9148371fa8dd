// SPDX-License-Identifier: Apache-2.0
// Derives the figures that people ask for from what a run recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/results/run_result.h"
#include "sim/runtime/session.h"

namespace handset {

/// One finished graph with the energy of the whole phone up to its end.
struct PhaseEnergy {
    PhaseRecord phase;
    Femtojoules energy_before;
    Femtojoules energy_after;
    Femtoseconds bound{};  ///< of a prefill: what no schedule of its graph can beat, by the devices' own estimates
};

/// Time to first token counts from the start of the prefill: the model is loaded and its graphs are built.
std::vector<SummaryMetric> summarise(const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                                     const Snapshot& counters, std::size_t prompt_tokens, std::size_t tokens);

/// Sum of all energy counters.
Femtojoules total_energy(const Snapshot& counters);

}  // namespace handset
