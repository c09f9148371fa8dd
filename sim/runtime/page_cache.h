// SPDX-License-Identifier: Apache-2.0
// The page cache of an operating system for one read-only memory-mapped file: which pages are in which frame, what a
// touch makes the system read, what it evicts. One plain LRU list instead of Linux's active and inactive one, exact
// instead of sampled by accessed bits; one read-ahead state, hence one reader; no dirty pages. Time is not its
// business. Rules: Linux 5.x-6.6, mm/filemap.c (faults, read-around, fault-around) and mm/readahead.c (windows).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/runtime/page_cache_config.h"

namespace handset {

enum class PageReadKind : std::uint8_t {
    major_fault,  ///< the reader waits for it
    read_ahead,   ///< issued on the way; the reader waits when it gets there first
};

/// Adjacent pages that storage must deliver, the file's last one cut at its end.
struct PageRead {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    PageReadKind kind = PageReadKind::major_fault;

    friend bool operator==(const PageRead&, const PageRead&) = default;
};

/// What one or more touches led to. Every touch of a page is a hit or a major fault.
struct PageFaults {
    std::vector<PageRead> reads;         ///< in the order of issue
    std::uint64_t hits = 0;              ///< pages found in the cache, mapped or not
    std::uint64_t minor_faults = 0;      ///< of them not mapped yet
    std::uint64_t major_faults = 0;      ///< pages not in the cache
    std::uint64_t read_ahead_pages = 0;  ///< read without having been touched
    std::uint64_t evictions = 0;         ///< pages

    PageFaults& operator+=(const PageFaults& other);
};

class PageCache {
  public:
    /// `config` has passed check(); the file is not empty.
    PageCache(const PageCacheConfig& config, Bytes file_size);

    /// Touches the pages of a byte range in ascending order. Pages to be read count as resident from now on: whoever
    /// simulates time waits for the reads first. Throws OutOfMemory when pinned pages leave no room for a touched page.
    PageFaults touch(std::uint64_t offset, std::uint64_t size);

    /// A pinned page is not evicted. Pins count; the page must be resident. After its last pin it is the most recent.
    void pin(std::uint64_t page);
    void unpin(std::uint64_t page);

    /// Pinned pages leave no room for another one.
    [[nodiscard]] bool full() const { return resident_ == capacity_ && unpinned_ == 0; }
    [[nodiscard]] bool resident(std::uint64_t page) const { return pages_.at(page).frame != kNoIndex; }
    [[nodiscard]] bool pinned(std::uint64_t page) const { return pages_.at(page).pins > 0; }
    /// Where a resident page lies: below capacity_pages(). Frames of evicted pages are used again.
    [[nodiscard]] std::uint32_t frame(std::uint64_t page) const;
    [[nodiscard]] std::uint64_t file_pages() const { return pages_.size(); }
    [[nodiscard]] std::uint64_t resident_pages() const { return resident_; }
    [[nodiscard]] std::uint64_t capacity_pages() const { return capacity_; }
    [[nodiscard]] const PageCacheConfig& config() const { return config_; }

  private:
    static constexpr std::uint32_t kNoIndex = UINT32_MAX;

    struct Page {
        std::uint32_t frame = kNoIndex;
        std::uint32_t newer = kNoIndex;
        std::uint32_t older = kNoIndex;
        std::uint32_t pins = 0;
        bool mapped = false;
        bool marked = false;  ///< touching it starts the next window
    };
    /// The last read-ahead decision; in pages. The page async_size before the end carries the mark.
    struct Window {
        std::uint64_t start = 0;
        std::uint64_t size = 0;
        std::uint64_t async_size = 0;
    };

    void touch_page(std::uint64_t page, PageFaults& faults);
    void miss(std::uint64_t page, PageFaults& faults);
    void marked_page_touched(std::uint64_t page, PageFaults& faults);
    void map_around(std::uint64_t page);
    void ramp(std::uint64_t page);
    void advance_window();
    void read(const Window& window, std::uint64_t touched, bool wait, PageFaults& faults);
    void insert(std::uint32_t page, PageFaults& faults);
    void evict(PageFaults& faults);
    void link_newest(std::uint32_t page);
    void unlink(std::uint32_t page);
    [[nodiscard]] std::uint64_t grown(std::uint64_t size) const;
    [[nodiscard]] bool in_window(std::uint64_t page) const;

    PageCacheConfig config_;
    std::uint64_t file_size_;
    std::uint64_t capacity_;    // pages
    std::uint64_t window_max_;  // pages
    std::vector<Page> pages_;   // of the file
    std::vector<std::uint32_t> free_frames_;
    std::uint32_t frames_used_ = 0;  // ever
    std::uint32_t newest_ = kNoIndex;
    std::uint32_t oldest_ = kNoIndex;
    std::uint64_t unpinned_ = 0;  // pages in the list
    std::uint64_t resident_ = 0;
    Window window_;
    std::uint64_t last_touched_ = UINT64_MAX;
    std::uint32_t miss_score_ = 0;
};

}  // namespace handset
