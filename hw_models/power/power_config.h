// SPDX-License-Identifier: Apache-2.0
// Parameters of what a phone draws beside its modelled components, and of its warming up.
#pragma once

#include <cstdint>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct PowerConfig {
    Microwatts base_power;
    std::uint32_t regulator_efficiency = 0;
    std::uint32_t ambient = 0;
    std::uint32_t thermal_resistance = 0;
    std::uint64_t heat_capacity = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("base_power", base_power, {.doc = "rest of the phone, always on, at the battery"});
        v.field("regulator_efficiency", regulator_efficiency,
                {.doc = "permille of battery energy that reaches the components", .min = 100, .max = 1000});
        v.field("ambient", ambient, {.doc = "mK", .min = 200'000, .max = 400'000, .fallback = 298'150});
        v.field("thermal_resistance", thermal_resistance, {.doc = "phone to ambient, mK per W", .min = 1});
        v.field("heat_capacity", heat_capacity, {.doc = "of the phone, mJ per K", .min = 1});
    }

    void check(Errors& /*errors*/) const {}
};

}  // namespace handset
