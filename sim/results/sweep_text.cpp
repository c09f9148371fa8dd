// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/base/text.h"
#include "sim/results/format.h"
#include "sim/results/sweep_result.h"

namespace handset {
namespace {

std::string cell(double value, const std::string& unit) {
    if (std::isnan(value)) {
        return "-";
    }
    return unit.empty() ? fmt::format("{:g}", value) : scale(value, unit).text();
}

std::string axis_cell(const SweepAxis& axis, const AxisValue& value) {
    return axis.text ? value.text : cell(value.number, axis.unit);
}

/// Rates and shares of use are better when larger, everything else (time, energy, memory) when smaller.
bool larger_is_better(const std::string& name) {
    return name.ends_with("_rate") || name.starts_with(metric::kUtilisationPrefix);
}

/// The id of a study's run says what its other columns say.
std::size_t shown_axes(const SweepResult& result) {
    return result.kind == "study" ? std::min<std::size_t>(result.axes.size(), 1) : result.axes.size();
}

/// All would be too wide a table: unless some were asked for, the first questions that people have.
std::vector<std::pair<std::string, std::string>> shown_metrics(const SweepResult& result) {
    std::vector<std::pair<std::string, std::string>> columns = metric_columns(result);
    if (result.metrics.empty()) {
        constexpr std::array kShown{metric::kTimeToFirstToken, metric::kPrefillRate,    metric::kDecodeRate,
                                    metric::kEnergy,           metric::kEnergyPerToken, metric::kPeakMemory};
        std::erase_if(columns, [&](const auto& column) {
            return std::find(kShown.begin(), kShown.end(), column.first) == kShown.end();
        });
    }
    return columns;
}

std::string label_of(const SweepResult& result, const SweepPoint& point) {
    if (result.kind == "study") {
        return point.values.front().text;
    }
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < result.axes.size(); ++i) {
        parts.push_back(result.axes[i].path + "=" + axis_cell(result.axes[i], point.values[i]));
    }
    return join(parts, " ");
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

std::string point_table(const SweepResult& result, std::size_t rows) {
    const auto metrics = shown_metrics(result);
    const std::size_t axes = shown_axes(result);
    TextTable table("r" + std::string(axes + metrics.size(), 'q') + "l");
    std::vector<std::string> heading{"point"};
    for (std::size_t axis = 0; axis < axes; ++axis) {
        heading.push_back(result.axes[axis].path);
    }
    for (const auto& [name, unit] : metrics) {
        heading.push_back(name);
    }
    table.row(heading);
    for (std::size_t i = 0; i < std::min(rows, result.points.size()); ++i) {
        const SweepPoint& point = result.points[i];
        const PointOutcome& outcome = outcome_of(result, point);
        std::vector<std::string> cells{std::to_string(point.index)};
        for (std::size_t axis = 0; axis < axes; ++axis) {
            cells.push_back(axis_cell(result.axes[axis], point.values[axis]));
        }
        for (const auto& [name, unit] : metrics) {
            cells.push_back(cell(metric_value(outcome, name), unit));
        }
        cells.push_back(outcome.done() ? "" : fmt::format("failed ({}): {}", outcome.code, first_line(outcome.error)));
        table.row(cells);
    }
    std::string text = table.text();
    if (rows < result.points.size()) {
        text += fmt::format("... and {} more points\n", result.points.size() - rows);
    }
    return text;
}

/// Where each metric is best and worst; metrics that do not vary are left out.
std::string extremes(const SweepResult& result) {
    TextTable table("lrlrl");
    table.row({"metric", "best", "at", "worst", "at"});
    bool any = false;
    for (const auto& [name, unit] : shown_metrics(result)) {
        const SweepPoint* best = nullptr;
        const SweepPoint* worst = nullptr;
        const auto value = [&, &metric = name](const SweepPoint* point) {
            const double number = metric_value(outcome_of(result, *point), metric);
            return larger_is_better(metric) ? -number : number;
        };
        for (const SweepPoint& point : result.points) {
            if (!std::isnan(value(&point))) {
                best = best == nullptr || value(&point) < value(best) ? &point : best;
                worst = worst == nullptr || value(&point) > value(worst) ? &point : worst;
            }
        }
        if (best != nullptr && value(best) != value(worst)) {
            any = true;
            table.row({name, cell(metric_value(outcome_of(result, *best), name), unit), label_of(result, *best),
                       cell(metric_value(outcome_of(result, *worst), name), unit), label_of(result, *worst)});
        }
    }
    return any ? "\n" + table.text() : "";
}

}  // namespace

std::string sweep_text(const SweepResult& result, std::size_t rows) {
    const auto failed = static_cast<std::size_t>(
        std::count_if(result.points.begin(), result.points.end(),
                      [&](const SweepPoint& point) { return !outcome_of(result, point).done(); }));
    std::string head = fmt::format("{} {}: {} points", result.kind, result.name, result.points.size());
    if (result.shards > 1) {
        head += fmt::format(" of {} (shard {}/{})", result.total_points, result.shard, result.shards);
    }
    head += failed == 0 ? "" : fmt::format(", {} failed", failed);
    return head + "\n\n" + point_table(result, rows) + extremes(result);
}

}  // namespace handset
