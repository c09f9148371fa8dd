// SPDX-License-Identifier: Apache-2.0
// Writes one run to one HDF5 file that h5py, pandas, xarray and MATLAB read as is: typed tables, `units` attributes
// with short symbols, a dimension scale on every time axis. Equal results give byte-identical files.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/results/run_result.h"

namespace handset {

/// Throws ConfigError "cannot write <path>: <reason>"; then neither <path> nor <path>.part is left behind by this call.
void write_run_result(const std::string& path, const RunResult& result);

/// What depends on the host or the clock and must therefore stay out of the result.
struct HostFacts {
    double wall_seconds = 0;
    std::uint64_t peak_memory_bytes = 0;
    std::string date;  ///< ISO 8601, UTC
    std::string host;
    std::vector<std::pair<std::string, double>> point_seconds = {};  ///< of a sweep: key and wall time of each run
};

/// "out.h5" -> "out.host.json".
std::string host_json_path(const std::string& result_path);
void write_host_json(const std::string& path, const HostFacts& facts);

/// The times at which any tag changes, ascending, each once.
std::vector<Femtoseconds> memory_time_axis(const std::vector<MemorySeries>& memory);
/// The footprint at every time of the axis: the last sample at or before it, zero before the first.
std::vector<std::uint64_t> memory_at(const MemorySeries& series, const std::vector<Femtoseconds>& axis);

}  // namespace handset
