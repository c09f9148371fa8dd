// SPDX-License-Identifier: Apache-2.0
// Files that a verb writes: checked before the work starts, so that it is not lost behind it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sim/results/hdf5_writer.h"

namespace handset {

/// Fails when the results could not be written or would replace an input; empty names are no files. `result` is HDF5
/// with its host facts beside it, `timeline` is JSON. Throws ConfigError.
void check_outputs(const std::vector<std::string>& inputs, const std::string& result, const std::string& timeline);

/// Of a run that began then.
HostFacts host_facts(std::chrono::steady_clock::time_point begin);

}  // namespace handset
