// SPDX-License-Identifier: Apache-2.0
// Logical to physical page map. Segments of entries come into being with the first change in them; everything else is
// the formula of the preloaded superblocks, so that memory follows what is written and not the capacity.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw_models/flash/ftl_medium.h"

namespace handset {

class FtlMap {
  public:
    static constexpr std::uint32_t kUnmapped = 0xFFFF'FFFF;

    explicit FtlMap(std::uint64_t logical_pages) : segments_((logical_pages + kSegment - 1) / kSegment) {}

    /// `block` is preloaded with logical pages from `first` on. Called in any order, ranges do not overlap.
    void add_preloaded(std::uint32_t first, std::uint32_t count, std::uint32_t block);
    /// Some of these pages are preloaded.
    [[nodiscard]] bool preloads(std::uint32_t first, std::uint32_t count) const;
    /// Physical page or kUnmapped.
    [[nodiscard]] std::uint32_t find(std::uint32_t logical, const FtlMedium& medium) const;
    void set(std::uint32_t logical, std::uint32_t page, const FtlMedium& medium);

  private:
    static constexpr std::uint32_t kSegment = 1024;
    using Segment = std::array<std::uint32_t, kSegment>;
    struct Extent {
        std::uint32_t first;
        std::uint32_t count;
        std::uint32_t block;
    };

    [[nodiscard]] std::uint32_t preloaded(std::uint32_t logical, const FtlMedium& medium) const;

    std::vector<std::unique_ptr<Segment>> segments_;
    std::vector<Extent> extents_;  ///< by first page
};

}  // namespace handset
