// SPDX-License-Identifier: Apache-2.0
// How far a counter or a summary metric of a new run may lie from the accepted one, by rules on paths. Rules are read
// in order and the last one that matches a path wins, so that general rules come first and exceptions below them. What
// no rule matches is compared exactly. `summary.<metric>` and `tokens` are matched only by rules that name them:
// metrics follow from the counters, and generated tokens should not be let go by a `*`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/config/units.h"

namespace handset {

struct ShareUnit {
    static constexpr std::string_view kUnit = "ppb";
};
/// A part of something: "2 %", "150 ppm".
using Share = Quantity<ShareUnit>;
const UnitFamily& unit_family(ShareUnit);

struct ToleranceRule {
    std::string path;
    std::optional<Share> relative;
    std::optional<std::string> absolute;
    bool ignore = false;
    bool exact = false;
    SourceLocation where;  ///< of the rule, and of `absolute` where it has one

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("path", path,
                {.doc = "counters it is for, e.g. `dram.energy_*`, and metrics as `summary.prefill_rate`, generated "
                        "tokens as `tokens`; `*` stands for any characters, `?` for one"});
        v.field("relative", relative, {.doc = "largest change in parts of the accepted value"});
        v.field("absolute", absolute, {.doc = "largest change in the unit of what is matched, e.g. `10 us`"});
        v.field("ignore", ignore, {.doc = "any change, and being missing, is fine", .fallback = false});
        v.field("exact", exact, {.doc = "no change at all, below a wider rule", .fallback = false});
    }
    void check(Errors& errors) const;
};

/// Rules as they stand in a file.
struct ToleranceConfig {
    std::vector<ToleranceRule> rules;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("rules", rules, {.doc = "the last that matches wins; what none matches is compared exactly"});
    }
};

/// What one value may do.
struct Band {
    enum class Kind : std::uint8_t { exact, relative, absolute, ignore };
    Kind kind = Kind::exact;
    Share share;              ///< of relative ones
    std::uint64_t count = 0;  ///< of absolute ones, in the unit of the counter
    double amount = 0;        ///< of absolute ones, in the unit of the metric
    std::string text;         ///< "2 %", "10 us"; empty: exact

    [[nodiscard]] bool holds(std::uint64_t base, std::uint64_t now) const;
    [[nodiscard]] bool holds(double base, double now) const;
};

class Tolerances {
  public:
    /// Everything exactly.
    Tolerances() = default;
    explicit Tolerances(std::vector<ToleranceRule> rules) : rules_(std::move(rules)) {}

    /// Throw ConfigError at the rule when its absolute amount has another unit ("fs", "B", "MAC" ...; metrics: "s",
    /// "J", "token/s" ...).
    [[nodiscard]] Band for_counter(std::string_view path, std::string_view unit) const;
    /// Empty when no rule names the metric.
    [[nodiscard]] std::optional<Band> for_metric(std::string_view name, std::string_view unit) const;
    [[nodiscard]] bool ignores_tokens() const;

    /// "file:line:column: 'drma.*' matches nothing" for rules that match none of `paths`, summary. and tokens included.
    [[nodiscard]] std::vector<std::string> idle_rules(const std::vector<std::string>& paths) const;

  private:
    [[nodiscard]] const ToleranceRule* last_match(std::string_view path) const;

    std::vector<ToleranceRule> rules_;
};

/// Throws ConfigError with all problems of the file.
Tolerances load_tolerances(const std::string& file);

/// `*` any characters, `?` one.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace handset
