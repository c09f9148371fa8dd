// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cache/cache_config.h"

#include <algorithm>
#include <bit>

#include "sim/base/text.h"

namespace handset {

namespace {

/// Bits [first, first + count).
std::uint64_t way_range(std::uint32_t first, std::uint32_t count) {
    const std::uint64_t low = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    return first >= 64 ? 0 : low << first;
}

/// The lowest `count` bits of `mask`.
std::uint64_t lowest_of(std::uint64_t mask, std::uint32_t count) {
    std::uint64_t chosen = 0;
    for (std::uint32_t i = 0; i < count && mask != 0; ++i) {
        chosen |= mask & (~mask + 1);
        mask &= mask - 1;
    }
    return chosen;
}

}  // namespace

void CacheConfig::check(Errors& errors) const {
    if (!std::has_single_bit(line.count())) {
        errors.add("line", "must be a power of two");
    }
    if (!std::has_single_bit(sector.count()) || sector > line || line.count() > sector.count() * 64) {
        errors.add("sector", "must be a power of two from 1/64 line to one line");
    }
    if (capacity.has_value() != private_caches.empty()) {
        errors.add("capacity", "needs either capacity or private_caches, and not both");
    }
    const auto whole_sets = [this](Bytes size) { return size.count() % (std::uint64_t{ways} * line.count()) == 0; };
    if (capacity.has_value() && !whole_sets(*capacity)) {
        errors.add("capacity", "must be whole sets of ways * line");
    }
    for (std::size_t i = 0; i < private_caches.size(); ++i) {
        if (!whole_sets(private_caches[i].capacity)) {
            errors.add("private_caches[" + std::to_string(i) + "].capacity", "must be whole sets of ways * line");
        }
    }
    check_allocate(errors);
    for (const auto& [name, partition] : partitions) {
        if (partition.ways == 0 || partition.first + partition.ways > ways) {
            errors.add("partitions." + name, "must lie within the " + std::to_string(ways) + " ways");
        }
    }
}

void CacheConfig::check_allocate(Errors& errors) const {
    std::vector<std::string> tags;
    for (std::size_t i = 0; i < kMemoryTags; ++i) {
        tags.emplace_back(memory_tag_name(static_cast<MemoryTag>(i)));
    }
    for (const auto& [name, share] : allocate) {
        if (std::find(tags.begin(), tags.end(), name) == tags.end()) {
            errors.add("allocate", unknown_name("stream", name, tags));
        } else if (share == 0 || share > ways) {
            errors.add("allocate." + name, "must be between 1 and ways; leave a stream out to let it pass by");
        }
    }
}

CacheConfig::WayMasks CacheConfig::way_masks(const std::string& initiator) const {
    const auto partition = partitions.find(initiator);
    const std::uint64_t open =
        partition == partitions.end() ? way_range(0, ways) : way_range(partition->second.first, partition->second.ways);
    WayMasks masks{};
    for (std::size_t i = 0; i < kMemoryTags; ++i) {
        const auto found = allocate.find(std::string(memory_tag_name(static_cast<MemoryTag>(i))));
        masks.at(i) = found == allocate.end() ? 0 : lowest_of(open, found->second);
    }
    return masks;
}

std::vector<Bytes> CacheConfig::arrays() const {
    std::vector<Bytes> sizes;
    if (capacity.has_value()) {
        sizes.push_back(*capacity);
    }
    for (const PrivateCaches& group : private_caches) {
        sizes.insert(sizes.end(), group.lanes, group.capacity);
    }
    return sizes;
}

}  // namespace handset
