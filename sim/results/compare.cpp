// SPDX-License-Identifier: Apache-2.0
#include "sim/results/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/config/yaml_document.h"

namespace handset {
namespace {

/// Taken on integers first: 2^60 and 2^60 + 1 are the same double.
double relative_count(std::uint64_t base, std::uint64_t now) {
    if (base == 0) {
        return now == 0 ? 0 : std::numeric_limits<double>::infinity();
    }
    const double size = static_cast<double>(now > base ? now - base : base - now) / static_cast<double>(base);
    return now > base ? size : -size;
}

void sort_by_size(std::vector<Difference>& differences) {
    std::stable_sort(differences.begin(), differences.end(), [](const Difference& a, const Difference& b) {
        return std::abs(a.relative) > std::abs(b.relative);
    });
}

class CounterComparison {
  public:
    CounterComparison(const Tolerances& tolerances, Comparison& out) : tolerances_(tolerances), out_(out) {}

    void run(const Snapshot& base, const Snapshot& now) {
        auto left = base.begin();
        auto right = now.begin();
        while (left != base.end() || right != now.end()) {
            if (right == now.end() || (left != base.end() && left->path < right->path)) {
                ++out_.components[component_of(left->path)];
                lost(*left++);
            } else if (left == base.end() || right->path < left->path) {
                ++out_.components[component_of(right->path)];
                out_.added.push_back(*right++);
            } else {
                both(*left++, *right++);
            }
        }
        sort_by_size(out_.changed);
        sort_by_size(out_.tolerated);
    }

  private:
    void lost(const CounterValue& base) {
        if (tolerances_.for_counter(base.path, base.unit).kind == Band::Kind::ignore) {
            ++out_.ignored;
        } else {
            out_.missing.push_back(base);
        }
    }

    void both(const CounterValue& base, const CounterValue& now) {
        ++out_.components[component_of(base.path)];
        if (base.unit != now.unit || base.kind != now.kind) {
            lost(base);
            out_.added.push_back(now);
            return;
        }
        // Before the values are looked at: a wrong unit in the rules is told even while all is equal.
        const Band band = tolerances_.for_counter(base.path, base.unit);
        if (base.value == now.value) {
            ++out_.equal;
        } else if (band.kind == Band::Kind::ignore) {
            ++out_.ignored;
        } else {
            std::vector<Difference>& list = band.holds(base.value, now.value) ? out_.tolerated : out_.changed;
            list.push_back(
                {base.path, base.unit, base.value, now.value, relative_count(base.value, now.value), band.text});
        }
    }

    const Tolerances& tolerances_;
    Comparison& out_;
};

const SummaryMetric* find_metric(const RunResult& result, const std::string& name) {
    const auto found = std::find_if(result.summary.begin(), result.summary.end(),
                                    [&](const SummaryMetric& row) { return row.name == name; });
    return found == result.summary.end() ? nullptr : &*found;
}

void compare_summaries(const RunResult& base, const RunResult& now, const Tolerances& tolerances, Comparison& out) {
    for (const SummaryMetric& was : base.summary) {
        const SummaryMetric* is = find_metric(now, was.name);
        is = is != nullptr && is->unit == was.unit ? is : nullptr;
        const std::optional<Band> band = tolerances.for_metric(was.name, was.unit);
        if (is != nullptr && Band{}.holds(was.value, is->value)) {
            continue;
        }
        MetricDifference row{was.name, was.unit, was.value, std::nullopt, band ? band->text : "", false};
        if (is != nullptr) {
            row.now = is->value;
            row.outside = band && !band->holds(was.value, is->value);
        } else {
            row.outside = band && band->kind != Band::Kind::ignore;
        }
        out.summary.push_back(std::move(row));
    }
    for (const SummaryMetric& is : now.summary) {
        const SummaryMetric* const was = find_metric(base, is.name);
        if (was == nullptr || was->unit != is.unit) {
            out.summary.push_back({is.name, is.unit, std::nullopt, is.value, "", false});
        }
    }
}

std::vector<TextDifference> differences(const std::vector<std::pair<std::string, std::string>>& base,
                                        const std::vector<std::pair<std::string, std::string>>& now) {
    const std::map<std::string, std::string> before(base.begin(), base.end());
    const std::map<std::string, std::string> after(now.begin(), now.end());
    std::vector<TextDifference> out;
    for (const auto& [name, value] : base) {
        const auto found = after.find(name);
        if (found == after.end() || found->second != value) {
            out.push_back({name, value, found == after.end() ? "" : found->second});
        }
    }
    for (const auto& [name, value] : now) {
        if (!before.contains(name)) {
            out.push_back({name, "", value});
        }
    }
    return out;
}

void flatten(const Node& node, const std::string& path, std::vector<std::pair<std::string, std::string>>& out) {
    if (node.kind == Node::Kind::scalar) {
        out.emplace_back(path, node.scalar);
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const std::string name = node.kind == Node::Kind::map ? node.children[i].key : std::to_string(i);
        flatten(node.children[i], path.empty() ? name : fmt::format("{}.{}", path, name), out);
    }
}

/// Dotted paths with their values; nothing when the text is no configuration, which is no matter of a comparison.
std::vector<std::pair<std::string, std::string>> parameters_of(const std::string& yaml) {
    Errors ignored;
    const std::optional<Node> root = parse_yaml(yaml, {"configuration", {}}, ignored);
    std::vector<std::pair<std::string, std::string>> out;
    if (root) {
        flatten(*root, "", out);
    }
    return out;
}

std::vector<std::string> judged_paths(const RunResult& base, const RunResult& now) {
    std::vector<std::string> paths{"tokens"};
    for (const RunResult* result : {&base, &now}) {
        for (const CounterValue& row : result->counters) {
            paths.push_back(row.path);
        }
        for (const SummaryMetric& row : result->summary) {
            paths.push_back("summary." + row.name);
        }
    }
    return paths;
}

}  // namespace

std::string component_of(std::string_view counter_path) {
    return std::string(counter_path.substr(0, counter_path.find('.')));
}

double relative_change(double base, double now) {
    if (base == 0) {
        return now == 0 ? 0 : std::numeric_limits<double>::infinity();
    }
    return (now - base) / std::abs(base);
}

std::size_t Comparison::metrics_outside() const {
    return static_cast<std::size_t>(
        std::count_if(summary.begin(), summary.end(), [](const MetricDifference& row) { return row.outside; }));
}

Comparison compare(const RunResult& base, const RunResult& now, const Tolerances& tolerances) {
    Comparison out;
    CounterComparison(tolerances, out).run(base.counters, now.counters);
    compare_summaries(base, now, tolerances, out);
    out.attributes = differences(base.attributes, now.attributes);
    if (base.resolved_yaml != now.resolved_yaml) {
        out.parameters = differences(parameters_of(base.resolved_yaml), parameters_of(now.resolved_yaml));
    }
    if (base.tokens != now.tokens && !tolerances.ignores_tokens()) {
        const auto ends = std::mismatch(base.tokens.begin(), base.tokens.end(), now.tokens.begin(), now.tokens.end());
        out.first_other_token = static_cast<std::size_t>(ends.first - base.tokens.begin());
    }
    out.idle_rules = tolerances.idle_rules(judged_paths(base, now));
    return out;
}

}  // namespace handset
