// SPDX-License-Identifier: Apache-2.0
// A comparison for people, for CI servers and for a pull request. All three group counters by component, the component
// with the largest change first.
#pragma once

#include <string>
#include <vector>

#include "sim/results/compare.h"

namespace handset {

/// The verdict, then metrics, inputs and parameters that differ as context, then every difference.
std::string comparison_text(const Comparison& comparison);

/// JUnit XML: one test case per component, one for the judged summary metrics, one for the generated tokens.
std::string comparison_junit(const Comparison& comparison);

/// Markdown for a comment: verdict and metrics open, the rest folded and cut to what a comment holds.
std::string comparison_markdown(const Comparison& comparison, const std::string& base, const std::string& now);

/// "same: 140 counters equal, 3 inside their tolerance, 0 changed, 0 missing, 1 new"
std::string verdict_text(const Comparison& comparison);
/// "+8.1 %", "-0.0000123 %", "from 0": small changes must not round to nothing, an exact comparison found them.
std::string change_text(double relative);
/// Components in the order of their first, that is largest, difference.
std::vector<std::string> ranked_components(const std::vector<Difference>& differences);
/// The differences of one component, in the same order.
std::vector<Difference> of_component(const std::vector<Difference>& differences, const std::string& component);
Snapshot of_component(const Snapshot& rows, const std::string& component);
/// Base, new value and change of a metric as text: "4.075 ms", "(none)".
struct MetricCells {
    std::string base;
    std::string now;
    std::string change;
};
MetricCells metric_cells(const MetricDifference& row);

/// Tables of plain text, indented by two blanks.
std::string changed_table(const std::vector<Difference>& differences);
std::string counter_table(const Snapshot& rows);
std::string metric_table(const std::vector<MetricDifference>& rows);
/// "generated tokens differ from position 3 on"
std::string token_text(const Comparison& comparison);

}  // namespace handset
