// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl_map.h"

#include <algorithm>

namespace handset {

void FtlMap::add_preloaded(std::uint32_t first, std::uint32_t count, std::uint32_t block) {
    const auto after = std::upper_bound(extents_.begin(), extents_.end(), first,
                                        [](std::uint32_t page, const Extent& extent) { return page < extent.first; });
    extents_.insert(after, {.first = first, .count = count, .block = block});
}

bool FtlMap::preloads(std::uint32_t first, std::uint32_t count) const {
    return std::any_of(extents_.begin(), extents_.end(), [&](const Extent& extent) {
        return extent.first < first + count && first < extent.first + extent.count;
    });
}

std::uint32_t FtlMap::preloaded(std::uint32_t logical, const FtlMedium& medium) const {
    const auto after = std::upper_bound(extents_.begin(), extents_.end(), logical,
                                        [](std::uint32_t page, const Extent& extent) { return page < extent.first; });
    if (after == extents_.begin()) {
        return kUnmapped;
    }
    const Extent& extent = *std::prev(after);
    return logical - extent.first < extent.count ? medium.preloaded_page(extent.block, logical - extent.first)
                                                 : kUnmapped;
}

std::uint32_t FtlMap::find(std::uint32_t logical, const FtlMedium& medium) const {
    const Segment* segment = segments_[logical / kSegment].get();
    return segment != nullptr ? (*segment)[logical % kSegment] : preloaded(logical, medium);
}

void FtlMap::set(std::uint32_t logical, std::uint32_t page, const FtlMedium& medium) {
    auto& segment = segments_[logical / kSegment];
    if (segment == nullptr) {
        auto filled = std::make_unique<Segment>();
        std::uint32_t next = logical / kSegment * kSegment;
        for (std::uint32_t& entry : *filled) {
            entry = preloaded(next++, medium);
        }
        segment = std::move(filled);
    }
    (*segment)[logical % kSegment] = page;
}

}  // namespace handset
