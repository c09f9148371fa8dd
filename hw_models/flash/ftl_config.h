// SPDX-License-Identifier: Apache-2.0
// Parameters of the flash translation layer and of the faults of its NAND. Which configurations can work depends on the
// geometry too: check_geometry.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "hw_models/flash/nand_geometry.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

/// Greedy takes the block with the fewest valid pages of all, random greedy (RGA) the one with the fewest of a sample.
enum class GcPolicy : std::uint8_t { greedy, random_greedy };

std::span<const std::pair<std::string_view, GcPolicy>> enum_names(GcPolicy policy);

/// All rates are per operation (or per block), drawn from `seed`: equal operations meet equal faults.
struct FtlFaults {
    std::uint64_t seed = 1;
    std::uint32_t factory_bad = 0;
    std::uint32_t read_failure = 0;
    std::uint32_t retry_failure = 0;
    std::uint32_t retry_steps = 5;
    std::uint32_t program_failure = 0;
    std::uint32_t erase_failure = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        constexpr std::uint32_t kPpm = 1'000'000;
        v.field("seed", seed, {.doc = "of every draw", .fallback = 1});
        v.field("factory_bad", factory_bad, {.doc = "blocks bad from the start, ppm", .max = kPpm, .fallback = 0});
        v.field("read_failure", read_failure, {.doc = "first senses that fail ECC, ppm", .max = kPpm, .fallback = 0});
        v.field("retry_failure", retry_failure, {.doc = "retries that fail again, ppm", .max = kPpm, .fallback = 0});
        v.field("retry_steps", retry_steps, {.doc = "retries before a read is given up", .max = 64, .fallback = 5});
        v.field("program_failure", program_failure, {.doc = "programs that fail, ppm", .max = kPpm, .fallback = 0});
        v.field("erase_failure", erase_failure, {.doc = "block erases that fail, ppm", .max = kPpm, .fallback = 0});
    }
};

struct FtlConfig {
    std::uint32_t over_provisioning = 70;
    GcPolicy gc_policy = GcPolicy::greedy;
    std::uint32_t gc_samples = 8;
    std::uint32_t gc_threshold = 3;
    std::uint32_t wear_gap = 0;
    Bytes map_cache;
    Bytes map_entry{4};
    FtlFaults faults;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("over_provisioning", over_provisioning,
                {.doc = "pages the host does not see, permille of all", .min = 1, .max = 900, .fallback = 70});
        v.field("gc_policy", gc_policy, {.doc = "which block is collected", .fallback = GcPolicy::greedy});
        v.field("gc_samples", gc_samples, {.doc = "blocks compared by random_greedy", .min = 1, .fallback = 8});
        v.field("gc_threshold", gc_threshold,
                {.doc = "free superblocks at which collection starts", .min = 2, .max = 1024, .fallback = 3});
        v.field("wear_gap", wear_gap,
                {.doc = "erases between the most and the least worn superblock that move cold data, 0: never",
                 .fallback = 0});
        v.field("map_cache", map_cache, {.doc = "RAM for map pages, 0: the whole map", .fallback = Bytes{}});
        v.field("map_entry", map_entry,
                {.doc = "map bytes per page (4 per mapping unit)",
                 .min = Bytes{1},
                 .max = Bytes{512},
                 .fallback = Bytes{4}});
        v.field("faults", faults, {.doc = "of the NAND", .optional = true});
    }

    void check(Errors& errors) const;
    /// Whether an array of this shape can hold what the host sees and still collect garbage.
    void check_geometry(const NandGeometry& geometry, Errors& errors) const;

    /// Pages the host sees.
    [[nodiscard]] std::uint64_t logical_pages(const NandGeometry& geometry) const;
    /// Pages that hold the map; none while it is resident.
    [[nodiscard]] std::uint64_t map_pages(const NandGeometry& geometry) const;
    [[nodiscard]] bool factory_bad(std::uint32_t block, std::uint32_t plane) const;
};

}  // namespace handset
