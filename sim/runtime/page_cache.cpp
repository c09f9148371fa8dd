// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/page_cache.h"

#include <algorithm>
#include <array>
#include <string>

namespace handset {

namespace {

/// Linux gives up reading around when misses outnumber mapped pages by so many (R: MMAP_LOTSAMISS, mm/filemap.c), and
/// counts no further than ten times that.
constexpr std::uint32_t kManyMisses = 100;
constexpr std::uint32_t kMostMisses = 1000;
/// With fewer, LRU evicts pages that were read ahead before the reader gets there.
constexpr std::uint64_t kWindowsToHold = 4;

}  // namespace

std::span<const std::pair<std::string_view, ReadAhead>> enum_names(ReadAhead /*type*/) {
    static constexpr std::array<std::pair<std::string_view, ReadAhead>, 3> kNames{
        {{"around", ReadAhead::around}, {"ramp", ReadAhead::ramp}, {"none", ReadAhead::none}}};
    return kNames;
}

void PageCacheConfig::check(Errors& errors) const {
    const std::uint64_t page = page_size.count();
    if ((page & (page - 1)) != 0) {
        errors.add("page_size", "must be a power of two");
        return;
    }
    for (const auto& [key, size] : {std::pair("capacity", capacity), std::pair("read_ahead_max", read_ahead_max),
                                    std::pair("fault_around", fault_around)}) {
        if (size.count() == 0 || size.count() % page != 0) {
            errors.add(key, "must be whole pages of " + std::to_string(page) + " B");
        }
    }
    if (read_ahead != ReadAhead::none && capacity.count() / kWindowsToHold < read_ahead_max.count()) {
        errors.add("capacity", "must hold at least four windows of read_ahead_max");
    }
    if (capacity.count() / page >= UINT32_MAX) {
        errors.add("capacity", "too many pages");
    }
}

PageFaults& PageFaults::operator+=(const PageFaults& other) {
    reads.insert(reads.end(), other.reads.begin(), other.reads.end());
    hits += other.hits;
    minor_faults += other.minor_faults;
    major_faults += other.major_faults;
    read_ahead_pages += other.read_ahead_pages;
    evictions += other.evictions;
    return *this;
}

PageCache::PageCache(const PageCacheConfig& config, Bytes file_size)
    : config_(config),
      file_size_(file_size.count()),
      capacity_(config.capacity.count() / config.page_size.count()),
      window_max_(config.read_ahead == ReadAhead::none ? 1 : config.read_ahead_max.count() / config.page_size.count()) {
    const std::uint64_t pages = div_ceil(file_size_, config.page_size.count());
    if (pages == 0 || pages >= kNoIndex) {
        throw ConfigError("a mapped file of " + std::to_string(file_size_) + " B in pages of " +
                          std::to_string(config.page_size.count()) + " B");
    }
    pages_.resize(pages);
}

PageFaults PageCache::touch(std::uint64_t offset, std::uint64_t size) {
    ensure(size > 0 && offset < file_size_ && size <= file_size_ - offset, "touched a byte outside the mapped file");
    PageFaults faults;
    const std::uint64_t page_size = config_.page_size.count();
    for (std::uint64_t page = offset / page_size; page <= (offset + size - 1) / page_size; ++page) {
        touch_page(page, faults);
    }
    return faults;
}

void PageCache::touch_page(std::uint64_t index, PageFaults& faults) {
    Page& page = pages_[index];
    if (page.frame == kNoIndex) {
        ++faults.major_faults;
        miss(index, faults);
        page.mapped = true;
    } else {
        ++faults.hits;
        if (page.pins == 0) {
            unlink(static_cast<std::uint32_t>(index));
            link_newest(static_cast<std::uint32_t>(index));
        }
        if (!page.mapped) {
            ++faults.minor_faults;
            miss_score_ -= miss_score_ > 0 ? 1 : 0;
            if (page.marked) {
                page.marked = false;
                marked_page_touched(index, faults);
            }
            map_around(index);
        }
    }
    last_touched_ = index;
}

void PageCache::miss(std::uint64_t index, PageFaults& faults) {
    Window window{index, 1, 0};
    if (config_.read_ahead == ReadAhead::around) {
        miss_score_ = std::min(miss_score_ + 1, kMostMisses);
        if (miss_score_ <= kManyMisses) {
            window_ = {index - std::min(index, window_max_ / 2), window_max_, window_max_ / 4};
            window = window_;
        }
    } else if (config_.read_ahead == ReadAhead::ramp) {
        ramp(index);
        window = in_window(index) ? window_ : window;
    }
    read(window, index, true, faults);
}

bool PageCache::in_window(std::uint64_t page) const {
    return page >= window_.start && page < window_.start + window_.size;
}

/// A miss of a page-by-page reader: the expected page grows the window, a sequential one starts a new window, any other
/// leaves it alone.
void PageCache::ramp(std::uint64_t index) {
    if (index > 0 && index == window_.start + window_.size) {
        advance_window();
    } else if (index == 0 || (last_touched_ != UINT64_MAX && index == last_touched_ + 1)) {
        const std::uint64_t factor = window_max_ >= 32 ? 4 : 2;
        const std::uint64_t size = window_max_ >= 4 ? factor : window_max_;
        window_ = {index, size, size - 1};
    } else if (in_window(index)) {
        window_ = {};  // read once and evicted since: a random access
    }
}

void PageCache::advance_window() {
    window_.start += window_.size;
    window_.size = grown(window_.size);
    window_.async_size = window_.size;
}

std::uint64_t PageCache::grown(std::uint64_t size) const {
    return std::min(size < window_max_ / 16 ? 4 * size : 2 * size, window_max_);
}

void PageCache::marked_page_touched(std::uint64_t index, PageFaults& faults) {
    if (index == window_.start + window_.size - window_.async_size) {
        advance_window();
    } else {  // the mark of an older window: go on behind what is resident
        const std::uint64_t limit = std::min(index + window_max_, file_pages());
        std::uint64_t start = index + 1;
        while (start < limit && resident(start)) {
            ++start;
        }
        if (start >= limit) {
            return;
        }
        const std::uint64_t size = grown(start - index + 1);
        window_ = {start, size, size};
    }
    read(window_, index, false, faults);
}

/// Maps the resident pages of the block; a marked page is left to fault by itself.
void PageCache::map_around(std::uint64_t index) {
    const std::uint64_t block = std::max<std::uint64_t>(config_.fault_around.count() / config_.page_size.count(), 1);
    const std::uint64_t first = index / block * block;
    for (std::uint64_t i = first; i < std::min(first + block, file_pages()); ++i) {
        Page& page = pages_[i];
        if (page.frame != kNoIndex && !page.mapped && !page.marked) {
            page.mapped = true;
            miss_score_ -= miss_score_ > 0 && i != index ? 1 : 0;
        }
    }
}

/// Reads the missing pages of a window, as many as unpinned frames can take without evicting `touched` or each other.
void PageCache::read(const Window& window, std::uint64_t touched, bool wait, PageFaults& faults) {
    const bool keep_touched = !wait && !pinned(touched);
    std::uint64_t room = capacity_ - resident_ + unpinned_ - (keep_touched ? 1 : 0);
    if (wait && room == 0) {
        throw OutOfMemory("a page cache of " + std::to_string(config_.capacity.count()) +
                          " B is full of pages that running ops use: it cannot hold all weights of an op at once");
    }
    const std::uint64_t end = std::min(window.start + window.size, file_pages());
    const std::uint64_t mark = window.start + window.size - window.async_size;
    const std::uint64_t begin = wait && end - window.start > room ? touched : window.start;
    const std::uint64_t page_size = config_.page_size.count();
    bool joins = false;
    for (std::uint64_t index = begin; index < end && room > 0; ++index) {
        if (resident(index)) {
            joins = false;
            continue;
        }
        --room;
        insert(static_cast<std::uint32_t>(index), faults);
        pages_[index].marked = window.async_size > 0 && index == mark;
        if (!joins) {
            faults.reads.push_back({index * page_size, 0, PageReadKind::read_ahead});
            joins = true;
        }
        faults.reads.back().size += std::min(page_size, file_size_ - index * page_size);
        if (wait && index == touched) {
            faults.reads.back().kind = PageReadKind::major_fault;
        } else {
            ++faults.read_ahead_pages;
        }
    }
}

void PageCache::insert(std::uint32_t page, PageFaults& faults) {
    if (resident_ == capacity_) {
        evict(faults);
    }
    if (free_frames_.empty()) {
        pages_[page].frame = frames_used_++;
    } else {
        pages_[page].frame = free_frames_.back();
        free_frames_.pop_back();
    }
    ++resident_;
    link_newest(page);
}

void PageCache::evict(PageFaults& faults) {
    const std::uint32_t victim = oldest_;
    ensure(victim != kNoIndex, "nothing to evict");
    unlink(victim);
    Page& page = pages_[victim];
    free_frames_.push_back(page.frame);
    page.frame = kNoIndex;
    page.mapped = false;
    page.marked = false;
    --resident_;
    ++faults.evictions;
}

void PageCache::pin(std::uint64_t index) {
    Page& page = pages_.at(index);
    ensure(page.frame != kNoIndex, "pinned a page that is not resident");
    if (page.pins++ == 0) {
        unlink(static_cast<std::uint32_t>(index));
    }
}

void PageCache::unpin(std::uint64_t index) {
    Page& page = pages_.at(index);
    ensure(page.pins > 0, "unpinned a page that is not pinned");
    if (--page.pins == 0) {
        link_newest(static_cast<std::uint32_t>(index));
    }
}

std::uint32_t PageCache::frame(std::uint64_t page) const {
    const std::uint32_t frame = pages_.at(page).frame;
    ensure(frame != kNoIndex, "the page is not resident");
    return frame;
}

void PageCache::link_newest(std::uint32_t page) {
    pages_[page].older = newest_;
    pages_[page].newer = kNoIndex;
    (newest_ == kNoIndex ? oldest_ : pages_[newest_].newer) = page;
    newest_ = page;
    ++unpinned_;
}

void PageCache::unlink(std::uint32_t page) {
    const Page& out = pages_[page];
    (out.newer == kNoIndex ? newest_ : pages_[out.newer].older) = out.older;
    (out.older == kNoIndex ? oldest_ : pages_[out.older].newer) = out.newer;
    --unpinned_;
}

}  // namespace handset
