// SPDX-License-Identifier: Apache-2.0
#include "sim/app/axis_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "sim/config/scalar.h"

namespace handset {

namespace {

/// A family of units and what tables call its unit.
struct TableUnit {
    const UnitFamily* family;
    const char* symbol;
    double per_base;  ///< base units in one of the table's
};

std::array<TableUnit, 8> table_units() {
    return {{{&unit_family(unit::Time{}), "s", 1e15},
             {&unit_family(unit::Energy{}), "J", 1e15},
             {&unit_family(unit::Size{}), "B", 1},
             {&unit_family(unit::Frequency{}), "Hz", 1},
             {&unit_family(unit::Rate{}), "B/s", 1},
             {&unit_family(unit::Power{}), "W", 1e6},
             {&unit_family(unit::Voltage{}), "V", 1e3},
             {&unit_family(unit::Current{}), "A", 1e6}}};
}

/// A value of a range as a whole number of base units, or of millionths when it has no unit.
struct Exact {
    std::int64_t count = 0;
    const UnitFamily* family = nullptr;
    bool whole = true;  ///< of numbers without unit: no decimals
};

constexpr std::int64_t kMillion = 1'000'000;
constexpr double kMaxExact = 9e18;

std::optional<Exact> parse_exact(const std::string& text) {
    for (const TableUnit& unit : table_units()) {
        std::uint64_t count = 0;
        if (parse_quantity(text, *unit.family, count).empty() && count < static_cast<std::uint64_t>(kMaxExact)) {
            return Exact{static_cast<std::int64_t>(count), unit.family, true};
        }
    }
    double number = 0;
    if (!parse_double(text, number).empty() || std::abs(number) * kMillion > kMaxExact) {
        return std::nullopt;
    }
    const auto count = static_cast<std::int64_t>(std::llround(number * kMillion));
    return Exact{count, nullptr, count % kMillion == 0};
}

std::string print_exact(std::int64_t count, const UnitFamily* family) {
    if (family != nullptr) {
        const auto whole = static_cast<std::uint64_t>(count);
        std::uint64_t back = 0;
        std::string text = print_quantity(whole, *family);
        // Three decimals may be too few; the base unit always does.
        return parse_quantity(text, *family, back).empty() && back == whole
                   ? text
                   : std::to_string(whole) + " " + std::string(family->base);
    }
    std::string text =
        fmt::format("{}{}.{:06}", count < 0 ? "-" : "", std::abs(count) / kMillion, std::abs(count) % kMillion);
    text.erase(text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text.substr(0, text.size() - 1) : text;
}

/// Both ends of a range, of one kind and in order.
std::pair<Exact, Exact> parse_range(const std::string& from, const std::string& to) {
    const std::optional<Exact> low = parse_exact(from);
    const std::optional<Exact> high = parse_exact(to);
    if (!low || !high) {
        throw ConfigError("'" + (low ? to : from) + "' is not a number or a quantity such as '8' or '16 GB/s'");
    }
    if (low->family != high->family) {
        throw ConfigError("'" + from + "' and '" + to + "' are of different units");
    }
    if (low->count > high->count) {
        throw ConfigError("the range from '" + from + "' to '" + to + "' is empty");
    }
    return {*low, *high};
}

}  // namespace

std::optional<ParsedValue> parse_value(std::string_view text) {
    double number = 0;
    if (parse_double(text, number).empty()) {
        return ParsedValue{number, ""};
    }
    for (const TableUnit& unit : table_units()) {
        std::uint64_t count = 0;
        if (parse_quantity(text, *unit.family, count).empty()) {
            return ParsedValue{static_cast<double>(count) / unit.per_base, unit.symbol};
        }
    }
    return std::nullopt;
}

std::vector<std::string> stepped_values(const std::string& from, const std::string& to, const std::string& step) {
    constexpr std::int64_t kMaxSteps = 1'000'000;
    const auto [low, high] = parse_range(from, to);
    const std::optional<Exact> by = parse_exact(step);
    if (!by || by->family != low.family) {
        throw ConfigError("the step '" + step + "' is not of the unit of '" + from + "'");
    }
    if (by->count <= 0) {
        throw ConfigError("the step '" + step + "' must be positive");
    }
    if ((high.count - low.count) / by->count >= kMaxSteps) {
        throw ConfigError("the step '" + step + "' gives more than a million values");
    }
    std::vector<std::string> values;
    for (std::int64_t count = low.count; count <= high.count; count += by->count) {
        values.push_back(print_exact(count, low.family));
    }
    return values;
}

std::vector<std::string> spaced_values(const std::string& from, const std::string& to, std::size_t count,
                                       AxisScale scale) {
    const auto [low, high] = parse_range(from, to);
    if (scale == AxisScale::log && low.count <= 0) {
        throw ConfigError("a log range starts above zero, not at '" + from + "'");
    }
    const bool whole = low.whole && high.whole;
    const std::int64_t grain = low.family == nullptr && whole ? kMillion : 1;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i) {
        const double at = count == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(count - 1);
        const auto first = static_cast<double>(low.count);
        const auto last = static_cast<double>(high.count);
        const double exact = scale == AxisScale::log ? first * std::pow(last / first, at) : first + (last - first) * at;
        const std::int64_t rounded = std::llround(exact / static_cast<double>(grain)) * grain;
        std::string text = print_exact(std::clamp(rounded, low.count, high.count), low.family);
        if (values.empty() || values.back() != text) {
            values.push_back(std::move(text));
        }
    }
    return values;
}

SweepAxis axis_of(const std::string& path, const std::vector<std::string>& values) {
    SweepAxis axis{path, {}, false};
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::optional<ParsedValue> parsed = parse_value(values[i]);
        if (!parsed || (i > 0 && parsed->unit != axis.unit)) {
            return {path, {}, true};
        }
        axis.unit = parsed->unit;
    }
    return axis;
}

