// SPDX-License-Identifier: Apache-2.0
// Compares the counters of a run with an accepted baseline: integers, exactly. What the baseline lacks is reported but
// is no failure, because nothing accepted got worse; what the new run lacks is one.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/results/run_result.h"

namespace handset {

struct Difference {
    std::string path;
    std::string unit;
    std::uint64_t base = 0;
    std::uint64_t now = 0;
    double relative = 0;  ///< (now - base) / base; infinite when base is 0
};

struct AttributeDifference {
    std::string name;
    std::string base;
    std::string now;
};

struct Comparison {
    std::size_t equal = 0;
    std::vector<Difference> changed;  ///< largest relative change first, then by path
    Snapshot missing;                 ///< in the baseline only; also counters whose unit or kind changed
    Snapshot added;                   ///< in the new run only
    /// Counters looked at, per component (first part of the path), equal ones included.
    std::map<std::string, std::size_t> components;
    /// Position of the first generated token that differs, or where the shorter run ends.
    std::optional<std::size_t> first_other_token;
    /// Inputs, versions and the like that differ: why the runs may differ, never a failure.
    std::vector<AttributeDifference> attributes;

    /// No counter changed or is missing and the same tokens were generated.
    [[nodiscard]] bool passed() const { return changed.empty() && missing.empty() && !first_other_token; }
};

Comparison compare(const RunResult& base, const RunResult& now);

/// "npu0" of "npu0.dma.bytes_read".
std::string component_of(std::string_view counter_path);

/// For people: the verdict, then what changed, grouped by component, the component with the largest change first.
std::string comparison_text(const Comparison& comparison);

/// JUnit XML for CI: one test case per component and one for the generated tokens.
std::string comparison_junit(const Comparison& comparison);

}  // namespace handset
