// SPDX-License-Identifier: Apache-2.0
// Text of every scalar parameter type, in both directions. Parsers return the reason of a failure, empty on success.
#pragma once

#include <limits>

#include "sim/config/field.h"
#include "sim/config/units.h"

namespace handset {

[[nodiscard]] std::string parse_bool(std::string_view text, bool& out);
[[nodiscard]] std::string parse_signed(std::string_view text, std::int64_t min, std::int64_t max, std::int64_t& out);
/// Also accepts hexadecimal, "0x8000".
[[nodiscard]] std::string parse_unsigned(std::string_view text, std::uint64_t max, std::uint64_t& out);
[[nodiscard]] std::string parse_double(std::string_view text, double& out);
/// Shortest text that reads back as the same value.
[[nodiscard]] std::string print_double(double value);

template <WholeNumber T>
[[nodiscard]] std::string parse_whole(std::string_view text, T& out) {
    if constexpr (std::is_signed_v<T>) {
        std::int64_t value = 0;
        std::string reason = parse_signed(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value);
        out = static_cast<T>(value);
        return reason;
    } else {
        std::uint64_t value = 0;
        std::string reason = parse_unsigned(text, std::numeric_limits<T>::max(), value);
        out = static_cast<T>(value);
        return reason;
    }
}

[[nodiscard]] std::string unknown_value(std::string_view text, std::span<const std::string> known);

template <NamedEnum E>
[[nodiscard]] std::string parse_enum(std::string_view text, E& out) {
    std::vector<std::string> known;
    for (const auto& [name, value] : enum_names(E{})) {
        if (name == text) {
            out = value;
            return {};
        }
        known.emplace_back(name);
    }
    return unknown_value(text, known);
}

template <NamedEnum E>
[[nodiscard]] std::string print_enum(E value) {
    for (const auto& [name, candidate] : enum_names(E{})) {
        if (candidate == value) {
            return std::string(name);
        }
    }
    ensure(false, "enum value has no name");
    return {};
}

/// Paths are taken as written; whoever knows the file they stand in resolves them.
template <Scalar T>
[[nodiscard]] std::string parse_scalar(std::string_view text, T& out) {
    if constexpr (std::same_as<T, bool>) {
        return parse_bool(text, out);
    } else if constexpr (WholeNumber<T>) {
        return parse_whole(text, out);
    } else if constexpr (std::same_as<T, double>) {
        return parse_double(text, out);
    } else if constexpr (QuantityType<T>) {
        std::uint64_t count = 0;
        std::string reason = parse_quantity(text, unit_family_of(out), count);
        out = T{count};
        return reason;
    } else if constexpr (NamedEnum<T>) {
        return parse_enum(text, out);
    } else {
        out = T{std::string(text)};
        return {};
    }
}

template <Scalar T>
[[nodiscard]] std::string print_scalar(const T& value) {
    if constexpr (std::same_as<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (WholeNumber<T>) {
        return std::to_string(value);
    } else if constexpr (std::same_as<T, double>) {
        return print_double(value);
    } else if constexpr (QuantityType<T>) {
        return print_quantity(value.count(), unit_family_of(value));
    } else if constexpr (NamedEnum<T>) {
        return print_enum(value);
    } else if constexpr (std::same_as<T, std::filesystem::path>) {
        return value.generic_string();
    } else {
        return value;
    }
}

/// Empty when `value` is within the bounds, otherwise the reason with both bounds in their units.
template <Ranged T>
[[nodiscard]] std::string range_reason(const T& value, const std::optional<T>& min, const std::optional<T>& max) {
    if ((!min || value >= *min) && (!max || value <= *max)) {
        return {};
    }
    std::string reason = print_scalar(value) + " is out of range, expected ";
    if (min && max) {
        return reason + print_scalar(*min) + " to " + print_scalar(*max);
    }
    return reason + (min ? "at least " + print_scalar(*min) : "at most " + print_scalar(*max));
}

}  // namespace handset
