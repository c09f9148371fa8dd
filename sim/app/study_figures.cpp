// SPDX-License-Identifier: Apache-2.0
#include "sim/app/study_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "sim/app/study_expression.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/base/text.h"
#include "sim/config/scalar.h"

namespace handset {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A metric of the summary, or a counter in the units of tables.
std::optional<double> metric_of(const PointOutcome& outcome, const std::string& name) {
    for (const SummaryMetric& metric : outcome.summary) {
        if (metric.name == name) {
            return metric.value;
        }
    }
    for (const CounterValue& row : outcome.counters) {
        if (row.path == name) {
            const bool small = row.unit == Femtoseconds::unit() || row.unit == Femtojoules::unit();
            return static_cast<double>(row.value) * (small ? 1e-15 : 1.0);
        }
    }
    return std::nullopt;
}

std::vector<std::string> metric_names(const PointOutcome& outcome) {
    std::vector<std::string> names;
    for (const SummaryMetric& metric : outcome.summary) {
        names.push_back(metric.name);
    }
    for (const CounterValue& row : outcome.counters) {
        names.push_back(row.path);
    }
    return names;
}

std::string metric_part(const std::string& reference) {
    std::size_t at = 0;
    for (int part = 0; part < 4; ++part) {
        at = reference.find('.', at) + 1;
    }
    return reference.substr(at);
}

std::vector<double> look_up(const std::string& reference, const std::vector<StudyRun>& runs,
                            const SweepResult& result) {
    const std::string name = metric_part(reference);
    std::vector<double> values;
    for (const std::size_t run : matching_runs(runs, reference)) {
        const PointOutcome& outcome = outcome_of(result, result.points[run]);
        const std::optional<double> value = metric_of(outcome, name);
        if (outcome.done() && !value) {
            constexpr std::size_t kShown = 30;
            std::vector<std::string> known = metric_names(outcome);
            const std::string nearest = nearest_name(name, known);
            known.resize(std::min(known.size(), kShown));
            const std::string help = nearest.empty() ? fmt::format(" (known: {})", join(known, ", "))
                                                     : fmt::format(", did you mean '{}'?", nearest);
            throw ConfigError(fmt::format("'{}': run {} has no metric '{}'{}", reference, runs[run].id, name, help));
        }
        values.push_back(value.value_or(kNone));
    }
    return values;
}

/// Four digits, without an exponent below ten million.
std::string number_text(double value) {
    if (std::isnan(value)) {
        return "-";
    }
    return std::abs(value) >= 1e4 && std::abs(value) < 1e7 ? fmt::format("{:.0f}", value)
                                                           : fmt::format("{:.4g}", value);
}

std::string text_of(const std::vector<double>& values, const char* separator) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const double value : values) {
        texts.push_back(number_text(value));
    }
    return join(texts, separator);
}

bool within(double ratio, double tolerance) {
    // Ends belong to the band although they have no exact binary value.
    constexpr double kRounding = 1e-12;
    return std::abs(ratio - 1) <= tolerance + kRounding;
}

/// Of several ratios the one furthest from 1.
double furthest(const std::vector<double>& ratios) {
    return *std::max_element(ratios.begin(), ratios.end(),
                             [](double a, double b) { return std::abs(std::log(a)) < std::abs(std::log(b)); });
}

/// Positions from the largest value to the smallest.
std::vector<std::size_t> ranking(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    return order;
}

bool in_order(const FigureConfig& figure, const std::vector<double>& values) {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        return false;  // equal values have no order
    }
    if (figure.published.empty()) {
        return std::is_sorted(values.rbegin(), values.rend());
    }
    return ranking(values) == ranking(figure.published);
}

/// Whether the values agree; sets the ratio of the row.
bool agree(const FigureConfig& figure, const std::vector<double>& values, double tolerance, double& ratio) {
    const std::vector<double>& published = figure.published;
    std::vector<double> ratios;
    switch (figure.kind) {
        case FigureKind::absolute:
        case FigureKind::ratio:
            ratios = {values.front() / published.front()};
            break;
        case FigureKind::range:
            for (const double value : values) {
                const double low = value < published[0] ? value / published[0] : 1.0;
                ratios.push_back(value > published[1] ? value / published[1] : low);
            }
            break;
        case FigureKind::shape:
            for (std::size_t i = 0; i < values.size(); ++i) {
                ratios.push_back(values[i] / values.front() / (published[i] / published.front()));
            }
            break;
        case FigureKind::order:
            return in_order(figure, values);
    }
    ratio = furthest(ratios);
    return std::all_of(ratios.begin(), ratios.end(), [&](double one) { return within(one, tolerance); });
}

void require_count(const FigureConfig& figure, std::size_t count) {
    const auto fail = [&](const std::string& expected) {
        throw ConfigError("expected " + expected + ", the expressions give " + std::to_string(count));
    };
    switch (figure.kind) {
        case FigureKind::absolute:
        case FigureKind::ratio:
            if (count != 1) {
                fail("one value");
            }
            break;
        case FigureKind::range:
            if (count == 0) {
                fail("at least one value");
            }
            break;
        case FigureKind::order:
            if (count < 2 || (!figure.published.empty() && figure.published.size() != count)) {
                fail(figure.published.empty() ? "at least two values"
                                              : std::to_string(figure.published.size()) + " values");
            }
            break;
        case FigureKind::shape:
            if (count != figure.published.size()) {
                fail(std::to_string(figure.published.size()) + " values");
            }
            break;
    }
}

}  // namespace

bool fails(const FigureRow& row) {
    return row.verdict != verdict::kOk && row.verdict != verdict::kDeviation;
}

FigureRow compare_figure(const FigureConfig& figure, const std::vector<double>& values) {
    require_count(figure, values.size());
    FigureRow row;
    row.id = figure.id;
    row.kind = print_enum(figure.kind);
    row.unit = figure.unit;
    row.published = text_of(figure.published, figure.kind == FigureKind::range ? " .. " : ", ");
    row.simulated = text_of(values, ", ");
    row.tolerance = figure.relative_tolerance().value_or(0);
    row.source = figure.source;
    row.note = figure.note;
    if (figure.kind == FigureKind::order) {
        row.tolerance = 0;
        row.published = figure.published.empty() ? "falling" : row.published;
    }
    if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
        row.verdict = verdict::kNoResult;
        return row;
    }
    const bool inside = agree(figure, values, row.tolerance, row.ratio);
    if (figure.expect == FigureExpectation::deviates) {
        row.verdict = inside ? verdict::kAgreesNow : verdict::kDeviation;
    } else {
        row.verdict = inside ? verdict::kOk : verdict::kOutside;
    }
    return row;
}

std::vector<FigureRow> compare_figures(const StudyConfig& study, const std::vector<StudyRun>& runs,
                                       const SweepResult& result) {
    std::vector<FigureRow> rows;
    std::vector<std::string> problems;
    const auto lookup = [&](const std::string& reference) { return look_up(reference, runs, result); };
    for (const FigureConfig& figure : study.figures) {
        try {
            std::vector<double> values;
            for (const std::string& text : figure.value) {
                const std::vector<double> some = Expression(text).evaluate(lookup);
                values.insert(values.end(), some.begin(), some.end());
            }
            rows.push_back(compare_figure(figure, values));
        } catch (const ConfigError& error) {
            problems.push_back("figure '" + figure.id + "': " + error.what());
        }
    }
    if (!problems.empty()) {
        throw ConfigError(join(problems, "\n"));
    }
    return rows;
}

}  // namespace handset
