// SPDX-License-Identifier: Apache-2.0
// The value of a finished sweep or study: a table of points and what each of them gave. Holds no fact of the host, so
// that equal sweeps are equal however they were run. Single runs are RunResult.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/results/run_result.h"

namespace handset {

/// A column of the table: what was varied.
struct SweepAxis {
    std::string path;
    std::string unit;   ///< "s", "J", "B", "Hz", "B/s", "W", "V", "A"; empty: none
    bool text = false;  ///< names instead of numbers

    friend bool operator==(const SweepAxis&, const SweepAxis&) = default;
};

struct AxisValue {
    double number = 0;  ///< in the unit of the axis
    std::string text;   ///< of a text axis

    friend bool operator==(const AxisValue&, const AxisValue&) = default;
};

/// What one run gave: its figures, or why there are none.
struct PointOutcome {
    int code = 0;  ///< as the exit code of a run; 128 + signal when the process was killed
    std::string error;
    std::vector<SummaryMetric> summary;
    Snapshot counters;  ///< empty unless they were asked for

    [[nodiscard]] bool done() const { return code == 0; }
    friend bool operator==(const PointOutcome&, const PointOutcome&) = default;
};

struct SweepPoint {
    std::uint32_t index = 0;  ///< in the whole sweep
    std::string key;          ///< hash of its resolved input; points of equal input share their run
    std::vector<AxisValue> values;
};

/// A published figure beside the simulated one.
struct FigureRow {
    std::string id;
    std::string kind;
    std::string unit;
    std::string published;  ///< as text: a value, a range or a list
    std::string simulated;
    double ratio = 0;      ///< simulated / published, the worst of a list; 0: none
    double tolerance = 0;  ///< relative
    std::string verdict;
    std::string source;
    std::string note;
};

struct SweepResult {
    std::string kind = "sweep";  ///< or "study"
    std::string name;
    std::vector<std::pair<std::string, std::string>> attributes;  ///< provenance
    std::uint32_t shard = 1;                                      ///< this file holds points shard - 1 + k * shards
    std::uint32_t shards = 1;
    std::uint32_t total_points = 0;  ///< of all shards
    std::string sweep_yaml;
    std::string base_yaml;
    std::vector<SweepAxis> axes;
    std::vector<std::string> metrics;  ///< asked for; empty: all
    std::vector<SweepPoint> points;
    std::map<std::string, PointOutcome> outcomes;  ///< by key
    std::vector<FigureRow> figures;                ///< of a study
};

/// Name and unit of the metric columns of the table: those asked for, else all, in the order of their first appearance.
std::vector<std::pair<std::string, std::string>> metric_columns(const SweepResult& result);
/// Not a number when the point failed or its run has no such metric.
double metric_value(const PointOutcome& outcome, std::string_view name);
/// Of the provenance, empty when there is none.
std::string attribute_of(const SweepResult& result, std::string_view name);
/// Of a point; throws ModelError when the result does not hold it.
const PointOutcome& outcome_of(const SweepResult& result, const SweepPoint& point);

/// One result of the shards of one sweep, as if it had been run at once. Throws ConfigError that names what is missing
/// or differs; `names` are the files, for messages.
SweepResult merge_sweeps(std::vector<SweepResult> shards, const std::vector<std::string>& names);

/// Throws ConfigError "cannot write <path>: <reason>"; then no file is left behind by this call.
void write_sweep_result(const std::string& path, const SweepResult& result);
/// Throws ConfigError "<path>: <reason>".
SweepResult read_sweep_result(const std::string& path);
/// "run", "sweep" or "study"; throws as the readers do when it is no result.
std::string result_kind(const std::string& path);

/// For people: the table of points, at most `rows` of them, and where each metric is best and worst.
std::string sweep_text(const SweepResult& result, std::size_t rows = 60);

}  // namespace handset
