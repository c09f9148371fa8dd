// SPDX-License-Identifier: Apache-2.0
// The HDF5 file of a sweep or study: /points, /axes, /figures, /runs/<key>/summary and, when kept, counters.
#include <algorithm>
#include <limits>
#include <set>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "sim/results/hdf5_parts.h"
#include "sim/results/sweep_result.h"

namespace handset {
namespace {

using h5::Failure;
using h5::Handle;
using h5::Source;

void write_axes(hid_t file, const std::vector<SweepAxis>& axes) {
    h5::TableWriter table(axes.size());
    table.text("path", [&](std::size_t i) { return std::string_view(axes[i].path); });
    table.text("unit", [&](std::size_t i) { return std::string_view(axes[i].unit); });
    table.text("type", [&](std::size_t i) { return std::string_view(axes[i].text ? "text" : "number"); });
    table.write(file, "axes");
}

void write_points(hid_t file, const SweepResult& result) {
    const std::vector<SweepPoint>& points = result.points;
    const auto outcome = [&](std::size_t i) -> const PointOutcome& { return outcome_of(result, points[i]); };
    h5::TableWriter table(points.size());
    table.number("index", "", [&](std::size_t i) { return points[i].index; });
    table.text("key", [&](std::size_t i) { return std::string_view(points[i].key); });
    table.text("status", [&](std::size_t i) { return std::string_view(outcome(i).done() ? "done" : "failed"); });
    table.number("exit_code", "", [&](std::size_t i) { return std::int32_t{outcome(i).code}; });
    table.text("error", [&](std::size_t i) { return std::string_view(outcome(i).error); });
    for (std::size_t axis = 0; axis < result.axes.size(); ++axis) {
        const SweepAxis& column = result.axes[axis];
        if (column.text) {
            table.text(column.path, [&](std::size_t i) { return std::string_view(points[i].values[axis].text); });
        } else {
            table.number(column.path, column.unit, [&](std::size_t i) { return points[i].values[axis].number; });
        }
    }
    for (const auto& [name, unit] : metric_columns(result)) {
        table.number(name, unit, [&, &metric = name](std::size_t i) { return metric_value(outcome(i), metric); });
    }
    table.write(file, "points");
}

void write_figures(hid_t file, const std::vector<FigureRow>& figures) {
    h5::TableWriter table(figures.size());
    const auto text = [&](const char* column, std::string FigureRow::*member) {
        table.text(column, [&figures, member](std::size_t i) { return std::string_view(figures[i].*member); });
    };
    text("id", &FigureRow::id);
    text("kind", &FigureRow::kind);
    text("unit", &FigureRow::unit);
    text("published", &FigureRow::published);
    text("simulated", &FigureRow::simulated);
    table.number("ratio", "", [&](std::size_t i) { return figures[i].ratio; });
    table.number("tolerance", "", [&](std::size_t i) { return figures[i].tolerance; });
    text("verdict", &FigureRow::verdict);
    text("source", &FigureRow::source);
    text("note", &FigureRow::note);
    table.write(file, "figures");
}

void write_runs(hid_t file, const std::map<std::string, PointOutcome>& outcomes) {
    const Handle runs = h5::make_group(file, "runs");
    for (const auto& [key, outcome] : outcomes) {
        if (outcome.done()) {
            const Handle run = h5::make_group(runs.id(), key.c_str());
            h5::write_summary(run.id(), outcome.summary);
            if (!outcome.counters.empty()) {
                h5::write_counters(run.id(), outcome.counters);
            }
        }
    }
}

void fill(hid_t file, const SweepResult& result) {
    h5::write_attribute(file, "schema", std::string_view("handset sweep"));
    h5::write_attribute(file, "schema_version", kResultSchemaVersion);
    h5::write_attribute(file, "kind", std::string_view(result.kind));
    const Handle run = h5::make_group(file, "run");
    h5::write_attributes(run.id(), result.attributes);
    const Handle sweep = h5::make_group(file, "sweep");
    h5::write_attribute(sweep.id(), "name", std::string_view(result.name));
    h5::write_attribute(sweep.id(), "points", result.total_points);
    h5::write_attribute(sweep.id(), "shard", result.shard);
    h5::write_attribute(sweep.id(), "shards", result.shards);
    h5::write_attribute(sweep.id(), "metrics", std::string_view(join(result.metrics, ",")));
    const Handle config = h5::make_group(file, "config");
    h5::write_text(config.id(), "yaml", result.sweep_yaml);
    h5::write_text(config.id(), "base", result.base_yaml);
    write_axes(file, result.axes);
    write_points(file, result);
    if (result.kind == "study") {
        write_figures(file, result.figures);
    }
    write_runs(file, result.outcomes);
}

std::vector<SweepAxis> read_axes(const Source& source) {
    const h5::TableReader table(source.file, "axes", source.size);
    const auto paths = table.text("path");
    const auto units = table.text("unit");
    const auto types = table.text("type");
    std::vector<SweepAxis> axes;
    for (std::size_t i = 0; i < table.rows(); ++i) {
        axes.push_back({paths[i], units[i], types[i] == "text"});
    }
    return axes;
}

void read_points(const Source& source, SweepResult& result) {
    const h5::TableReader table(source.file, "points", source.size);
    const auto indices = table.integers("index");
    const auto keys = table.text("key");
    const auto codes = table.signed_integers("exit_code");
    const auto errors = table.text("error");
    std::vector<std::vector<AxisValue>> columns;
    for (const SweepAxis& axis : result.axes) {
        std::vector<AxisValue>& column = columns.emplace_back(table.rows());
        const auto texts = axis.text ? table.text(axis.path.c_str()) : std::vector<std::string>(table.rows());
        const auto numbers = axis.text ? std::vector<double>(table.rows()) : table.reals(axis.path.c_str());
        for (std::size_t i = 0; i < table.rows(); ++i) {
            column[i] = {numbers[i], texts[i]};
        }
    }
    for (std::size_t i = 0; i < table.rows(); ++i) {
        if (indices[i] >= result.total_points || (i > 0 && indices[i] <= indices[i - 1])) {
            throw Failure("table 'points' is not a part of a sweep of " + std::to_string(result.total_points));
        }
        SweepPoint& point = result.points.emplace_back();
        point = {static_cast<std::uint32_t>(indices[i]), keys[i], {}};
        for (const std::vector<AxisValue>& column : columns) {
            point.values.push_back(column[i]);
        }
        result.outcomes[keys[i]] = {codes[i], errors[i], {}, {}};
    }
}

void read_runs(const Source& source, std::map<std::string, PointOutcome>& outcomes) {
    const Handle runs = h5::open_group(source.file, "runs");
    for (auto& [key, outcome] : outcomes) {
        if (outcome.done()) {
            outcome.summary = h5::read_summary(source, "runs/" + key + "/summary");
            if (H5Lexists(source.file, ("runs/" + key + "/counters").c_str(), H5P_DEFAULT) > 0) {
                outcome.counters = h5::read_counters(source, "runs/" + key + "/counters");
            }
        }
    }
}

std::vector<FigureRow> read_figures(const Source& source) {
    const h5::TableReader table(source.file, "figures", source.size);
    std::vector<FigureRow> rows(table.rows());
    const auto text = [&](const char* column, std::string FigureRow::*member) {
        auto cells = table.text(column);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].*member = std::move(cells[i]);
        }
    };
    text("id", &FigureRow::id);
    text("kind", &FigureRow::kind);
    text("unit", &FigureRow::unit);
    text("published", &FigureRow::published);
    text("simulated", &FigureRow::simulated);
    text("verdict", &FigureRow::verdict);
    text("source", &FigureRow::source);
    text("note", &FigureRow::note);
    const auto ratios = table.reals("ratio");
    const auto tolerances = table.reals("tolerance");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].ratio = ratios[i];
        rows[i].tolerance = tolerances[i];
    }
    return rows;
}

