// SPDX-License-Identifier: Apache-2.0
// What users measure: latencies of requests and of tokens, as percentiles by nearest rank (sim/stats/percentile.h).
#pragma once

#include <vector>

#include "sim/app/request.h"
#include "sim/app/summary.h"
#include "sim/stats/request_record.h"

namespace handset {

/// One record per turn whose prefill ended; `served` are the turns begun.
std::vector<RequestRecord> request_records(const std::vector<Turn>& turns, const std::vector<ServedTurn>& served,
                                           const std::vector<PhaseEnergy>& phases);

/// summarise() of several requests: time to first token counts from the arrival and is a mean, the prefill rate counts
/// all tokens put in, and rows with percentiles, queueing, idle times and energies are added.
std::vector<SummaryMetric> summarise_requests(const std::vector<RequestRecord>& requests,
                                              const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                                              const Snapshot& counters);

}  // namespace handset
