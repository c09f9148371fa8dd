// SPDX-License-Identifier: Apache-2.0
// The value of a finished run: everything a reader can ask about it, independent of any file format. It holds no fact
// of the host (wall time, date), so that equal inputs give equal results; those are HostFacts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/quantity.h"
#include "sim/stats/counters.h"
#include "sim/stats/op_record.h"
#include "sim/stats/request_record.h"
#include "sim/stats/time_series.h"

namespace handset {

/// A figure derived for people: base units ("s", "J", "B", "token/s", "1"), floating point allowed.
struct SummaryMetric {
    std::string name;
    std::string unit;
    double value = 0;

    friend bool operator==(const SummaryMetric&, const SummaryMetric&) = default;
};

/// Names of the metrics that printing knows how to word; others are printed under their own name.
namespace metric {
inline constexpr std::string_view kTimeToFirstToken = "time_to_first_token";  ///< s
inline constexpr std::string_view kTotalTime = "total_time";                  ///< s
inline constexpr std::string_view kPrefillRate = "prefill_rate";              ///< token/s
inline constexpr std::string_view kDecodeRate = "decode_rate";                ///< token/s
inline constexpr std::string_view kEnergy = "energy";                         ///< J
inline constexpr std::string_view kEnergyPerToken = "energy_per_token";       ///< J
inline constexpr std::string_view kPeakMemory = "peak_memory";                ///< B
inline constexpr std::string_view kUtilisationPrefix = "utilisation.";        ///< + device name; unit 1
}  // namespace metric

/// Bytes held under one tag over time, as a step function that is zero before the first sample.
struct MemorySeries {
    std::string tag;
    std::vector<Sample> samples;

    friend bool operator==(const MemorySeries&, const MemorySeries&) = default;
};

/// Rows that the data of a graph chose (outlier channels): what a run without data repeats.
struct GatherDecision {
    std::string phase;
    std::uint32_t step = 0;
    std::string tensor;  ///< that held their numbers
    std::vector<std::uint32_t> rows;

    friend bool operator==(const GatherDecision&, const GatherDecision&) = default;
};

struct RunResult {
    /// Provenance: inputs, versions, git, config hash, seed. Names are unique; order is kept.
    std::vector<std::pair<std::string, std::string>> attributes;
    std::string resolved_yaml;
    std::vector<SummaryMetric> summary;
    Snapshot counters;  ///< sorted by path
    std::vector<OpRecord> ops;
    std::vector<RequestRecord> requests;  ///< in the order of arrival; empty for a run of one prompt
    std::vector<TimeSeries> series;
    std::vector<MemorySeries> memory;
    std::vector<std::uint32_t> prompt_tokens;  ///< of all requests, one after the other
    std::vector<std::uint32_t> tokens;         ///< generated, likewise
    std::vector<GatherDecision> gathers;
    std::string text;  ///< of both, UTF-8 as far as the model produced it
};

/// Layout version of the HDF5 file; a reader rejects every other one.
inline constexpr std::uint32_t kResultSchemaVersion = 1;

/// The attribute's value, empty when there is none.
inline std::string_view attribute(const RunResult& result, std::string_view name) {
    for (const auto& [key, value] : result.attributes) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

}  // namespace handset