SweepResult read_all(const Source& source) {
    h5::require_schema_name(source, "handset sweep");
    SweepResult result;
    result.kind = h5::text_attribute(source.file, "kind", source);
    result.attributes = h5::read_attributes(source, "run");
    const Handle sweep = h5::open_group(source.file, "sweep");
    result.name = h5::text_attribute(sweep.id(), "name", source);
    result.total_points = h5::number_attribute(sweep.id(), "points");
    result.shard = h5::number_attribute(sweep.id(), "shard");
    result.shards = h5::number_attribute(sweep.id(), "shards");
    if (result.shard < 1 || result.shard > result.shards) {
        throw Failure("is shard " + std::to_string(result.shard) + " of " + std::to_string(result.shards));
    }
    const std::string metrics = h5::text_attribute(sweep.id(), "metrics", source);
    result.metrics = metrics.empty() ? std::vector<std::string>{} : split(metrics, ',');
    result.sweep_yaml = h5::read_text(source, "config/yaml");
    result.base_yaml = h5::read_text(source, "config/base");
    result.axes = read_axes(source);
    read_points(source, result);
    read_runs(source, result.outcomes);
    if (result.kind == "study") {
        result.figures = read_figures(source);
    }
    return result;
}

}  // namespace

void write_sweep_result(const std::string& path, const SweepResult& result) {
    h5::write_file(path, [&](hid_t file) { fill(file, result); });
}

SweepResult read_sweep_result(const std::string& path) {
    SweepResult result;
    h5::read_file(path, [&](const Source& source) { result = read_all(source); });
    return result;
}

std::string result_kind(const std::string& path) {
    std::string kind;
    h5::read_file(path, [&](const Source& source) {
        const bool sweep = h5::schema_of(source) == "handset sweep";
        kind = sweep ? h5::text_attribute(source.file, "kind", source) : "run";
    });
    return kind;
}

}  // namespace handset
