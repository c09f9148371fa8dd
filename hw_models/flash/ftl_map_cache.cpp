// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl_map_cache.h"

#include <iterator>

namespace handset {

/// The page, inserted when it is absent, as the most recently used.
FtlMapCache::Page& FtlMapCache::front(std::uint32_t number) {
    const auto [place, inserted] = places_.try_emplace(number);
    if (inserted) {
        pages_.push_front({.number = number});
        place->second = pages_.begin();
    } else {
        pages_.splice(pages_.begin(), pages_, place->second);
    }
    return pages_.front();
}

bool FtlMapCache::use(std::uint32_t number) {
    Page& page = front(number);
    const bool present = page.loaded;
    page.loaded = true;
    return present;
}

void FtlMapCache::change(std::uint32_t number) {
    front(number).dirty = true;
}

FtlMapCache::Page FtlMapCache::evict() {
    const Page page = pages_.back();
    pages_.pop_back();
    places_.erase(page.number);
    return page;
}

void FtlMapCache::drop_clean() {
    auto next = pages_.end();
    while (too_large() && next != pages_.begin()) {
        const auto page = std::prev(next);
        if (page->dirty) {
            next = page;
        } else {
            places_.erase(page->number);
            next = pages_.erase(page);
        }
    }
}

}  // namespace handset
