// SPDX-License-Identifier: Apache-2.0
// Parameters of the operating system's page cache for a memory-mapped model file. Defaults are those of Linux on arm64;
// (R) read in the kernel's source, (M) general knowledge without a source at hand, (E) estimate with its range.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

/// What a page that is not in memory makes the system read:
/// - around: as Linux maps files: the largest window around the page, then windows ahead of a sequential reader;
/// - ramp: as Linux reads files page by page: a small window that grows while the reader is sequential, the page alone
///   when it is not;
/// - none: the page alone, as after madvise(MADV_RANDOM).
enum class ReadAhead : std::uint8_t { around, ramp, none };

std::span<const std::pair<std::string_view, ReadAhead>> enum_names(ReadAhead /*type*/);

struct PageCacheConfig {
    Bytes page_size{4096};
    Bytes capacity;
    ReadAhead read_ahead = ReadAhead::around;
    Bytes read_ahead_max{131072};
    Bytes fault_around{65536};
    Femtoseconds major_fault_time;
    Femtoseconds minor_fault_time;

    template <class Visitor>
    void fields(Visitor& v) {
        // 4 KiB: Android until 14 (M); 16 KiB: devices launched with Android 15 and later may use it (M).
        v.field("page_size", page_size, {.doc = "of the page cache", .min = 4_KiB, .max = 64_KiB, .fallback = 4_KiB});
        v.field(
            "capacity", capacity,
            {.doc = "memory limit of the file's pages; they are evicted in least-recently-used order", .min = 64_KiB});
        v.field("read_ahead", read_ahead,
                {.doc = "what a missing page makes the system read", .fallback = ReadAhead::around});
        // Linux: VM_READAHEAD_PAGES = 128 KiB (R: include/linux/mm.h); Android sets 128-512 KiB per device (M).
        v.field("read_ahead_max", read_ahead_max,
                {.doc = "largest window of one read", .min = 4_KiB, .max = 1_MiB, .fallback = 128_KiB});
        // Linux: fault_around_bytes = 64 KiB (R: mm/memory.c).
        v.field("fault_around", fault_around,
                {.doc = "one minor fault maps the resident pages of an aligned block of this size",
                 .min = 4_KiB,
                 .max = 2_MiB,
                 .fallback = 64_KiB});
        // (E) 2-6 us: exception, allocation of a window's pages, two context switches; the block layer's and the
        // interrupt's part is launch_time and completion_time of the storage.
        v.field("major_fault_time", major_fault_time,
                {.doc = "host time of a fault that waits for storage", .fallback = 3_us});
        // (E) 0.5-2 us: exception and up to sixteen page table entries.
        v.field("minor_fault_time", minor_fault_time,
                {.doc = "host time of a fault on a resident page", .fallback = 1_us});
    }
    void check(Errors& errors) const;
};

}  // namespace handset
