// SPDX-License-Identifier: Apache-2.0
#include "sim/results/format.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace handset {
namespace {

constexpr std::array<std::string_view, 10> kPrefixes{"f", "p", "n", "u", "m", "", "k", "M", "G", "T"};
constexpr int kUnity = 5;  // index of the empty prefix

/// Four significant digits for 1 <= |value| < 1000.
std::string four_digits(double value) {
    const double magnitude = std::abs(value);
    return fmt::format("{:.{}f}", value, magnitude < 9.9995 ? 3 : (magnitude < 99.995 ? 2 : 1));
}

/// Where the unit of a quantity starts; the cell's length when it has none or is a heading.
std::size_t unit_position(const std::string& cell) {
    const bool is_number = cell.find_first_of("0123456789") == (cell.starts_with('-') ? 1 : 0);
    return is_number ? std::min(cell.rfind(' '), cell.size()) : cell.size();
}

using Rows = std::vector<std::vector<std::string>>;

/// Units of a quantity column get equal lengths, so that right alignment puts the digits below each other.
Rows with_padded_units(Rows rows, std::string_view alignment) {
    for (std::size_t column = 0; column < alignment.size(); ++column) {
        if (alignment[column] != 'q') {
            continue;
        }
        std::size_t longest = 0;
        for (const auto& row : rows) {
            longest = std::max(longest, row[column].size() - unit_position(row[column]));
        }
        for (auto& row : rows) {
            const std::size_t length = row[column].size() - unit_position(row[column]);
            row[column].append(length > 0 ? longest - length : 0, ' ');
        }
    }
    return rows;
}

}  // namespace

Scaled scale_si(double value, std::string_view unit) {
    if (value == 0 || !std::isfinite(value)) {
        return {fmt::format("{:g}", value), std::string(unit)};
    }
    int prefix = kUnity;
    // 999.95 would print as 1000.0: the next prefix starts there.
    while (std::abs(value) >= 999.95 && prefix + 1 < static_cast<int>(kPrefixes.size())) {
        value /= 1000;
        ++prefix;
    }
    while (std::abs(value) < 0.99995 && prefix > 0) {
        value *= 1000;
        --prefix;
    }
    return {four_digits(value), std::string(kPrefixes[static_cast<std::size_t>(prefix)]) + std::string(unit)};
}

Scaled scale_bytes(double bytes) {
    constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
    if (std::abs(bytes) < 1024) {
        return {fmt::format("{:.0f}", bytes), "B"};
    }
    std::size_t unit = 0;
    double value = bytes / 1024;
    while (std::abs(value) >= 1023.95 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return {four_digits(value), kUnits[unit]};
}

Scaled scale(double value, std::string_view unit) {
    if (unit == "B") {
        return scale_bytes(value);
    }
    if (unit == "1") {
        return {fmt::format("{:.1f}", value * 100), "%"};
    }
    if (unit == "fs" || unit == "fJ") {
        return scale_si(value * 1e-15, unit.substr(1));
    }
    if (unit == "uW") {
        return scale_si(value * 1e-6, "W");
    }
    if (unit == "token/s" || unit == "request" || unit == "burst") {
        return {fmt::format("{:.{}f}", value, value < 10 ? 3 : (value < 100 ? 2 : 1)), std::string(unit)};
    }
    return scale_si(value, unit);
}

std::string grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return digits;
}

std::string percent(double ratio) {
    return fmt::format("{:.1f} %", ratio * 100);
}

void TextTable::row(std::vector<std::string> cells) {
    cells.resize(alignment_.size());
    rows_.push_back(std::move(cells));
}

std::string TextTable::text(std::size_t indent) const {
    const std::vector<std::vector<std::string>> rows = with_padded_units(rows_, alignment_);
    std::vector<std::size_t> widths(alignment_.size(), 0);
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line(indent, ' ');
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::string blanks(widths[column] - row[column].size(), ' ');
            line += alignment_[column] == 'l' ? row[column] + blanks : blanks + row[column];
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

}  // namespace handset
