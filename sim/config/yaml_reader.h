// SPDX-License-Identifier: Apache-2.0
// From a file to a config value, or to one ConfigError that lists all problems.
#pragma once

#include "sim/config/field_reader.h"

namespace handset {

/// Reads a whole document; `errors` then holds everything that is wrong with it.
template <class Config>
Config read_config(const Node& root, Errors& errors) {
    Config config{};
    detail::read_struct(root, "", config, errors);
    return config;
}

/// Loads a file, applies the overrides of the command line and reads it; throws ConfigError with all problems.
template <class Config>
Config load_config(const std::filesystem::path& file, std::span<const std::string> overrides = {}) {
    Errors errors;
    std::optional<Node> root = load_yaml(file, errors);
    if (!root) {
        errors.throw_if_any();
    }
    for (const std::string& assignment : overrides) {
        apply_override(*root, assignment, errors);
    }
    Config config = read_config<Config>(*root, errors);
    errors.throw_if_any();
    return config;
}

}  // namespace handset
