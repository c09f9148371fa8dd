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

/// summarise() of several requests: the prefill rate counts all tokens put in, time to first token is a mean. Added are
/// means and percentiles over the requests of time_to_first_token (arrival to end of prefill), request_latency (arrival
/// to last token) and queueing_time (arrival to start), over all decode steps of time_per_output_token, the mean
/// energy_per_request (of the whole phone while it served one), idle_time and energy_idle.
std::vector<SummaryMetric> summarise_requests(const std::vector<RequestRecord>& requests,
                                              const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                                              const Snapshot& counters);

}  // namespace handset
