// SPDX-License-Identifier: Apache-2.0
#include "sim/config/units.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <vector>

#include "sim/base/text.h"

namespace handset {

namespace {

constexpr std::uint64_t kKilo = 1'000;
constexpr std::uint64_t kMega = 1'000'000;
constexpr std::uint64_t kGiga = 1'000'000'000;
constexpr std::uint64_t kTera = 1'000'000'000'000;
constexpr std::uint64_t kPeta = 1'000'000'000'000'000;

constexpr std::array kTime{Unit{"fs", 1},     Unit{"ps", kKilo}, Unit{"ns", kMega},
                           Unit{"us", kGiga}, Unit{"ms", kTera}, Unit{"s", kPeta}};
constexpr std::array kEnergy{Unit{"fJ", 1},     Unit{"pJ", kKilo}, Unit{"nJ", kMega},
                             Unit{"uJ", kGiga}, Unit{"mJ", kTera}, Unit{"J", kPeta}};
constexpr std::array kSize{Unit{"B", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20}, Unit{"GiB", 1ULL << 30},
                           Unit{"TiB", 1ULL << 40}};
constexpr std::array kCycles{Unit{"cycles", 1}, Unit{"cycle", 1}};
constexpr std::array kMacs{Unit{"MACs", 1}, Unit{"MAC", 1}};
constexpr std::array kEvents{Unit{"events", 1}, Unit{"event", 1}};
constexpr std::array kFrequency{Unit{"Hz", 1}, Unit{"kHz", kKilo}, Unit{"MHz", kMega}, Unit{"GHz", kGiga}};
constexpr std::array kRate{Unit{"B/s", 1}, Unit{"kB/s", kKilo}, Unit{"MB/s", kMega}, Unit{"GB/s", kGiga},
                           Unit{"TB/s", kTera}};
constexpr std::array kPower{Unit{"uW", 1}, Unit{"mW", kKilo}, Unit{"W", kMega}};
constexpr std::array kVoltage{Unit{"mV", 1}, Unit{"V", kKilo}};
constexpr std::array kCurrent{Unit{"uA", 1}, Unit{"mA", kKilo}, Unit{"A", kMega}};

constexpr UnitFamily kTimeFamily{"time", "fs", kTime};
constexpr UnitFamily kEnergyFamily{"energy", "fJ", kEnergy};
constexpr UnitFamily kSizeFamily{"size", "B", kSize};
constexpr UnitFamily kCycleFamily{"cycle count", "cycles", kCycles};
constexpr UnitFamily kMacFamily{"MAC count", "MACs", kMacs};
constexpr UnitFamily kEventFamily{"event count", "events", kEvents};
constexpr UnitFamily kFrequencyFamily{"frequency", "Hz", kFrequency};
constexpr UnitFamily kRateFamily{"data rate", "B/s", kRate};
constexpr UnitFamily kPowerFamily{"power", "uW", kPower};
constexpr UnitFamily kVoltageFamily{"voltage", "mV", kVoltage};
constexpr UnitFamily kCurrentFamily{"current", "uA", kCurrent};

constexpr std::array kFamilies{&kTimeFamily,  &kEnergyFamily,  &kSizeFamily,      &kCycleFamily,
                               &kMacFamily,   &kEventFamily,   &kFrequencyFamily, &kRateFamily,
                               &kPowerFamily, &kVoltageFamily, &kCurrentFamily};

/// Significant digits that, times the largest factor (1e15), fit 128 bits.
constexpr std::size_t kMaxDigits = 22;
constexpr int kMaxDecimals = 38;

struct Decimal {
    Wide mantissa = 0;
    int decimals = 0;  ///< value = mantissa / 10^decimals; no trailing zero when decimals > 0
};

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "a time", "an energy"
std::string a_kind(const UnitFamily& family) {
    const bool vowel = std::string_view("aeiou").find(family.what.front()) != std::string_view::npos;
    return (vowel ? "an " : "a ") + std::string(family.what);
}

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

const Unit* find_unit(const UnitFamily& family, std::string_view name) {
    const auto* const found = std::find_if(family.units.data(), family.units.data() + family.units.size(),
                                           [&](const Unit& unit) { return unit.name == name; });
    return found == family.units.data() + family.units.size() ? nullptr : found;
}

/// Digits with at most one point inside them.
std::optional<Decimal> parse_decimal(std::string_view text, std::string& reason) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    const bool digits =
        std::all_of(whole.begin(), whole.end(), is_digit) && std::all_of(fraction.begin(), fraction.end(), is_digit);
    if (whole.empty() || !digits || (point != std::string_view::npos && fraction.empty())) {
        reason = quoted(text) + " is not a decimal number";
        return std::nullopt;
    }
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    std::string all = std::string(whole) + std::string(fraction);
    all.erase(0, std::min(all.find_first_not_of('0'), all.size()));
    if (all.size() > kMaxDigits) {
        reason = quoted(text) + " has too many digits";
        return std::nullopt;
    }
    Decimal decimal;
    for (const char digit : all) {
        decimal.mantissa = decimal.mantissa * 10 + static_cast<Wide>(digit - '0');
    }
    // More decimals than 128 bits can scale are a nonzero value far below one base unit; the cap keeps it so.
    decimal.decimals = static_cast<int>(std::min(fraction.size(), std::size_t{kMaxDecimals}));
    return decimal;
}

std::string unit_reason(std::string_view text, std::string_view unit, const UnitFamily& family) {
    for (const UnitFamily* other : kFamilies) {
        if (find_unit(*other, unit) != nullptr) {
            return quoted(text) + " is " + a_kind(*other) + ", expected " + a_kind(family) +
                   " (units: " + unit_names(family) + ")";
        }
    }
    // Largest first, so that of two equally near names "GB" suggests GiB, not B.
    std::vector<std::string> names;
    for (auto known = family.units.rbegin(); known != family.units.rend(); ++known) {
        names.emplace_back(known->name);
    }
    return quoted(text) + ": " + unknown_name("unit of " + std::string(family.what), unit, names);
}

}  // namespace

