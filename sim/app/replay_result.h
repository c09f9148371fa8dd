// SPDX-License-Identifier: Apache-2.0
// A finished replay as a result like any other: counters, figures for people, throughput over time.
#pragma once

#include <string>

#include "sim/replay/replay.h"
#include "sim/results/run_result.h"

namespace handset {

/// `part` holds the counters of the memory: activations, row hits and energies are looked for by name.
RunResult replay_run_result(const ReplayResult& replay, const Snapshot& part);

/// Figures, counts and energy by kind.
std::string replay_text(const RunResult& result);

}  // namespace handset
