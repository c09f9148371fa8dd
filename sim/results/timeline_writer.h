// SPDX-License-Identifier: Apache-2.0
// Chrome trace JSON that Perfetto and chrome://tracing open: one process per device, one thread per hardware queue, one
// counter track per memory tag. Viewers keep whole nanoseconds, so times are rounded down to those; not for measuring.
#pragma once

#include <string>
#include <vector>

#include "sim/results/run_result.h"
#include "sim/stats/timeline.h"

namespace handset {

/// Throws ConfigError when the file cannot be written; the final name appears complete or not at all.
void write_timeline(const std::string& path, const Timeline& timeline, const std::vector<MemorySeries>& memory);

}  // namespace handset