const UnitFamily& unit_family(unit::Time /*tag*/) {
    return kTimeFamily;
}
const UnitFamily& unit_family(unit::Energy /*tag*/) {
    return kEnergyFamily;
}
const UnitFamily& unit_family(unit::Size /*tag*/) {
    return kSizeFamily;
}
const UnitFamily& unit_family(unit::Cycle /*tag*/) {
    return kCycleFamily;
}
const UnitFamily& unit_family(unit::Mac /*tag*/) {
    return kMacFamily;
}
const UnitFamily& unit_family(unit::Event /*tag*/) {
    return kEventFamily;
}
const UnitFamily& unit_family(unit::Frequency /*tag*/) {
    return kFrequencyFamily;
}
const UnitFamily& unit_family(unit::Rate /*tag*/) {
    return kRateFamily;
}
const UnitFamily& unit_family(unit::Power /*tag*/) {
    return kPowerFamily;
}
const UnitFamily& unit_family(unit::Voltage /*tag*/) {
    return kVoltageFamily;
}
const UnitFamily& unit_family(unit::Current /*tag*/) {
    return kCurrentFamily;
}

std::string unit_names(const UnitFamily& family) {
    std::vector<std::string> names;
    for (const Unit& unit : family.units) {
        names.emplace_back(unit.name);
    }
    return join(names, ", ");
}

std::string parse_quantity(std::string_view text, const UnitFamily& family, std::uint64_t& count) {
    const std::string_view trimmed = trim(text);
    const std::size_t end = std::min(trimmed.find_first_not_of("+-.0123456789"), trimmed.size());
    const std::string_view number = trim(trimmed.substr(0, end));
    const std::string_view unit_name = trim(trimmed.substr(end));
    if (number.empty()) {
        return "expected " + a_kind(family) + " such as '1 " + std::string(family.base) + "', got " + quoted(text);
    }
    if (number.front() == '-') {
        return quoted(text) + " is negative";
    }
    std::string reason;
    const std::optional<Decimal> decimal = parse_decimal(number, reason);
    if (!decimal) {
        return reason;
    }
    if (unit_name.empty()) {
        return quoted(text) + " has no unit, expected " + a_kind(family) + " (units: " + unit_names(family) + ")";
    }
    const Unit* const unit = find_unit(family, unit_name);
    if (unit == nullptr) {
        return unit_reason(text, unit_name, family);
    }
    Wide scale = 1;
    for (int i = 0; i < decimal->decimals; ++i) {
        scale *= 10;
    }
    const Wide scaled = decimal->mantissa * unit->factor;
    if (scaled % scale != 0) {
        return quoted(text) + " is not a whole number of " + std::string(family.base);
    }
    if (scaled / scale > std::numeric_limits<std::uint64_t>::max()) {
        return quoted(text) + " is too large, the largest " + std::string(family.what) + " is " +
               std::to_string(std::numeric_limits<std::uint64_t>::max()) + " " + std::string(family.base);
    }
    count = static_cast<std::uint64_t>(scaled / scale);
    return {};
}

std::string print_quantity(std::uint64_t count, const UnitFamily& family) {
    const Unit* best = &family.units.front();
    for (const Unit& unit : family.units) {
        if (count >= unit.factor && unit.factor > best->factor && Wide{count} * kKilo % unit.factor == 0) {
            best = &unit;
        }
    }
    std::string out = std::to_string(count / best->factor);
    const auto thousandths = static_cast<std::uint64_t>(Wide{count % best->factor} * kKilo / best->factor);
    if (thousandths != 0) {
        std::string digits = std::to_string(kKilo + thousandths).substr(1);
        digits.erase(digits.find_last_not_of('0') + 1);
        out += "." + digits;
    }
    return out + " " + std::string(best->name);
}

}  // namespace handset
