// SPDX-License-Identifier: Apache-2.0
// A run for people: the figures printed after every run, and where time, energy and memory went. All ratios are derived
// here; results store none. Energy by device is the sum of the device's counters in fJ, so no counter may hold a total.
#pragma once

#include <string>
#include <vector>

#include "sim/results/run_result.h"

namespace handset {

/// What was held under each tag when all tags together held most.
struct MemoryPeak {
    struct Holder {
        std::string tag;
        Bytes at_peak;
        Bytes highest;  ///< of this tag, at its own time
    };
    Femtoseconds time;
    Bytes total;
    std::vector<Holder> holders;  ///< largest at the peak first
};
MemoryPeak memory_peak(const std::vector<MemorySeries>& memory);

struct DeviceEnergy {
    std::string device;
    Femtojoules energy;
};
/// Sum of the energy counters of each component, largest first.
std::vector<DeviceEnergy> energy_by_device(const Snapshot& counters);

/// Headline figures, energy and utilisation by device, memory by tag.
std::string summary_text(const RunResult& result);
/// Provenance, the summary, then phases, kernels, layers and energy buckets, each the largest first.
std::string show_text(const RunResult& result);

}  // namespace handset
