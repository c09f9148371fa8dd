// SPDX-License-Identifier: Apache-2.0
// Compares the runs of a study with the published figures, and words the comparison.
#pragma once

#include <string>
#include <vector>

#include "sim/app/study_config.h"
#include "sim/results/sweep_result.h"

namespace handset {

namespace verdict {
inline constexpr const char* kOk = "ok";
inline constexpr const char* kOutside = "OUTSIDE";
inline constexpr const char* kDeviation = "deviation";   ///< outside, as its note expects
inline constexpr const char* kAgreesNow = "AGREES NOW";  ///< inside although its note expects a miss: an error
inline constexpr const char* kNoResult = "NO RESULT";    ///< a run that it needs failed
}  // namespace verdict

/// One row per figure, in order. `result.points[i]` is `runs[i]`. Throws ConfigError for metrics that no run has.
std::vector<FigureRow> compare_figures(const StudyConfig& study, const std::vector<StudyRun>& runs,
                                       const SweepResult& result);
/// Of one figure with these simulated values.
FigureRow compare_figure(const FigureConfig& figure, const std::vector<double>& values);

/// Neither ok nor an expected deviation.
bool fails(const FigureRow& row);

/// published | simulated | ratio | verdict, aligned.
std::string figures_text(const std::vector<FigureRow>& rows);
/// A page of Markdown: the table with sources and notes, the systems, the runs.
std::string study_markdown(const StudyConfig& study, const SweepResult& result);

}  // namespace handset
