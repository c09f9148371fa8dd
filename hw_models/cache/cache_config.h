// SPDX-License-Identifier: Apache-2.0
// Parameters of a cache level (CPU L3, system cache).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/ir/tensor.h"

namespace handset {

struct CacheConfig {
    Bytes capacity;
    std::uint32_t ways = 0;
    Bytes line;
    Bytes sector;
    Hertz clock;
    Bytes width;
    Femtoseconds lookup_latency;
    Femtoseconds data_latency;
    Bytes outstanding;
    std::map<std::string, std::uint32_t> allocate;
    Femtojoules energy_lookup;
    Femtojoules energy_per_byte;
    Microwatts idle_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity, {.doc = "data bytes", .min = Bytes{1024}});
        v.field("ways", ways, {.doc = "associativity", .min = 1, .max = 64});
        v.field("line", line, {.doc = "bytes under one tag", .min = Bytes{64}, .max = Bytes{65536}});
        v.field("sector", sector, {.doc = "bytes filled and written back as a whole", .min = Bytes{32}});
        v.field("clock", clock, {.doc = "of the data port", .min = Hertz{1'000'000}});
        v.field("width", width, {.doc = "bytes per cycle served upstream", .min = Bytes{1}});
        v.field("lookup_latency", lookup_latency, {.doc = "request to tag result; a miss goes below after it"});
        v.field("data_latency", data_latency, {.doc = "tag result to first byte of a hit"});
        v.field("outstanding", outstanding, {.doc = "bytes in flight to the level below", .min = Bytes{64}});
        v.field("allocate", allocate,
                {.doc = "ways open to each stream (weights, kv, activations, graphs, scratch); others pass by",
                 .optional = true});
        v.field("energy_lookup", energy_lookup, {.doc = "tags, per line looked up"});
        v.field("energy_per_byte", energy_per_byte, {.doc = "data array, per byte read or written there"});
        v.field("idle_power", idle_power, {.doc = "leakage and clock, drawn always"});
    }

    void check(Errors& errors) const;

    /// Ways that each MemoryTag may fill, as a bit mask; 0: the stream does not allocate.
    [[nodiscard]] std::array<std::uint64_t, kMemoryTags> way_masks() const;
    [[nodiscard]] BytesPerSecond rate() const { return BytesPerSecond{clock.count() * width.count()}; }
};

}  // namespace handset
