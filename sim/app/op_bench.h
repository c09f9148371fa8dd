// SPDX-License-Identifier: Apache-2.0
// One op at a time on one device of a phone, through the dispatcher that runs whole models: what `handset op` measures.
// Operands lie in DRAM before the clock starts; loading them from flash is not part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/app/op_shapes.h"
#include "sim/results/run_result.h"
#include "sim/soc/soc_config.h"
#include "sim/stats/op_record.h"

namespace handset {

struct OpBenchOptions {
    std::string device;
    std::string lowering;  ///< by name; empty: the kernel's choice
    bool warm = false;     ///< the op ran once before: caches keep what it left there
    bool chained = false;  ///< the op follows another one on the device: no call from the host
    bool data = false;     ///< operands hold numbers, results are checked
    std::uint32_t repeat = 1;
};

/// Of all repetitions together, but for `first`.
struct OpMeasurement {
    std::string label;
    std::string shape;
    std::string format;
    OpRecord first;  ///< of the first repetition
    std::uint32_t runs = 0;
    Femtoseconds time;
    Femtoseconds shortest;
    Femtoseconds longest;
    Femtoseconds call_time;
    Femtoseconds matrix_time;
    Femtoseconds vector_time;
    Femtoseconds transfer_time;
    Femtojoules device_energy;   ///< all of the device's
    Femtojoules memory_energy;   ///< caches, interconnect, DRAM
    Femtojoules phone_energy;    ///< everything, the two above included
    Femtoseconds ideal_compute;  ///< MACs of one run at the peak rates of their formats
    Bytes compulsory;            ///< operands of one run, each once
    std::size_t tiles = 0;       ///< of one run
    Femtoseconds preparation;    ///< of the static graph, before the first run
    Bytes graph_memory;
    Snapshot counters;    ///< what grew during the runs; only counters that add up
    std::string numbers;  ///< "exact", a largest relative error, or empty with data off
};

/// Elaborates SystemC: once per process.
class OpBench {
  public:
    /// Throws ConfigError for an unknown device and for one that runs no kernels.
    OpBench(const SocConfig& config, OpBenchOptions options);
    OpBench(const OpBench&) = delete;
    OpBench& operator=(const OpBench&) = delete;
    ~OpBench();

    /// Every op starts in the same state: what an earlier one left in caches and memory is gone. Throws ConfigError
    /// when the device cannot run it, OutOfMemory, ModelError (also for wrong numbers).
    OpMeasurement measure(const std::string& label, const OpCase& op_case);

    /// Records, counters and memory of everything measured so far.
    [[nodiscard]] RunResult result();

    /// Clock of the device's compute units; of a CPU: of its fastest core in use.
    [[nodiscard]] Hertz clock() const;
    /// Caches and DRAM with their names, from the device downwards.
    [[nodiscard]] const std::vector<std::string>& memory_levels() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace handset