AxisValue axis_value(const SweepAxis& axis, const std::string& text) {
    if (axis.text) {
        return {0, text};
    }
    const std::optional<ParsedValue> parsed = parse_value(text);
    ensure(parsed.has_value(), "a value that does not fit its axis");
    return {parsed->number, {}};
}

Condition::Operand Condition::operand(const std::string& text, const std::vector<SweepAxis>& axes) const {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (axes[i].path == text) {
            return {i, {}, axes[i]};
        }
        known.push_back(axes[i].path);
    }
    if (const std::optional<ParsedValue> parsed = parse_value(text)) {
        return {std::nullopt, {parsed->number, {}}, {text, parsed->unit, false}};
    }
    if (text.empty() || text.find('.') != std::string::npos) {
        throw ConfigError("'" + text_ + "': " + unknown_name("axis", text, known));
    }
    return {std::nullopt, {0, text}, {text, {}, true}};
}

Condition::Condition(std::string text, const std::vector<SweepAxis>& axes) : text_(std::move(text)) {
    constexpr std::array<std::pair<std::string_view, Relation>, 6> kRelations{{{"<=", Relation::less_equal},
                                                                               {">=", Relation::greater_equal},
                                                                               {"==", Relation::equal},
                                                                               {"!=", Relation::different},
                                                                               {"<", Relation::less},
                                                                               {">", Relation::greater}}};
    const auto trimmed = [](std::string part) {
        part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
        part.erase(part.find_last_not_of(' ') + 1);
        return part;
    };
    for (const auto& [symbol, relation] : kRelations) {
        const std::size_t at = text_.find(symbol);
        if (at == std::string::npos) {
            continue;
        }
        relation_ = relation;
        left_ = operand(trimmed(text_.substr(0, at)), axes);
        right_ = operand(trimmed(text_.substr(at + symbol.size())), axes);
        if (left_.type.text != right_.type.text || left_.type.unit != right_.type.unit) {
            throw ConfigError("'" + text_ + "' compares values of different units");
        }
        if (left_.type.text && relation != Relation::equal && relation != Relation::different) {
            throw ConfigError("'" + text_ + "': names can be compared with == and != only");
        }
        if (!left_.axis && !right_.axis) {
            throw ConfigError("'" + text_ + "' names no axis");
        }
        return;
    }
    throw ConfigError("'" + text_ + "' is not a comparison such as 'npu0.array.rows <= npu0.array.cols'");
}

bool Condition::holds(const std::vector<AxisValue>& point) const {
    const AxisValue& left = left_.axis ? point[*left_.axis] : left_.value;
    const AxisValue& right = right_.axis ? point[*right_.axis] : right_.value;
    switch (relation_) {
        case Relation::less:
            return left.number < right.number;
        case Relation::less_equal:
            return left.number <= right.number;
        case Relation::greater:
            return left.number > right.number;
        case Relation::greater_equal:
            return left.number >= right.number;
        case Relation::equal:
            return left == right;
        case Relation::different:
            return left != right;
    }
    return false;
}

}  // namespace handset
