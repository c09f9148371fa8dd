// SPDX-License-Identifier: Apache-2.0
#include "sim/base/errors.h"

#include <filesystem>

#include "sim/base/quantity_type.h"

namespace handset {

std::string SourceLocation::text() const {
    std::string out = file;
    if (line > 0) {
        out += ":" + std::to_string(line);
        if (column > 0) {
            out += ":" + std::to_string(column);
        }
    }
    return out;
}

void Errors::add(const SourceLocation& where, std::string_view path, std::string_view reason) {
    std::string problem = where.text();
    if (!path.empty()) {
        problem += problem.empty() ? "" : ": ";
        problem += path;
    }
    problem += problem.empty() ? "" : ": ";
    problem += reason;
    problems_.push_back(std::move(problem));
}

void Errors::throw_if_any() const {
    if (problems_.empty()) {
        return;
    }
    std::string message;
    for (const std::string& problem : problems_) {
        message += message.empty() ? "" : "\n";
        message += problem;
    }
    throw ConfigError(message);
}

void fail_invariant(std::string_view message, const char* file, int line) {
    throw ModelError(std::filesystem::path(file).filename().string() + ":" + std::to_string(line) + ": " +
                     std::string(message));
}

void fail_overflow(std::string_view unit) {
    throw ConfigError("a quantity in " + std::string(unit) +
                      " exceeds 64 bits (18,447 s of time, 18.4 kJ of energy): a parameter is far out of scale");
}

}  // namespace handset
