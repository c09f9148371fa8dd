// SPDX-License-Identifier: Apache-2.0
// Compares the counters of a run with an accepted baseline: integers, exactly or within tolerances. What the baseline
// lacks is reported but is no failure, because nothing accepted got worse; what the new run lacks is one. Summary
// metrics, inputs and configuration are context: metrics are judged only where a rule names them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/results/run_result.h"
#include "sim/results/tolerances.h"

namespace handset {

struct Difference {
    std::string path;
    std::string unit;
    std::uint64_t base = 0;
    std::uint64_t now = 0;
    double relative = 0;  ///< (now - base) / base; infinite when base is 0
    std::string allowed;  ///< by the rule for it, e.g. "2 %"; empty: nothing
};

struct MetricDifference {
    std::string name;
    std::string unit;
    std::optional<double> base;  ///< absent: a new metric
    std::optional<double> now;   ///< absent: a missing one
    std::string allowed;         ///< empty: exact, or context only
    bool outside = false;        ///< of the band that a rule gives it
};

/// Of an attribute or a parameter; empty: it has none.
struct TextDifference {
    std::string name;
    std::string base;
    std::string now;
};

struct Comparison {
    std::size_t equal = 0;
    std::size_t ignored = 0;                ///< different or missing, but a rule says that this is fine
    std::vector<Difference> changed;        ///< outside; largest relative change first, then by path
    std::vector<Difference> tolerated;      ///< different, inside; in the same order
    Snapshot missing;                       ///< in the baseline only; also counters whose unit or kind changed
    Snapshot added;                         ///< in the new run only
    std::vector<MetricDifference> summary;  ///< metrics that differ, in the order of the summary
    /// Counters looked at, per component (first part of the path), equal ones included.
    std::map<std::string, std::size_t> components;
    /// Position of the first generated token that differs, or where the shorter run ends.
    std::optional<std::size_t> first_other_token;
    /// Inputs, versions and the like that differ: why the runs may differ, never a failure.
    std::vector<TextDifference> attributes;
    /// Parameters that differ, by path.
    std::vector<TextDifference> parameters;
    std::vector<std::string> idle_rules;  ///< where they stand; they match nothing, perhaps misspelt

    [[nodiscard]] std::size_t metrics_outside() const;
    /// No counter is outside or missing, no judged metric outside, and the same tokens were generated.
    [[nodiscard]] bool passed() const {
        return changed.empty() && missing.empty() && !first_other_token && metrics_outside() == 0;
    }
};

/// Throws ConfigError when a rule's absolute amount has the wrong unit for what it matches.
Comparison compare(const RunResult& base, const RunResult& now, const Tolerances& tolerances = {});

/// "npu0" of "npu0.dma.bytes_read".
std::string component_of(std::string_view counter_path);

/// (now - base) / base; infinite when base is 0.
double relative_change(double base, double now);

}  // namespace handset
