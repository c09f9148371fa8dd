// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_list.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <optional>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

namespace {

std::string trimmed(const std::string& text) {
    const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
    const auto first = std::find_if_not(text.begin(), text.end(), blank);
    const auto last = std::find_if_not(text.rbegin(), std::make_reverse_iterator(first), blank).base();
    return {first, last};
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

struct Line {
    int number = 0;
    std::vector<std::string> cells;
};

/// Without blank lines and remarks; a comma at the end of a line opens no cell.
std::vector<Line> read_lines(const std::string& file) {
    std::ifstream stream(file);
    if (!stream) {
        throw ConfigError("cannot read '" + file + "'");
    }
    std::vector<Line> lines;
    int number = 0;
    for (std::string text; std::getline(stream, text);) {
        ++number;
        const std::string content = trimmed(text);
        if (content.empty() || content.front() == '#') {
            continue;
        }
        Line& line = lines.emplace_back();
        line.number = number;
        for (const std::string& cell : split(content, ',')) {
            line.cells.push_back(trimmed(cell));
        }
        if (line.cells.size() > 1 && line.cells.back().empty()) {
            line.cells.pop_back();
        }
    }
    if (lines.size() < 2) {
        throw ConfigError(file + ": " + (lines.empty() ? "is empty" : "holds a header and no shapes"));
    }
    return lines;
}

std::optional<std::uint64_t> whole_number(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc{} && end == text.data() + text.size();
    return good ? std::optional(value) : std::nullopt;
}

SourceLocation at(const std::string& file, const Line& line) {
    return {file, line.number, 0};
}

/// Values of the cells [1, count]; empty and a problem when one is no number.
std::vector<std::uint64_t> numbers_of(const std::string& file, const Line& line,
                                      const std::vector<std::string>& columns, Errors& errors) {
    std::vector<std::uint64_t> values;
    for (std::size_t i = 1; i < line.cells.size(); ++i) {
        const std::optional<std::uint64_t> value = whole_number(line.cells[i]);
        if (!value.has_value() || *value == 0) {
            errors.add(at(file, line), "",
                       columns[i] + " must be a positive whole number, not '" + line.cells[i] + "'");
            return {};
        }
        values.push_back(*value);
    }
    return values;
}

/// Positions of a filter along one dimension; a last partial one counts.
std::uint64_t positions(std::uint64_t input, std::uint64_t filter, std::uint64_t stride) {
    return div_ceil(input - filter, stride) + 1;
}

ShapeValues im2col(const std::vector<std::uint64_t>& v) {
    const std::uint64_t stride_y = v[6];
    const std::uint64_t stride_x = v.size() > 7 ? v[7] : v[6];
    return {{"m", positions(v[0], v[2], stride_y) * positions(v[1], v[3], stride_x)},
            {"n", v[5]},
            {"k", v[2] * v[3] * v[4]}};
}

void check_columns(const std::string& file, const Line& header, const OpRecipe& recipe, Errors& errors) {
    std::vector<std::string> known{"name", "format"};
    for (const ShapeKey& key : recipe.keys) {
        known.emplace_back(key.name);
        const bool there = std::count(header.cells.begin(), header.cells.end(), key.name) > 0;
        if (!key.optional && !there) {
            errors.add(at(file, header), "", "the header lacks the column '" + std::string(key.name) + "'");
        }
    }
    for (const std::string& column : header.cells) {
        if (std::find(known.begin(), known.end(), column) == known.end()) {
            errors.add(at(file, header), "", unknown_name("column", column, known));
        } else if (std::count(header.cells.begin(), header.cells.end(), column) > 1) {
            errors.add(at(file, header), "", "the column '" + column + "' stands twice in the header");
        }
    }
}

bool fits_header(const std::string& file, const Line& line, std::size_t least, std::size_t most, Errors& errors) {
    if (line.cells.size() >= least && line.cells.size() <= most) {
        return true;
    }
    errors.add(at(file, line), "",
               "has " + std::to_string(line.cells.size()) + " cells, the header " + std::to_string(most));
    return false;
}

OpListEntry entry_of(const std::string& file, const Line& line, const std::vector<std::string>& columns,
                     Errors& errors) {
    OpListEntry entry;
    entry.where = file + ":" + std::to_string(line.number);
    entry.label = std::to_string(line.number);
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
        const std::string& cell = line.cells[i];
        if (columns[i] == "name" && !cell.empty()) {
            entry.label = cell;
        } else if (columns[i] == "format") {
            entry.format = cell;
        } else if (columns[i] != "name" && !cell.empty()) {
            const std::optional<std::uint64_t> value = whole_number(cell);
            if (!value.has_value()) {
                errors.add(at(file, line), "", columns[i] + " must be a whole number, not '" + cell + "'");
            }
            entry.shape[columns[i]] = value.value_or(1);
        }
    }
    return entry;
}

}  // namespace

std::vector<OpListEntry> read_op_list(const std::string& file, const OpRecipe& recipe) {
    const std::vector<Line> lines = read_lines(file);
    const std::vector<std::string>& columns = lines.front().cells;
    Errors errors;
    check_columns(file, lines.front(), recipe, errors);
    errors.throw_if_any();
    std::vector<OpListEntry> entries;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        // A last cell that is empty looks like the comma at the end of a line.
        if (fits_header(file, lines[i], columns.size() > 1 ? columns.size() - 1 : 1, columns.size(), errors)) {
            entries.push_back(entry_of(file, lines[i], columns, errors));
        }
    }
    errors.throw_if_any();
    return entries;
}

std::vector<OpListEntry> read_scalesim_layers(const std::string& file) {
    const std::vector<Line> lines = read_lines(file);
    const std::vector<std::string>& columns = lines.front().cells;
    std::vector<std::string> names;
    std::transform(columns.begin(), columns.end(), std::back_inserter(names), lowered);
    const bool products = names.size() == 4 && names[1] == "m" && names[2] == "n" && names[3] == "k";
    const bool convolutions = (names.size() == 8 || names.size() == 9) && names[1].starts_with("ifmap") &&
                              names[3].starts_with("filter") && names[7].starts_with("stride");
    if (!products && !convolutions) {
        throw ConfigError(at(file, lines.front()).text() +
                          ": expected the header 'Layer, M, N, K,' or 'Layer name, IFMAP Height, IFMAP Width, Filter "
                          "Height, Filter Width, Channels, Num Filter, Strides,'");
    }
    Errors errors;
    std::vector<OpListEntry> entries;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const Line& line = lines[i];
        if (!fits_header(file, line, columns.size(), columns.size(), errors)) {
            continue;
        }
        const std::vector<std::uint64_t> v = numbers_of(file, line, columns, errors);
        if (v.empty()) {
            continue;
        }
        if (convolutions && (v[2] > v[0] || v[3] > v[1])) {
            errors.add(at(file, line), "", "the filter is larger than its input");
            continue;
        }
        const std::string where = file + ":" + std::to_string(line.number);
        const ShapeValues shape = products ? ShapeValues{{"m", v[0]}, {"n", v[1]}, {"k", v[2]}} : im2col(v);
        entries.push_back({line.cells[0], shape, "", where});
    }
    errors.throw_if_any();
    return entries;
}

}  // namespace handset
