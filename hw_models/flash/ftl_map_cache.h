// SPDX-License-Identifier: Apache-2.0
// Which pages of the map are in the controller's RAM, least recently used first to go. A dirty page holds entries that
// its copy on NAND lacks; it may be in RAM without having been loaded (changed by the collector or by a trim).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>

namespace handset {

class FtlMapCache {
  public:
    struct Page {
        std::uint32_t number = 0;
        bool loaded = false;
        bool dirty = false;
    };

    explicit FtlMapCache(std::uint64_t capacity) : capacity_(capacity) {}

    /// Uses a page; false: it must be loaded first (and counts as loaded from here).
    bool use(std::uint32_t number);
    /// Entries of the page change, whether it is loaded or not.
    void change(std::uint32_t number);
    [[nodiscard]] bool too_large() const { return pages_.size() > capacity_; }
    /// Removes the least recently used page.
    Page evict();
    /// Removes clean pages, least recently used first, until the capacity is kept or only dirty ones are left.
    void drop_clean();

  private:
    Page& front(std::uint32_t number);

    std::uint64_t capacity_;  ///< pages
    std::list<Page> pages_;   ///< most recently used first
    std::map<std::uint32_t, std::list<Page>::iterator> places_;
};

}  // namespace handset
