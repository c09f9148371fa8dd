// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/app/study_figures.h"
#include "sim/base/text.h"
#include "sim/results/format.h"

namespace handset {

namespace {

std::string ratio_text(const FigureRow& row) {
    return row.ratio == 0 ? "-" : fmt::format("{:.2f}", row.ratio);
}

std::string tolerance_text(const FigureRow& row) {
    return row.kind == "order" ? "-" : fmt::format("{:g} %", row.tolerance * 100);
}

std::string with_unit(const std::string& value, const std::string& unit) {
    return unit.empty() || unit == "1" ? value : value + " " + unit;
}

/// A cell of a Markdown table: one line without bars.
std::string cell(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
        text.insert(at, "\\");
    }
    return text;
}

std::string row_of(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& text : cells) {
        line += " " + cell(text) + " |";
    }
    return line + "\n";
}

std::string figures_section(const std::vector<FigureRow>& figures) {
    std::string out = "\n## Published and simulated\n\n";
    out += row_of({"figure", "published", "simulated", "ratio", "tolerance", "verdict", "source"});
    out += "|---|---:|---:|---:|---:|---|---|\n";
    for (const FigureRow& row : figures) {
        out += row_of({row.id, with_unit(row.published, row.unit), with_unit(row.simulated, row.unit), ratio_text(row),
                       tolerance_text(row), row.verdict, row.source});
    }
    std::string notes;
    for (const FigureRow& row : figures) {
        if (!row.note.empty()) {
            notes += "- `" + row.id + "` (" + row.verdict + "): " + row.note + "\n";
        }
    }
    return out + (notes.empty() ? "" : "\nNotes:\n\n" + notes);
}

std::string systems_section(const StudyConfig& study) {
    std::string out = "\n## Systems\n\n";
    for (const auto& [name, system] : study.systems) {
        out += "- `" + name + "`: " + (system.doc.empty() ? "no changes" : system.doc) + "\n";
    }
    return out;
}

std::string runs_section(const SweepResult& result) {
    const std::vector<std::pair<std::string, std::string>> shown{{"time_to_first_token", "s"},
                                                                 {"prefill_rate", "token/s"},
                                                                 {"decode_rate", "token/s"},
                                                                 {"energy", "J"},
                                                                 {"peak_memory", "B"}};
    std::vector<std::string> heading{"run"};
    std::string line = "|---|";
    for (const auto& [name, unit] : shown) {
        heading.push_back(name);
        line += "---:|";
    }
    std::string out = "\n## Runs\n\n" + row_of(heading) + line + "\n";
    for (const SweepPoint& point : result.points) {
        const PointOutcome& outcome = outcome_of(result, point);
        std::vector<std::string> cells{point.values.front().text};
        for (const auto& [name, unit] : shown) {
            const double value = metric_value(outcome, name);
            cells.push_back(std::isnan(value) ? "-" : scale(value, unit).text());
        }
        if (!outcome.done()) {
            cells.front() += fmt::format(" (failed, {}: {})", outcome.code, outcome.error);
        }
        out += row_of(cells);
    }
    return out;
}

}  // namespace

std::string figures_text(const std::vector<FigureRow>& rows) {
    TextTable table("lrrrrl");
    table.row({"figure", "published", "simulated", "ratio", "tolerance", "verdict"});
    for (const FigureRow& row : rows) {
        table.row({row.id, with_unit(row.published, row.unit), with_unit(row.simulated, row.unit), ratio_text(row),
                   tolerance_text(row), row.verdict});
    }
    return table.text();
}

std::string study_markdown(const StudyConfig& study, const SweepResult& result) {
    std::string out = "# " + study.title + "\n\nSource: " + study.source + "\n";
    out += study.description.empty() ? "" : "\n" + study.description + "\n";
    return out + figures_section(result.figures) + systems_section(study) + runs_section(result);
}

}  // namespace handset
