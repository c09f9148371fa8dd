// SPDX-License-Identifier: Apache-2.0
// Power-on: rebuilds everything in RAM from the spare bytes of the pages on NAND.
#include <algorithm>
#include <utility>

#include "hw_models/flash/ftl.h"

namespace handset {

/// The newest readable copy of a logical page counts: of all programs the last one was the last to be acknowledged (or
/// was under way), and a superblock is erased only after newer copies of its valid pages were programmed.
void Ftl::scan() {
    const std::uint32_t blocks = medium_.geometry().blocks;
    for (std::uint32_t block = 0; block < blocks; ++block) {
        if (const auto [first, count] = medium_.preloaded(block); count != 0) {
            map_.add_preloaded(first, count, block);
            blocks_.add_valid(block, count);
        }
    }
    for (std::uint32_t block = 0; block < blocks; ++block) {
        if (!medium_.pristine(block) && medium_.preloaded(block).count == 0) {
            const std::uint32_t begin = block * medium_.block_pages();
            for (std::uint32_t page = begin; page < begin + medium_.block_pages(); ++page) {
                adopt(page);
            }
        }
    }
    for (std::uint32_t block = 0; block < blocks; ++block) {
        resume(block);
    }
}

/// A page found programmed: maps it if it is newer than what is known of its logical page.
void Ftl::adopt(std::uint32_t page) {
    const FtlMedium::Spare spare = medium_.spare(page);
    if (!spare.readable()) {
        return;
    }
    sequence_ = std::max(sequence_, spare.sequence + 1);
    const std::uint32_t known = map_.find(spare.logical, medium_);
    if (known == FtlMap::kUnmapped || medium_.spare(known).sequence < spare.sequence) {
        remap(spare.logical, page);
    }
}

/// State of a superblock after the scan. At most the two open ones are filled in part; they are filled further, since
/// closing them would cost free superblocks with every power loss. The collector gets the one with more room: it may
/// have been cut while it used the last free superblock.
void Ftl::resume(std::uint32_t block) {
    if (medium_.pristine(block)) {
        blocks_.set_state(block, medium_.good_planes(block) != 0 ? BlockState::free : BlockState::dead);
        return;
    }
    blocks_.set_state(block, BlockState::closed);
    if (medium_.preloaded(block).count != 0) {
        return;
    }
    if (const auto offset = append_offset(block)) {
        Stream found = {.block = block, .offset = *offset};
        blocks_.set_state(block, BlockState::open);
        if (room(found) > room(moved_)) {
            std::swap(found, moved_);
        }
        if (room(found) > room(host_)) {
            std::swap(found, host_);
        }
        if (found.block) {
            blocks_.set_state(*found.block, BlockState::closed);
        }
    }
    for (std::uint32_t plane = 0; plane < medium_.planes(); ++plane) {
        if (medium_.bad(block, plane) && blocks_.valid(block) != 0) {
            evacuate_.emplace(block, plane);
        }
    }
}

/// Where programming of a superblock stopped. Nothing when it is full or an erase was cut: then erased pages precede
/// programmed ones.
std::optional<std::uint32_t> Ftl::append_offset(std::uint32_t block) const {
    const std::uint32_t begin = block * medium_.block_pages();
    std::optional<std::uint32_t> end;
    for (std::uint32_t offset = 0; offset < medium_.block_pages(); ++offset) {
        if (medium_.bad(block, offset % medium_.planes())) {
            continue;
        }
        const bool erased = medium_.spare(begin + offset).logical == FtlMedium::kErased;
        if (erased && !end) {
            end = offset;
        }
        if (!erased && end) {
            return std::nullopt;
        }
    }
    return end;
}

}  // namespace handset
