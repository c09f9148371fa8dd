// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/results/comparison_report.h"
#include "sim/results/format.h"

namespace handset {
namespace {

constexpr std::size_t kMostParameters = 20;

std::string or_none(const std::string& value) {
    return value.empty() ? "(none)" : value;
}

std::string inputs_table(const std::vector<TextDifference>& rows, std::size_t most) {
    TextTable table("lll");
    for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
        table.row({rows[i].name, or_none(rows[i].base), "-> " + or_none(rows[i].now)});
    }
    return table.text(2) + (rows.size() > most ? fmt::format("  and {} more\n", rows.size() - most) : "");
}

/// "4,934 B"; a plain count has no unit.
std::string with_unit(std::uint64_t value, const std::string& unit) {
    return grouped(value) + (unit == "1" ? "" : " " + unit);
}

std::string section(const std::string& heading, const std::string& table) {
    return table.empty() ? "" : "\n" + heading + "\n" + table;
}

}  // namespace

std::string change_text(double relative) {
    if (std::isinf(relative)) {
        return "from 0";
    }
    const double value = relative * 100;
    return std::abs(value) >= 0.005 ? fmt::format("{:+.2f} %", value) : fmt::format("{:+.2g} %", value);
}

std::vector<std::string> ranked_components(const std::vector<Difference>& differences) {
    std::vector<std::string> names;
    for (const Difference& difference : differences) {
        std::string name = component_of(difference.path);
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

std::vector<Difference> of_component(const std::vector<Difference>& differences, const std::string& component) {
    std::vector<Difference> out;
    std::copy_if(differences.begin(), differences.end(), std::back_inserter(out),
                 [&](const Difference& row) { return component_of(row.path) == component; });
    return out;
}

Snapshot of_component(const Snapshot& rows, const std::string& component) {
    Snapshot out;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(out),
                 [&](const CounterValue& row) { return component_of(row.path) == component; });
    return out;
}

MetricCells metric_cells(const MetricDifference& row) {
    const auto text = [&](const std::optional<double>& value) {
        return value ? scale(*value, row.unit).text() : std::string("(none)");
    };
    return {text(row.base), text(row.now),
            row.base && row.now ? change_text(relative_change(*row.base, *row.now)) : std::string()};
}

std::string changed_table(const std::vector<Difference>& differences) {
    const bool rules = std::any_of(differences.begin(), differences.end(),
                                   [](const Difference& difference) { return !difference.allowed.empty(); });
    TextTable table(rules ? "lrqrr" : "lrqr");
    table.row({"counter", "base", "now", "change", "allowed"});
    for (const Difference& row : differences) {
        table.row({row.path, grouped(row.base), with_unit(row.now, row.unit), change_text(row.relative), row.allowed});
    }
    return differences.empty() ? "" : table.text(2);
}

std::string counter_table(const Snapshot& rows) {
    TextTable table("lq");
    for (const CounterValue& row : rows) {
        table.row({row.path, with_unit(row.value, row.unit)});
    }
    return table.text(2);
}

std::string metric_table(const std::vector<MetricDifference>& rows) {
    TextTable table("lqqrl");
    for (const MetricDifference& row : rows) {
        const MetricCells cells = metric_cells(row);
        const std::string judged = row.allowed.empty() ? "" : "allowed " + row.allowed;
        table.row({row.name, cells.base, cells.now, cells.change, row.outside ? "OUTSIDE, " + judged : judged});
    }
    return table.text(2);
}

std::string token_text(const Comparison& comparison) {
    return comparison.first_other_token
               ? fmt::format("generated tokens differ from position {} on", *comparison.first_other_token)
               : "";
}

std::string verdict_text(const Comparison& comparison) {
    std::string out = comparison.passed() ? "same: " : "DIFFERENT: ";
    out += fmt::format("{} counters equal, ", comparison.equal);
    if (!comparison.tolerated.empty()) {
        out += fmt::format("{} inside their tolerance, ", comparison.tolerated.size());
    }
    out += fmt::format("{} changed, {} missing, {} new", comparison.changed.size(), comparison.missing.size(),
                       comparison.added.size());
    if (comparison.ignored > 0) {
        out += fmt::format(", {} ignored", comparison.ignored);
    }
    if (comparison.metrics_outside() > 0) {
        out += fmt::format(", {} summary metrics outside", comparison.metrics_outside());
    }
    return out;
}

std::string comparison_text(const Comparison& comparison) {
    std::string out = verdict_text(comparison) + "\n";
    out += comparison.first_other_token ? token_text(comparison) + "\n" : "";
    for (const std::string& rule : comparison.idle_rules) {
        out += rule + "\n";
    }
    out += section("inputs that differ", inputs_table(comparison.attributes, comparison.attributes.size()));
    out += section("parameters that differ", inputs_table(comparison.parameters, kMostParameters));
    out += section("summary", metric_table(comparison.summary));
    for (const std::string& component : ranked_components(comparison.changed)) {
        out += section(component, changed_table(of_component(comparison.changed, component)));
    }
    out += section("missing (in the baseline only)", counter_table(comparison.missing));
    out += section("new (not in the baseline)", counter_table(comparison.added));
    return out + section("inside their tolerance", changed_table(comparison.tolerated));
}

}  // namespace handset
