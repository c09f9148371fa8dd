// SPDX-License-Identifier: Apache-2.0
#include "sim/results/sweep_result.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {
namespace {

/// Shards of other inputs or of another program must not be mixed.
void require_equal(const SweepResult& first, const std::string& first_name, const SweepResult& other,
                   const std::string& name) {
    const auto differ = [&](const std::string& what) {
        throw ConfigError("cannot merge: " + first_name + " and " + name + " are of different " + what);
    };
    if (first.kind != other.kind || first.name != other.name) {
        differ("sweeps ('" + first.name + "' and '" + other.name + "')");
    }
    if (first.attributes != other.attributes) {
        for (const auto& [key, value] : first.attributes) {
            if (const std::string now = attribute_of(other, key); now != value) {
                differ(fmt::format("{} ('{}' and '{}')", key, value, now));
            }
        }
        differ("attributes");
    }
    if (first.sweep_yaml != other.sweep_yaml || first.axes != other.axes || first.metrics != other.metrics ||
        first.total_points != other.total_points) {
        differ("sweep configurations");
    }
    if (first.base_yaml != other.base_yaml) {
        differ("phones or workloads");
    }
}

/// Numbers for a message: "3, 7, 11, ..."
std::string some_of(const std::vector<std::uint32_t>& numbers) {
    constexpr std::size_t kShown = 10;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(numbers.size(), kShown); ++i) {
        texts.push_back(std::to_string(numbers[i]));
    }
    return join(texts, ", ") + (numbers.size() > kShown ? ", ..." : "");
}

}  // namespace

std::string attribute_of(const SweepResult& result, std::string_view name) {
    for (const auto& [key, value] : result.attributes) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

double metric_value(const PointOutcome& outcome, std::string_view name) {
    const auto found = std::find_if(outcome.summary.begin(), outcome.summary.end(),
                                    [&](const SummaryMetric& metric) { return metric.name == name; });
    return found == outcome.summary.end() ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

const PointOutcome& outcome_of(const SweepResult& result, const SweepPoint& point) {
    const auto found = result.outcomes.find(point.key);
    ensure(found != result.outcomes.end(), "a point of a sweep without its outcome");
    return found->second;
}

std::vector<std::pair<std::string, std::string>> metric_columns(const SweepResult& result) {
    std::vector<std::pair<std::string, std::string>> columns;
    std::map<std::string, std::string> units;
    for (const SweepPoint& point : result.points) {
        for (const SummaryMetric& metric : outcome_of(result, point).summary) {
            if (units.emplace(metric.name, metric.unit).second) {
                columns.emplace_back(metric.name, metric.unit);
            }
        }
    }
    if (result.metrics.empty()) {
        return columns;
    }
    columns.clear();
    for (const std::string& name : result.metrics) {
        const auto found = units.find(name);
        columns.emplace_back(name, found == units.end() ? "" : found->second);
    }
    return columns;
}

SweepResult merge_sweeps(std::vector<SweepResult> shards, const std::vector<std::string>& names) {
    ensure(!shards.empty() && shards.size() == names.size(), "nothing to merge");
    SweepResult merged = shards.front();
    merged.points.clear();
    merged.outcomes.clear();
    merged.shard = 1;
    merged.shards = 1;
    std::map<std::uint32_t, std::size_t> owner;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        require_equal(shards.front(), names.front(), shards[i], names[i]);
        for (SweepPoint& point : shards[i].points) {
            const auto [slot, fresh] = owner.emplace(point.index, i);
            if (!fresh) {
                throw ConfigError("cannot merge: " + names[slot->second] + " and " + names[i] + " both hold point " +
                                  std::to_string(point.index));
            }
            merged.points.push_back(std::move(point));
        }
        merged.outcomes.merge(shards[i].outcomes);
    }
    std::vector<std::uint32_t> missing;
    for (std::uint32_t index = 0; index < merged.total_points; ++index) {
        if (!owner.contains(index)) {
            missing.push_back(index);
        }
    }
    if (!missing.empty()) {
        throw ConfigError(
            "cannot merge: " + std::to_string(missing.size()) + " of " + std::to_string(merged.total_points) +
            " points are in none of the files: " + some_of(missing) + " (each file is one shard, all are needed)");
    }
    std::sort(merged.points.begin(), merged.points.end(),
              [](const SweepPoint& a, const SweepPoint& b) { return a.index < b.index; });
    return merged;
}

}  // namespace handset
