// SPDX-License-Identifier: Apache-2.0
// Where time and energy went, from the op table and the counters: sums over groups of ops. Device time counts every op
// on its own, so that ops which overlap on two devices add up to more than the time of the run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/results/run_result.h"

namespace handset {

struct OpGroup {
    std::string name;
    std::size_t ops = 0;
    Femtoseconds busy;     ///< sum of end - start
    Femtoseconds waiting;  ///< sum of start - ready
    Femtoseconds begin;    ///< first start
    Femtoseconds end;      ///< last end
    Bytes bytes;           ///< read and written
    Macs macs;
    Femtojoules energy;
    /// Sums of the ops' causes of time.
    Femtoseconds call;
    Femtoseconds matrix;
    Femtoseconds vector;
    Femtoseconds transfer;
};

/// Groups in the order in which their first op appears.
std::vector<OpGroup> group_ops(const std::vector<OpRecord>& ops,
                               const std::function<std::string(const OpRecord&)>& key);

/// Each starts with an empty line and a heading, or is empty when there is nothing to tell.
std::string phases_text(const std::vector<OpRecord>& ops);
std::string kernels_text(const std::vector<OpRecord>& ops);
/// Which mappings ran, ops of equal kernel, device, mapping and result size together, and what bounded them.
std::string mappings_text(const std::vector<OpRecord>& ops);
std::string layers_text(const std::vector<OpRecord>& ops);
/// The first requests: tokens, waiting, time to first token, until the end, energy.
std::string requests_text(const std::vector<RequestRecord>& requests);
std::string energy_buckets_text(const Snapshot& counters);

}  // namespace handset
