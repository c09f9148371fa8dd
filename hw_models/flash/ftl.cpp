// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl.h"

#include <algorithm>
#include <string>
#include <utility>

namespace handset {

namespace {

/// Dirty map pages written back by one write of the host: more than it can make dirty, so that the cache shrinks again
/// after a collection has touched many.
constexpr int kFlushesPerWrite = 2;

}  // namespace

Ftl::Ftl(const NandGeometry& geometry, const FtlConfig& config) : Ftl(config, FtlMedium(geometry, config)) {}

Ftl::Ftl(const FtlConfig& config, FtlMedium medium)
    : config_(config),
      medium_(std::move(medium)),
      logical_pages_(config.logical_pages(medium_.geometry())),
      map_entries_(static_cast<std::uint32_t>(medium_.geometry().page.count() / config.map_entry.count())),
      map_(logical_pages_ + config.map_pages(medium_.geometry())),
      map_cache_(config.map_cache.count() / medium_.geometry().page.count()),
      blocks_(medium_.geometry().blocks) {
    Errors errors;
    config_.check_geometry(medium_.geometry(), errors);
    errors.throw_if_any();
    medium_.cut_power_after(0);
    scan();
    // A device that has lost power meets new faults, not those of its first life again.
    const std::uint64_t seed = config_.faults.seed + (sequence_ - 1);
    read_dice_ = FtlDice(seed, 1);
    program_dice_ = FtlDice(seed, 2);
    erase_dice_ = FtlDice(seed, 3);
    victim_dice_ = FtlDice(seed, 4);
}

std::uint32_t Ftl::checked(std::uint64_t logical_page) const {
    if (logical_page >= logical_pages_) {
        throw ModelError("logical page " + std::to_string(logical_page) + " beyond the capacity of " +
                         std::to_string(logical_pages_) + " pages");
    }
    return static_cast<std::uint32_t>(logical_page);
}

/// Logical number of the page of the map that holds the entry of a host page.
std::uint32_t Ftl::map_page(std::uint32_t logical) const {
    return static_cast<std::uint32_t>(logical_pages_) + logical / map_entries_;
}

void Ftl::preload(std::uint64_t first, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    const std::uint32_t begin = checked(first);
    const std::uint32_t last = checked(count <= logical_pages_ ? first + (count - 1) : count);
    ensure(sequence_ == 1, "preload comes before the first write or trim");
    load(begin, last - begin + 1);
    if (config_.map_cache == Bytes{}) {
        return;
    }
    std::uint32_t map_first = map_page(begin);
    std::uint32_t map_last = map_page(last);
    // Pages of the map at the ends may lie there already for a neighbouring range.
    while (map_first <= map_last && map_.find(map_first, medium_) != FtlMap::kUnmapped) {
        ++map_first;
    }
    while (map_first <= map_last && map_.find(map_last, medium_) != FtlMap::kUnmapped) {
        --map_last;
    }
    load(map_first, map_last + 1 - map_first);
}

void Ftl::load(std::uint32_t first, std::uint32_t count) {
    ensure(!map_.preloads(first, count), "preloaded twice");
    while (count != 0) {
        const auto block = blocks_.least_worn_free(medium_);
        ensure(block && blocks_.free() > config_.gc_threshold, "preloaded content needs more superblocks");
        const std::uint32_t part = std::min(count, medium_.usable_pages(*block));
        medium_.preload(*block, first, part);
        map_.add_preloaded(first, part, *block);
        blocks_.set_state(*block, BlockState::closed);
        blocks_.add_valid(*block, part);
        first += part;
        count -= part;
    }
}

FtlStatus Ftl::read(std::uint64_t logical_page, std::vector<NandOp>& ops) {
    const std::uint32_t logical = checked(logical_page);
    use_map(logical, ops);
    map_cache_.drop_clean();
    const std::uint32_t page = map_.find(logical, medium_);
    if (page == FtlMap::kUnmapped) {
        return FtlStatus::unmapped;
    }
    ++activity_.host_pages_read;
    return sense(page, false, ops) ? FtlStatus::ok : FtlStatus::uncorrectable;
}

FtlStatus Ftl::write(std::uint64_t logical_page, std::vector<NandOp>& ops) {
    const std::uint32_t logical = checked(logical_page);
    if (read_only_) {
        return FtlStatus::read_only;
    }
    use_map(logical, ops);
    collect(ops);
    if (!place(logical, host_, false, false, ops)) {
        read_only_ = true;
        return FtlStatus::read_only;
    }
    ++activity_.host_pages_written;
    flush_map(ops);
    return FtlStatus::ok;
}

void Ftl::trim(std::uint64_t logical_page) {
    const std::uint32_t logical = checked(logical_page);
    if (map_.find(logical, medium_) != FtlMap::kUnmapped) {
        ++sequence_;
        unmap(logical);
        map_.set(logical, FtlMap::kUnmapped, medium_);
        change_map(logical);
    }
}

std::optional<PageAddress> Ftl::locate(std::uint64_t logical_page) const {
    const std::uint32_t page = map_.find(checked(logical_page), medium_);
    return page != FtlMap::kUnmapped ? std::optional(medium_.address(page)) : std::nullopt;
}

/// The entry of a host page is needed: reads its page of the map unless that is in RAM or was never written. A page of
/// the map that fails ECC is rebuilt by the controller; that time is not modelled.
void Ftl::use_map(std::uint32_t logical, std::vector<NandOp>& ops) {
    if (config_.map_cache == Bytes{} || map_cache_.use(map_page(logical))) {
        return;
    }
    const std::uint32_t page = map_.find(map_page(logical), medium_);
    if (page != FtlMap::kUnmapped) {
        ++activity_.map_reads;
        sense(page, true, ops);
    }
}

void Ftl::change_map(std::uint32_t logical) {
    if (config_.map_cache != Bytes{} && logical < logical_pages_) {
        map_cache_.change(map_page(logical));
    }
}

/// Keeps the cache at its capacity. A dirty page that was never loaded is completed by its old copy first.
void Ftl::flush_map(std::vector<NandOp>& ops) {
    for (int flushes = 0; flushes < kFlushesPerWrite && config_.map_cache != Bytes{} && map_cache_.too_large();) {
        const FtlMapCache::Page page = map_cache_.evict();
        if (!page.dirty) {
            continue;
        }
        ++flushes;
        const std::uint32_t old = map_.find(page.number, medium_);
        if (!page.loaded && old != FtlMap::kUnmapped) {
            ++activity_.map_reads;
            sense(old, true, ops);
        }
        if (!place(page.number, host_, true, false, ops)) {
            // The next write of the host fails likewise and reports it; the entries are still known.
            map_cache_.change(page.number);
            return;
        }
        ++activity_.map_writes;
    }
}

void Ftl::unmap(std::uint32_t logical) {
    const std::uint32_t old = map_.find(logical, medium_);
    if (old != FtlMap::kUnmapped) {
        blocks_.drop_valid(medium_.block_of(old));
    }
}

void Ftl::remap(std::uint32_t logical, std::uint32_t page) {
    unmap(logical);
    map_.set(logical, page, medium_);
    blocks_.add_valid(medium_.block_of(page), 1);
}

/// The page holds the newest copy of a logical page.
bool Ftl::holds(std::uint32_t page) const {
    const FtlMedium::Spare spare = medium_.spare(page);
    return spare.readable() && map_.find(spare.logical, medium_) == page;
}

}  // namespace handset
