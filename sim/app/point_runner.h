// SPDX-License-Identifier: Apache-2.0
// Runs many points, each in a forked child of its own: SystemC elaborates once per process, and a point that crashes
// takes nothing with it. Knows nothing of simulations: a point is a key, a label and work to do.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sim/app/point_store.h"

namespace handset {

struct PointJob {
    std::string key;
    std::string label;  ///< for messages
    /// Called in the child; what it throws is recorded with the exit code that it would have had.
    std::function<PointOutcome()> work;
};

struct RunnerOptions {
    unsigned jobs = 1;
    bool quiet = false;
};

struct RunnerReport {
    std::size_t finished = 0;
    std::size_t failed = 0;
    int signal = 0;       ///< that asked to stop; 0: none
    std::string problem;  ///< why results could not be stored; empty: they were
};

/// Every finished point is in the store, durably, before the next one starts in its place. Ends early on SIGINT,
/// SIGTERM and SIGHUP, and when a result cannot be stored.
RunnerReport run_points(const std::vector<PointJob>& jobs, PointStore& store, const RunnerOptions& options);

/// Exit code of an exception as `handset run` would end with it, and its words. To be called in a catch block.
PointOutcome failed_outcome();

}  // namespace handset
