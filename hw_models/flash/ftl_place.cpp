// SPDX-License-Identifier: Apache-2.0
// Reading and programming pages: ECC retries, where the next page goes, programs that fail.
#include "hw_models/flash/ftl.h"

namespace handset {

/// Senses a page with as many retries as ECC needs; false when it stays uncorrectable.
bool Ftl::sense(std::uint32_t page, bool internal, std::vector<NandOp>& ops) {
    const FtlFaults& faults = config_.faults;
    const bool damaged = medium_.damaged(page);
    bool good = !damaged && !read_dice_.hits(faults.read_failure);
    std::uint32_t retries = 0;
    while (!good && retries < faults.retry_steps) {
        ++retries;
        good = !damaged && !read_dice_.hits(faults.retry_failure);
    }
    activity_.read_retries += retries;
    activity_.uncorrectable += good ? 0U : 1U;
    ops.push_back(
        {.command = NandCommand::read, .where = medium_.address(page), .internal = internal, .retries = retries});
    return good;
}

/// Programs a page and maps it; a program that fails makes its block bad and the page goes to the next place. False
/// when there is none: nothing has changed for the logical page.
bool Ftl::place(std::uint32_t logical, Stream& stream, bool internal, bool damaged, std::vector<NandOp>& ops) {
    while (const auto page = next_page(stream, ops)) {
        ops.push_back({.command = NandCommand::program, .where = medium_.address(*page), .internal = internal});
        ++activity_.pages_programmed;
        if (program_dice_.hits(config_.faults.program_failure)) {
            ++activity_.bad_blocks;
            medium_.fail_program(*page);
            evacuate_.emplace(medium_.block_of(*page), medium_.plane_of(*page));
            continue;
        }
        if (damaged) {
            medium_.mark_damaged(*page);
        }
        medium_.program(*page, logical, sequence_++);
        remap(logical, *page);
        change_map(logical);
        return true;
    }
    return false;
}

/// Next page of the stream's superblock, if it is not full.
std::optional<std::uint32_t> Ftl::fill(Stream& stream) {
    if (!stream.block) {
        return std::nullopt;
    }
    const std::uint32_t block = *stream.block;
    while (stream.offset < medium_.block_pages()) {
        const std::uint32_t offset = stream.offset++;
        if (!medium_.bad(block, offset % medium_.planes())) {
            return block * medium_.block_pages() + offset;
        }
    }
    blocks_.set_state(block, BlockState::closed);
    stream = {};
    return std::nullopt;
}

bool Ftl::open(Stream& stream) {
    const auto block = blocks_.least_worn_free(medium_);
    if (!block) {
        return false;
    }
    blocks_.set_state(*block, BlockState::open);
    stream = {.block = block};
    return true;
}

/// Where a stream programs next. Moved pages may open the last free superblock, and as a last resort share the host's;
/// the host gets a new one only while the reserve remains.
std::optional<std::uint32_t> Ftl::next_page(Stream& stream, std::vector<NandOp>& ops) {
    if (const auto page = fill(stream)) {
        return page;
    }
    if (&stream == &moved_) {
        return open(moved_) ? fill(moved_) : fill(host_);
    }
    if (blocks_.free() <= kReserve && !reclaim(ops)) {
        return std::nullopt;
    }
    return open(host_) ? fill(host_) : std::nullopt;
}

/// Pages that a stream can still take without a new superblock.
std::uint64_t Ftl::room(const Stream& stream) const {
    if (!stream.block) {
        return 0;
    }
    const std::uint64_t rest = medium_.block_pages() - stream.offset;
    return rest * medium_.good_planes(*stream.block) / medium_.planes();
}

}  // namespace handset
