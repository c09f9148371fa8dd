// SPDX-License-Identifier: Apache-2.0
// A made-up run of a small decoder on three devices: plausible shapes and times, exact integers, no simulator needed.
#pragma once

#include "sim/results/run_result.h"
#include "sim/stats/timeline.h"

namespace handset::test {

/// `decode_steps` tokens after the prompt; every step adds the same ops.
RunResult sample_result(std::uint32_t decode_steps = 6);

/// One slice per op, one track per device.
Timeline sample_timeline(const RunResult& result);

}  // namespace handset::test
