// SPDX-License-Identifier: Apache-2.0
// How a device's loads and stores reach memory, and what it draws beside its arithmetic.
#pragma once

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct PortConfig {
    Bytes burst;
    Bytes outstanding;
    Bytes lane_outstanding;
    BytesPerSecond expected_rate;
    std::uint32_t priority = 1;
    Femtojoules energy_per_byte;
    Microwatts idle_power;
    Microwatts active_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("burst", burst,
                {.doc = "largest memory request", .min = Bytes{64}, .max = Bytes{65536}, .fallback = Bytes{4096}});
        v.field("outstanding", outstanding, {.doc = "bytes in flight of the whole device", .min = Bytes{64}});
        v.field("lane_outstanding", lane_outstanding,
                {.doc = "bytes in flight of one lane (a core's misses and prefetches, a DMA queue)", .min = Bytes{64}});
        v.field("expected_rate", expected_rate,
                {.doc = "unloaded stream rate that cost estimates assume; never limits the simulation",
                 .min = BytesPerSecond{1'000'000}});
        v.field("priority", priority, {.doc = "at shared resources, lower goes first", .max = 7, .fallback = 1});
        v.field("energy_per_byte", energy_per_byte, {.doc = "local store access plus port, per byte moved"});
        v.field("idle_power", idle_power, {.doc = "leakage and clock, drawn always"});
        v.field("active_power", active_power, {.doc = "drawn in addition while a program runs"});
    }

    void check(Errors& errors) const {
        if (lane_outstanding > outstanding) {
            errors.add("lane_outstanding", "a lane cannot have more bytes in flight than the device");
        }
        if (burst > lane_outstanding) {
            errors.add("burst", "a request larger than lane_outstanding would bypass the limit");
        }
    }
};

}  // namespace handset
