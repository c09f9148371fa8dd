// SPDX-License-Identifier: Apache-2.0
// One run: a phone, a model, a request, a policy in; a RunResult out. Elaborates SystemC, hence once per process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/inputs.h"
#include "sim/ir/tile_program.h"
#include "sim/results/run_result.h"
#include "sim/stats/timeline.h"

namespace handset {

/// What an earlier run generated.
struct Replayed {
    std::vector<std::uint32_t> tokens;
    std::vector<std::uint32_t> output_tokens;  ///< by request; empty: one request
    std::vector<GatherDecision> gathers = {};  ///< rows that the data chose; empty: generated ones
};

struct SimulationOptions {
    bool data = true;
    /// Tokens that a run with data off takes for sampled; none: synthetic ones.
    std::optional<Replayed> replay;
    Timeline* timeline = nullptr;  ///< filled when not null
    /// Called after each finished graph with its phase and step.
    std::function<void(const std::string&, std::uint32_t)> progress;
    /// Test hook: changes programs before they start.
    std::function<void(TileProgram&)> program_filter;
};

/// Throws ConfigError, ModelError or OutOfMemory.
RunResult simulate(const Inputs& inputs, const SimulationOptions& options);

/// Builds everything up to the first event and stops: what `handset check` does.
void elaborate(const Inputs& inputs, bool data);

}  // namespace handset
