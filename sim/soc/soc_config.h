// SPDX-License-Identifier: Apache-2.0
// A whole phone as a value: named components, each of a kind from the catalogue, wired towards memory by name.
#pragma once

#include <map>
#include <string>

#include "hw_models/catalog.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/config/erased_config.h"

namespace handset {

struct ComponentSlot {
    std::string downstream;
    AnyConfig config;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("downstream", downstream,
                {.doc = "the component that its memory requests go to; empty for memories and power",
                 .fallback = std::string()});
        v.variant("kind", config, component_kinds(), "what the component is");
    }
};

struct HostConfig {
    std::string device;
    Femtoseconds time_per_evaluation;
    Microwatts power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("device", device, {.doc = "the CPU on which the scheduler runs"});
        v.field("time_per_evaluation", time_per_evaluation,
                {.doc = "CPU time to weigh one (op, device) pair", .max = Femtoseconds{1'000'000'000'000}});
        v.field("power", power, {.doc = "drawn by the core that schedules, while it schedules"});
    }
};

/// Clocks that are voted for together. Applied to the tree before it is read, so that every check sees the result.
struct OperatingPoint {
    std::map<std::string, std::string> set;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("set", set, {.doc = "values of component parameters, e.g. `dram.data_rate: 5472 MHz`"});
    }
};

struct SocConfig {
    std::string name;
    std::string description;
    std::map<std::string, ComponentSlot> components;
    HostConfig host;
    std::map<std::string, OperatingPoint> operating_points;
    std::string operating_point;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("name", name, {.doc = "what results call this phone"});
        v.field("description", description, {.doc = "one line for people", .fallback = std::string()});
        v.field("components", components, {.doc = "hardware models by name, wired towards memory"});
        v.field("host", host, {.doc = "what scheduling costs"});
        v.field("operating_points", operating_points,
                {.doc = "clocks that go together (voltage and frequency scaling) by name", .optional = true});
        v.field("operating_point", operating_point,
                {.doc = "the one that is applied to the components; empty: the clocks of the parts",
                 .fallback = std::string()});
    }
    /// Wiring: references exist, memory paths end in DRAM, there are exactly one DRAM and one flash.
    void check(Errors& errors) const;
};

}  // namespace handset
