// SPDX-License-Identifier: Apache-2.0
// GitHub cuts comments off at 65,536 characters, so every table is cut to what a reader looks at anyway.
#include <algorithm>

#include <fmt/format.h>

#include "sim/results/comparison_report.h"
#include "sim/results/format.h"

namespace handset {
namespace {

constexpr std::size_t kMostRows = 15;      ///< of one table
constexpr std::size_t kMostTables = 20;    ///< of changed components
constexpr std::size_t kMostLetters = 160;  ///< of a value, such as a prompt

/// Text for a cell: nothing in it is taken for markup or ends the cell.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kMostLetters)) {
        if (c == '\n' || c == '\r') {
            out += ' ';
        } else if (std::string_view("\\`*{}[]<>|~#@&").find(c) != std::string_view::npos) {
            out += fmt::format("&#{};", static_cast<int>(c));
        } else {
            out += c;
        }
    }
    return out + (text.size() > kMostLetters ? " ..." : "");
}

/// A table of at most kMostRows rows; `alignment`: 'l' or 'r' per column.
class MarkdownTable {
  public:
    MarkdownTable(std::string_view alignment, const std::vector<std::string>& heading) {
        write(heading);
        for (const char side : alignment) {
            text_ += side == 'r' ? "|---:" : "|:---";
        }
        text_ += "|\n";
    }

    void row(const std::vector<std::string>& cells) {
        if (rows_++ < kMostRows) {
            write(cells);
        }
    }
    [[nodiscard]] std::string text() const {
        const std::string more = rows_ > kMostRows ? fmt::format("\nand {} more\n", rows_ - kMostRows) : "";
        return rows_ == 0 ? "" : text_ + more;
    }

  private:
    void write(const std::vector<std::string>& cells) {
        for (const std::string& content : cells) {
            text_ += "| " + cell(content) + " ";
        }
        text_ += "|\n";
    }

    std::string text_;
    std::size_t rows_ = 0;
};

std::string folded(const std::string& title, const std::string& table) {
    return table.empty() ? "" : "\n<details><summary>" + cell(title) + "</summary>\n\n" + table + "\n</details>\n";
}

std::string counted(std::size_t count, const char* thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string changed(const std::vector<Difference>& rows) {
    MarkdownTable table("lrrrrr", {"counter", "base", "now", "unit", "change", "allowed"});
    for (const Difference& row : rows) {
        table.row({row.path, grouped(row.base), grouped(row.now), row.unit, change_text(row.relative),
                   row.allowed.empty() ? "none" : row.allowed});
    }
    return table.text();
}

std::string changed_components(const Comparison& comparison) {
    const std::vector<std::string> names = ranked_components(comparison.changed);
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), kMostTables); ++i) {
        const std::vector<Difference> rows = of_component(comparison.changed, names[i]);
        const std::string title =
            fmt::format("{}: {}, largest {}", names[i], counted(rows.size(), "change"), change_text(rows[0].relative));
        out += folded(title, changed(rows));
    }
    return out +
           (names.size() > kMostTables ? fmt::format("\nand {} more components\n", names.size() - kMostTables) : "");
}

std::string counters(const Snapshot& rows) {
    MarkdownTable table("lrr", {"counter", "value", "unit"});
    for (const CounterValue& row : rows) {
        table.row({row.path, grouped(row.value), row.unit});
    }
    return table.text();
}

std::string metrics(const std::vector<MetricDifference>& rows) {
    MarkdownTable table("lrrrl", {"metric", "base", "now", "change", "allowed"});
    for (const MetricDifference& row : rows) {
        const MetricCells cells = metric_cells(row);
        const std::string verdict = row.allowed.empty() ? "exact" : row.allowed;
        table.row({row.name, cells.base, cells.now, cells.change, row.outside ? verdict + ": outside" : row.allowed});
    }
    const std::string text = table.text();
    return text.empty() ? "" : "\n" + text;
}

std::string inputs(const std::vector<TextDifference>& rows, const char* what) {
    MarkdownTable table("lll", {what, "base", "now"});
    for (const TextDifference& row : rows) {
        table.row({row.name, row.base, row.now});
    }
    return table.text();
}

}  // namespace

std::string comparison_markdown(const Comparison& comparison, const std::string& base, const std::string& now) {
    std::string out = fmt::format("### handset compare: {}\n\n{} (new) against {} (accepted). {}.\n",
                                  comparison.passed() ? "passed" : "FAILED", cell(now), cell(base),
                                  verdict_text(comparison).substr(verdict_text(comparison).find(' ') + 1));
    out += comparison.first_other_token ? "\n" + token_text(comparison) + "\n" : "";
    for (const std::string& rule : comparison.idle_rules) {
        out += "\n" + cell(rule) + "\n";
    }
    out += metrics(comparison.summary);
    out += changed_components(comparison);
    out += folded(counted(comparison.missing.size(), "counter") + " missing", counters(comparison.missing));
    out += folded(counted(comparison.added.size(), "new counter"), counters(comparison.added));
    out += folded(counted(comparison.tolerated.size(), "change") + " inside tolerance", changed(comparison.tolerated));
    out += folded("Inputs that differ", inputs(comparison.attributes, "input"));
    return out + folded("Parameters that differ", inputs(comparison.parameters, "parameter"));
}

}  // namespace handset
