// SPDX-License-Identifier: Apache-2.0
// Parameters of a cache level: one array that everybody shares (CPU L3, system cache), or one private array per lane of
// the device above (L2 of each core).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/ir/tensor.h"

namespace handset {

/// Ways [first, first + ways) that one initiator may fill. Partitions may overlap.
struct CachePartition {
    std::uint32_t ways = 0;
    std::uint32_t first = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("ways", ways, {.doc = "ways the initiator may fill", .min = 1, .max = 64});
        v.field("first", first, {.doc = "the first of them", .max = 63, .fallback = 0});
    }
};

/// Equal private arrays of consecutive lanes.
struct PrivateCaches {
    std::uint32_t lanes = 0;
    Bytes capacity;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("lanes", lanes, {.doc = "lanes (cores) with such an array", .min = 1, .max = 256});
        v.field("capacity", capacity, {.doc = "data bytes of each", .min = Bytes{1024}});
    }
};

struct CacheConfig {
    std::optional<Bytes> capacity;
    std::vector<PrivateCaches> private_caches;
    std::uint32_t ways = 0;
    Bytes line;
    Bytes sector;
    Hertz clock;
    Bytes width;
    Femtoseconds lookup_latency;
    Femtoseconds data_latency;
    Bytes outstanding;
    Femtoseconds promote_after;
    std::map<std::string, std::uint32_t> allocate;
    std::map<std::string, CachePartition> partitions;
    Femtojoules energy_lookup;
    Femtojoules energy_per_byte;
    Microwatts idle_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity, {.doc = "data bytes of one array that all share", .min = Bytes{1024}});
        v.field(
            "private_caches", private_caches,
            {.doc = "in place of capacity: one array per lane of the device above, in lane order", .optional = true});
        v.field("ways", ways, {.doc = "associativity", .min = 1, .max = 64});
        v.field("line", line, {.doc = "bytes under one tag", .min = Bytes{64}, .max = Bytes{65536}});
        v.field("sector", sector, {.doc = "bytes filled and written back as a whole", .min = Bytes{32}});
        v.field("clock", clock, {.doc = "of the data port", .min = Hertz{1'000'000}});
        v.field("width", width, {.doc = "bytes per cycle served upstream, of each array", .min = Bytes{1}});
        v.field("lookup_latency", lookup_latency, {.doc = "request to tag result; a miss goes below after it"});
        v.field("data_latency", data_latency, {.doc = "tag result to first byte of a hit"});
        v.field("outstanding", outstanding,
                {.doc = "bytes in flight to the level below, of each array", .min = Bytes{64}});
        v.field("promote_after", promote_after,
                {.doc = "a request held back so long goes first whatever its priority; 0 ns: never",
                 .fallback = Femtoseconds{1'000'000'000}});
        v.field("allocate", allocate,
                {.doc = "ways open to each stream (weights, kv, activations, graphs, scratch); others pass by",
                 .optional = true});
        v.field("partitions", partitions,
                {.doc = "ways open to an initiator, by its name; a stream gets its number of ways out of these. "
                        "Initiators left out may fill all ways.",
                 .optional = true});
        v.field("energy_lookup", energy_lookup, {.doc = "tags, per line looked up"});
        v.field("energy_per_byte", energy_per_byte, {.doc = "data array, per byte read or written there"});
        v.field("idle_power", idle_power, {.doc = "leakage and clock, drawn always"});
    }

    void check(Errors& errors) const;

    /// Ways that each MemoryTag may fill when `initiator` asks, as a bit mask; 0: the stream does not allocate.
    using WayMasks = std::array<std::uint64_t, kMemoryTags>;
    [[nodiscard]] WayMasks way_masks(const std::string& initiator = {}) const;
    /// One entry per array.
    [[nodiscard]] std::vector<Bytes> arrays() const;
    [[nodiscard]] BytesPerSecond rate() const { return BytesPerSecond{clock.count() * width.count()}; }

  private:
    void check_allocate(Errors& errors) const;
};

}  // namespace handset
