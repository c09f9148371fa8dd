// SPDX-License-Identifier: Apache-2.0
// A table of published figures: comma separated, a header line, no quotes, lines that begin with # are remarks.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace handset {

using CsvRow = std::map<std::string, std::string>;

/// Throws when the file is missing or a line has another number of cells than the header.
inline std::vector<CsvRow> read_csv(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<std::string> header;
    std::vector<CsvRow> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        std::vector<std::string> cells;
        std::istringstream text(line);
        for (std::string cell; std::getline(text, cell, ',');) {
            cells.push_back(cell);
        }
        if (header.empty()) {
            header = cells;
            continue;
        }
        if (cells.size() != header.size()) {
            throw std::runtime_error(path.string() + ": '" + line + "' does not match the header");
        }
        CsvRow& row = rows.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            row[header[i]] = cells[i];
        }
    }
    if (rows.empty()) {
        throw std::runtime_error(path.string() + ": no rows");
    }
    return rows;
}

}  // namespace handset
