// SPDX-License-Identifier: Apache-2.0
// Values of a sweep axis: texts as a user would write them, and what they are as numbers for tables and conditions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/results/sweep_result.h"

namespace handset {

/// A number with the unit of tables: "18 ns" is 1.8e-8 "s", "2 KiB" is 2048 "B", "7" is 7 "". None when it is a name.
struct ParsedValue {
    double number = 0;
    std::string unit;
};
std::optional<ParsedValue> parse_value(std::string_view text);

/// How steps lie between the ends of a range.
enum class AxisScale : std::uint8_t { linear, log };

/// `from`, `from + step` ... not beyond `to`. Exact; throws ConfigError when the three do not fit together.
std::vector<std::string> stepped_values(const std::string& from, const std::string& to, const std::string& step);
/// `count` values with both ends; whole numbers and quantities are rounded to whole base units, equal neighbours appear
/// once. Throws ConfigError when the ends do not fit together.
std::vector<std::string> spaced_values(const std::string& from, const std::string& to, std::size_t count,
                                       AxisScale scale);

/// The column of these texts: numbers when all are numbers of one unit, else names.
SweepAxis axis_of(const std::string& path, const std::vector<std::string>& values);
AxisValue axis_value(const SweepAxis& axis, const std::string& text);

/// "npu0.array.rows <= npu0.array.cols", "workload.policy != cpu_only": operands are axes, numbers or names.
class Condition {
  public:
    /// Throws ConfigError when it is no comparison or names an axis that is not among `axes`.
    Condition(std::string text, const std::vector<SweepAxis>& axes);

    [[nodiscard]] bool holds(const std::vector<AxisValue>& point) const;

  private:
    struct Operand {
        std::optional<std::size_t> axis;
        AxisValue value;
        SweepAxis type;
    };
    enum class Relation : std::uint8_t { less, less_equal, greater, greater_equal, equal, different };

    Operand operand(const std::string& text, const std::vector<SweepAxis>& axes) const;

    std::string text_;
    Relation relation_ = Relation::equal;
    Operand left_;
    Operand right_;
};

}  // namespace handset
