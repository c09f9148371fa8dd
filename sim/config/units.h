// SPDX-License-Identifier: Apache-2.0
// Quantities as text: "18 ns", "512 KiB", "67.2 GB/s". Conversion is exact decimal arithmetic; a value that is not a
// whole count of the base unit is an error, never rounded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/base/quantity.h"

namespace handset {

struct Unit {
    std::string_view name;
    std::uint64_t factor;  ///< in base units
};

/// The units of one kind of quantity, ascending; of two with the same factor the first is printed.
struct UnitFamily {
    std::string_view what;  ///< "time"
    std::string_view base;  ///< "fs"
    std::span<const Unit> units;
};

const UnitFamily& unit_family(unit::Time);
const UnitFamily& unit_family(unit::Energy);
const UnitFamily& unit_family(unit::Size);
const UnitFamily& unit_family(unit::Cycle);
const UnitFamily& unit_family(unit::Mac);
const UnitFamily& unit_family(unit::Event);
const UnitFamily& unit_family(unit::Frequency);
const UnitFamily& unit_family(unit::Rate);
const UnitFamily& unit_family(unit::Power);
const UnitFamily& unit_family(unit::Voltage);
const UnitFamily& unit_family(unit::Current);

template <class Tag>
const UnitFamily& unit_family_of(const Quantity<Tag>& /*quantity*/) {
    return unit_family(Tag{});
}

/// Sets `count`; returns the reason when `text` is not such a quantity, otherwise an empty string.
[[nodiscard]] std::string parse_quantity(std::string_view text, const UnitFamily& family, std::uint64_t& count);

/// Exact, in the largest unit that needs at most three decimals and gives a value of at least one.
[[nodiscard]] std::string print_quantity(std::uint64_t count, const UnitFamily& family);

/// "fs, ps, ns, us, ms, s"
[[nodiscard]] std::string unit_names(const UnitFamily& family);

}  // namespace handset
