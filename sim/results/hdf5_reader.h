// SPDX-License-Identifier: Apache-2.0
// Reads a result file back, for show, compare and replay. Files come from anywhere: everything that the HDF5
// library lets us see is checked before use; its own decoder of object headers is trusted.
#pragma once

#include <string>

#include "sim/results/run_result.h"

namespace handset {

/// Throws ConfigError "<path>: <reason>" when the file is missing, foreign, of another schema version, incomplete or
/// inconsistent. Memory series come back as the times at which each tag changed (and the first time of the axis).
RunResult read_run_result(const std::string& path);

}  // namespace handset
