// SPDX-License-Identifier: Apache-2.0
#include "sim/config/scalar.h"

#include <array>
#include <charconv>
#include <cmath>

#include "sim/base/text.h"

namespace handset {

namespace {

std::string not_whole(std::string_view text) {
    return "expected a whole number, got '" + std::string(text) + "'";
}

template <class T>
std::string does_not_fit(std::string_view text, T min, T max) {
    return "'" + std::string(text) + "' does not fit, expected " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

std::string parse_bool(std::string_view text, bool& out) {
    if (text != "true" && text != "false") {
        return "expected true or false, got '" + std::string(text) + "'";
    }
    out = text == "true";
    return {};
}

std::string parse_signed(std::string_view text, std::int64_t min, std::int64_t max, std::int64_t& out) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error == std::errc::invalid_argument || stop != end) {
        return not_whole(text);
    }
    return error != std::errc{} || out < min || out > max ? does_not_fit(text, min, max) : "";
}

std::string parse_unsigned(std::string_view text, std::uint64_t max, std::uint64_t& out) {
    if (text.starts_with('-')) {
        return "expected a whole number that is not negative, got '" + std::string(text) + "'";
    }
    const bool hexadecimal = text.starts_with("0x");
    const std::string_view digits = text.substr(hexadecimal ? 2 : 0);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, out, hexadecimal ? 16 : 10);
    if (error == std::errc::invalid_argument || stop != end) {
        return not_whole(text);
    }
    return error != std::errc{} || out > max ? does_not_fit(text, std::uint64_t{0}, max) : "";
}

std::string parse_double(std::string_view text, double& out) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || stop != end || !std::isfinite(out)) {
        return "expected a number, got '" + std::string(text) + "'";
    }
    return {};
}

std::string print_double(double value) {
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), result.ptr};
}

std::string unknown_value(std::string_view text, std::span<const std::string> known) {
    return unknown_name("value", text, known);
}

}  // namespace handset
