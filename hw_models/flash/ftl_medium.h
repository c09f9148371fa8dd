// SPDX-License-Identifier: Apache-2.0
// What physically lies on the NAND and survives a power loss: the spare bytes of every page (logical page and sequence
// number, written together with its data), erase counts and the bad-block table. Data themselves are not kept. The same
// block number in all planes is a superblock; page numbers run over its planes, channel first, then die, then plane,
// then page. Not modelled: neighbours damaged by a torn page (paired pages of MLC), disturb, retention.
#pragma once

#include <cstdint>
#include <exception>
#include <set>
#include <vector>

#include "hw_models/flash/ftl_config.h"
#include "hw_models/flash/nand_geometry.h"

namespace handset {

/// The power failed at a step of the medium. The Ftl that was at work must be discarded; its medium is good to recover.
class PowerLoss : public std::exception {
  public:
    [[nodiscard]] const char* what() const noexcept override { return "power loss"; }
};

class FtlMedium {
  public:
    /// Spare bytes of a page: a logical page, or one of the marks.
    static constexpr std::uint32_t kErased = 0xFFFF'FFFF;
    static constexpr std::uint32_t kTorn = 0xFFFF'FFFE;  ///< programmed or erased in part: unreadable
    struct Spare {
        std::uint32_t logical = kErased;
        std::uint64_t sequence = 0;

        [[nodiscard]] bool readable() const { return logical < kTorn; }
        friend bool operator==(const Spare&, const Spare&) = default;
    };

    /// Factory-new: everything erased, factory bad blocks marked.
    FtlMedium(const NandGeometry& geometry, const FtlConfig& config);

    [[nodiscard]] const NandGeometry& geometry() const { return geometry_; }
    [[nodiscard]] std::uint32_t planes() const { return planes_; }
    [[nodiscard]] std::uint32_t block_pages() const { return block_pages_; }
    [[nodiscard]] std::uint32_t block_of(std::uint32_t page) const { return page / block_pages_; }
    [[nodiscard]] std::uint32_t plane_of(std::uint32_t page) const { return page % block_pages_ % planes_; }
    [[nodiscard]] PageAddress address(std::uint32_t page) const;
    [[nodiscard]] std::uint32_t number(const PageAddress& address) const;

    [[nodiscard]] Spare spare(std::uint32_t page) const;
    [[nodiscard]] bool bad(std::uint32_t block, std::uint32_t plane) const { return bad_[index(block, plane)]; }
    [[nodiscard]] std::uint32_t good_planes(std::uint32_t block) const { return good_planes_[block]; }
    [[nodiscard]] std::uint32_t usable_pages(std::uint32_t block) const {
        return good_planes_[block] * geometry_.pages;
    }
    [[nodiscard]] std::uint32_t erases(std::uint32_t block) const { return erases_[block]; }
    /// The content of this page cannot be corrected any more; copies inherit it.
    [[nodiscard]] bool damaged(std::uint32_t page) const { return damaged_.contains(page); }
    void mark_damaged(std::uint32_t page) { damaged_.insert(page); }
    /// No page of the superblock has been programmed since its erase.
    [[nodiscard]] bool pristine(std::uint32_t block) const;

    /// Content from time zero: logical pages [first, first + count) fill the good planes of `block`, count at most its
    /// usable pages. Kept as a formula.
    void preload(std::uint32_t block, std::uint32_t first, std::uint32_t count);
    struct Preload {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    /// What is preloaded in a superblock (count 0: nothing, or it is erased or being erased).
    [[nodiscard]] Preload preloaded(std::uint32_t block) const { return contents_[block].preload; }
    /// Physical page of the n-th page of a preloaded superblock.
    [[nodiscard]] std::uint32_t preloaded_page(std::uint32_t block, std::uint32_t n) const;

    /// Throws ModelError when the page is not erased, its predecessor in the block is, or the block is bad.
    void program(std::uint32_t page, std::uint32_t logical, std::uint64_t sequence);
    /// The program fails: the page is torn, its block bad. What the block held stays readable.
    void fail_program(std::uint32_t page);
    void erase(std::uint32_t block, std::uint32_t plane);
    void fail_erase(std::uint32_t block, std::uint32_t plane);
    /// All good blocks of the superblock are erased; bad ones are not looked at any more.
    void finish_erase(std::uint32_t block);

    /// The power fails at the n-th step from now (1: the next): a program and an erase each can be cut before, within
    /// and after. Throws PowerLoss from there.
    void cut_power_after(std::uint64_t steps) { fuse_ = steps; }

  private:
    /// Of one superblock: either a formula or, from the first program on, every spare.
    struct Content {
        Preload preload;
        std::vector<std::uint32_t> logical;
        std::vector<std::uint64_t> sequence;
    };

    [[nodiscard]] std::size_t index(std::uint32_t block, std::uint32_t plane) const {
        return std::size_t{block} * planes_ + plane;
    }
    [[nodiscard]] Spare preloaded_spare(std::uint32_t page) const;
    Content& written(std::uint32_t block);
    void begin_program(std::uint32_t page);
    void set_block(std::uint32_t block, std::uint32_t plane, std::uint32_t mark);
    void retire(std::uint32_t block, std::uint32_t plane);
    void step();

    NandGeometry geometry_;
    std::uint32_t planes_;
    std::uint32_t block_pages_;  ///< pages of a superblock
    std::vector<Content> contents_;
    std::vector<std::uint32_t> erases_;
    std::vector<std::uint32_t> good_planes_;
    std::vector<bool> bad_;
    std::set<std::uint32_t> damaged_;
    std::uint64_t fuse_ = 0;
};

}  // namespace handset
