// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl_medium.h"

#include <utility>

#include "sim/base/errors.h"

namespace handset {

FtlMedium::FtlMedium(const NandGeometry& geometry, const FtlConfig& config)
    : geometry_(geometry),
      planes_(geometry.all_planes()),
      block_pages_(planes_ * geometry.pages),
      contents_(geometry.blocks),
      erases_(geometry.blocks),
      good_planes_(geometry.blocks, planes_),
      bad_(std::size_t{geometry.blocks} * planes_) {
    for (std::uint32_t block = 0; block < geometry.blocks; ++block) {
        for (std::uint32_t plane = 0; plane < planes_; ++plane) {
            if (config.factory_bad(block, plane)) {
                retire(block, plane);
            }
        }
    }
}

PageAddress FtlMedium::address(std::uint32_t page) const {
    const std::uint32_t plane = plane_of(page);
    return {.channel = plane % geometry_.channels,
            .die = plane / geometry_.channels % geometry_.dies,
            .plane = plane / (geometry_.channels * geometry_.dies),
            .block = block_of(page),
            .page = page % block_pages_ / planes_};
}

std::uint32_t FtlMedium::number(const PageAddress& address) const {
    const std::uint32_t plane = (address.plane * geometry_.dies + address.die) * geometry_.channels + address.channel;
    return address.block * block_pages_ + address.page * planes_ + plane;
}

FtlMedium::Spare FtlMedium::spare(std::uint32_t page) const {
    const Content& content = contents_[block_of(page)];
    if (content.preload.count != 0) {
        return preloaded_spare(page);
    }
    if (content.logical.empty()) {
        return {};
    }
    const std::uint32_t offset = page % block_pages_;
    return {.logical = content.logical[offset], .sequence = content.sequence[offset]};
}

/// The n-th good page of a superblock in programming order holds its n-th logical page.
FtlMedium::Spare FtlMedium::preloaded_spare(std::uint32_t page) const {
    const std::uint32_t block = block_of(page);
    const Content& content = contents_[block];
    const std::uint32_t plane = plane_of(page);
    if (bad(block, plane)) {
        return {};
    }
    std::uint32_t rank = plane;
    if (good_planes_[block] != planes_) {
        rank = 0;
        for (std::uint32_t other = 0; other < plane; ++other) {
            rank += bad(block, other) ? 0U : 1U;
        }
    }
    const std::uint32_t n = page % block_pages_ / planes_ * good_planes_[block] + rank;
    return n < content.preload.count ? Spare{.logical = content.preload.first + n, .sequence = 0} : Spare{};
}

std::uint32_t FtlMedium::preloaded_page(std::uint32_t block, std::uint32_t n) const {
    const std::uint32_t good = good_planes_[block];
    std::uint32_t plane = n % good;
    if (good != planes_) {
        std::uint32_t left = plane;
        for (plane = 0; bad(block, plane) || left != 0; ++plane) {
            left -= bad(block, plane) ? 0U : 1U;
        }
    }
    return block * block_pages_ + n / good * planes_ + plane;
}

bool FtlMedium::pristine(std::uint32_t block) const {
    const Content& content = contents_[block];
    for (const std::uint32_t logical : content.logical) {
        if (logical != kErased) {
            return false;
        }
    }
    return content.preload.count == 0;
}

void FtlMedium::preload(std::uint32_t block, std::uint32_t first, std::uint32_t count) {
    ensure(pristine(block) && count != 0 && count <= usable_pages(block), "preload needs room in an erased superblock");
    contents_[block].preload = {.first = first, .count = count};
}

/// The superblock with every spare written out.
FtlMedium::Content& FtlMedium::written(std::uint32_t block) {
    Content& content = contents_[block];
    if (content.logical.empty()) {
        std::vector<std::uint32_t> logical(block_pages_, kErased);
        for (std::uint32_t n = 0; n < content.preload.count; ++n) {
            logical[preloaded_page(block, n) % block_pages_] = content.preload.first + n;
        }
        content.preload.count = 0;
        content.logical = std::move(logical);
        content.sequence.assign(block_pages_, 0);
    }
    return content;
}

void FtlMedium::begin_program(std::uint32_t page) {
    const std::uint32_t offset = page % block_pages_;
    Content& content = written(block_of(page));
    ensure(!bad(block_of(page), plane_of(page)), "program in a bad block");
    ensure(content.logical[offset] == kErased, "a page is programmed once between erases");
    ensure(offset < planes_ || content.logical[offset - planes_] != kErased, "pages are programmed in order");
    step();
    content.logical[offset] = kTorn;
    step();
}

void FtlMedium::program(std::uint32_t page, std::uint32_t logical, std::uint64_t sequence) {
    begin_program(page);
    Content& content = contents_[block_of(page)];
    content.logical[page % block_pages_] = logical;
    content.sequence[page % block_pages_] = sequence;
    step();
}

void FtlMedium::fail_program(std::uint32_t page) {
    begin_program(page);
    retire(block_of(page), plane_of(page));
}

void FtlMedium::set_block(std::uint32_t block, std::uint32_t plane, std::uint32_t mark) {
    Content& content = written(block);
    for (std::uint32_t offset = plane; offset < block_pages_; offset += planes_) {
        content.logical[offset] = mark;
    }
}

void FtlMedium::erase(std::uint32_t block, std::uint32_t plane) {
    step();
    set_block(block, plane, kTorn);
    step();
    set_block(block, plane, kErased);
    step();
}

void FtlMedium::fail_erase(std::uint32_t block, std::uint32_t plane) {
    step();
    set_block(block, plane, kTorn);
    step();
    retire(block, plane);
}

void FtlMedium::finish_erase(std::uint32_t block) {
    contents_[block] = {};
    ++erases_[block];
    const std::uint32_t begin = block * block_pages_;
    damaged_.erase(damaged_.lower_bound(begin), damaged_.lower_bound(begin + block_pages_));
}

void FtlMedium::retire(std::uint32_t block, std::uint32_t plane) {
    ensure(!bad(block, plane), "a block goes bad once");
    bad_[index(block, plane)] = true;
    --good_planes_[block];
}

void FtlMedium::step() {
    if (fuse_ != 0 && --fuse_ == 0) {
        throw PowerLoss();
    }
}

}  // namespace handset
