// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl_config.h"

#include <array>
#include <string>

#include "hw_models/flash/ftl_random.h"

namespace handset {

namespace {

/// Superblocks that must be spare beyond the collection threshold: one open for the host, one open for the collector
/// and one superblock of invalid pages, so that some closed superblock has something to gain whenever collection is
/// needed.
constexpr std::uint64_t kWorkingSuperblocks = 3;
/// Physical page numbers are 32 bits; the largest values are marks.
constexpr std::uint64_t kMaxPages = 0xFFFF'FF00;

std::uint64_t factory_bad_blocks(const FtlConfig& config, const NandGeometry& geometry) {
    std::uint64_t bad = 0;
    for (std::uint32_t block = 0; block < geometry.blocks; ++block) {
        for (std::uint32_t plane = 0; plane < geometry.all_planes(); ++plane) {
            bad += config.factory_bad(block, plane) ? 1U : 0U;
        }
    }
    return bad;
}

}  // namespace

std::span<const std::pair<std::string_view, GcPolicy>> enum_names(GcPolicy /*policy*/) {
    static constexpr std::array<std::pair<std::string_view, GcPolicy>, 2> kNames = {
        {{"greedy", GcPolicy::greedy}, {"random_greedy", GcPolicy::random_greedy}}};
    return kNames;
}

void FtlConfig::check(Errors& errors) const {
    if (wear_gap == 1) {
        errors.add("wear_gap", "must be 0 or at least 2: neighbouring superblocks always differ by one erase");
    }
    if (faults.read_failure == 0 && faults.retry_failure != 0) {
        errors.add("faults.retry_failure", "needs a read_failure above 0");
    }
}

std::uint64_t FtlConfig::logical_pages(const NandGeometry& geometry) const {
    return static_cast<std::uint64_t>(Wide{geometry.all_pages()} * (1000 - over_provisioning) / 1000);
}

std::uint64_t FtlConfig::map_pages(const NandGeometry& geometry) const {
    if (map_cache == Bytes{}) {
        return 0;
    }
    return div_ceil(logical_pages(geometry), geometry.page.count() / map_entry.count());
}

bool FtlConfig::factory_bad(std::uint32_t block, std::uint32_t plane) const {
    const std::uint64_t number = std::uint64_t{block} << 32 | plane;
    return faults.factory_bad != 0 && FtlDice(faults.seed, number).next() % 1'000'000 < faults.factory_bad;
}

void FtlConfig::check_geometry(const NandGeometry& geometry, Errors& errors) const {
    if (geometry.all_pages() == 0 || geometry.all_pages() > kMaxPages) {
        errors.add("", "the NAND array must have between 1 and 2^32 - 256 pages");
        return;
    }
    if (map_cache != Bytes{} && (map_cache < geometry.page || geometry.page < map_entry)) {
        errors.add("map_cache", "must hold a page of the map, and a page at least one map_entry");
        return;
    }
    const std::uint64_t block_pages = std::uint64_t{geometry.all_planes()} * geometry.pages;
    const std::uint64_t lost = factory_bad_blocks(*this, geometry) * geometry.pages;
    const std::uint64_t needed =
        logical_pages(geometry) + map_pages(geometry) + (gc_threshold + kWorkingSuperblocks) * block_pages + lost;
    if (needed > geometry.all_pages()) {
        errors.add("over_provisioning", "leaves too few spare pages: host, map, factory bad blocks and " +
                                            std::to_string(gc_threshold + kWorkingSuperblocks) +
                                            " working superblocks of " + std::to_string(block_pages) + " pages need " +
                                            std::to_string(needed) + " of " + std::to_string(geometry.all_pages()) +
                                            " pages");
    }
}

}  // namespace handset
