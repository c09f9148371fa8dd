// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cache/cache_config.h"

#include <bit>
#include <vector>

#include "sim/base/text.h"

namespace handset {

void CacheConfig::check(Errors& errors) const {
    if (!std::has_single_bit(line.count())) {
        errors.add("line", "must be a power of two");
    }
    if (!std::has_single_bit(sector.count()) || sector > line || line.count() > sector.count() * 64) {
        errors.add("sector", "must be a power of two from 1/64 line to one line");
    }
    if (capacity.count() % (std::uint64_t{ways} * line.count()) != 0) {
        errors.add("capacity", "must be whole sets of ways * line");
    }
    std::vector<std::string> tags;
    for (std::size_t i = 0; i < kMemoryTags; ++i) {
        tags.emplace_back(memory_tag_name(static_cast<MemoryTag>(i)));
    }
    for (const auto& [name, share] : allocate) {
        bool known = false;
        for (const std::string& tag : tags) {
            known = known || tag == name;
        }
        if (!known) {
            errors.add("allocate", unknown_name("stream", name, tags));
        } else if (share == 0 || share > ways) {
            errors.add("allocate." + name, "must be between 1 and ways; leave a stream out to let it pass by");
        }
    }
}

std::array<std::uint64_t, kMemoryTags> CacheConfig::way_masks() const {
    std::array<std::uint64_t, kMemoryTags> masks{};
    for (std::size_t i = 0; i < kMemoryTags; ++i) {
        const auto found = allocate.find(std::string(memory_tag_name(static_cast<MemoryTag>(i))));
        if (found != allocate.end()) {
            masks.at(i) = found->second >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << found->second) - 1;
        }
    }
    return masks;
}

}  // namespace handset
