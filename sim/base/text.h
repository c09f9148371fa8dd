// SPDX-License-Identifier: Apache-2.0
// Small text helpers that error messages and printing share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace handset {

/// The candidate with the smallest edit distance to `name`, empty when none is near (distance > 1/2 of its length).
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "unknown <what> 'name'; known: a, b, c (did you mean 'b'?)"
std::string unknown_name(std::string_view what, std::string_view name, std::span<const std::string> candidates);

/// "a, b, c"
std::string join(std::span<const std::string> parts, std::string_view separator);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace handset
