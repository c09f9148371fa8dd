// SPDX-License-Identifier: Apache-2.0
// Garbage collection, static wear levelling and evacuation of bad blocks: one job at a time moves valid pages between
// the host's writes, fast enough to be done before the host needs the superblock that it frees.
#include <algorithm>

#include "hw_models/flash/ftl.h"

namespace handset {

/// The part of the background work that comes with one write of the host.
void Ftl::collect(std::vector<NandOp>& ops) {
    if (!job_) {
        job_ = background_job();
    }
    if (job_ && !advance(moves_per_write(), ops)) {
        job_.reset();
    }
}

/// The host needs a superblock and only the reserve is left: collects until there is one. False when no superblock has
/// anything to gain or pages cannot be moved any more.
bool Ftl::reclaim(std::vector<NandOp>& ops) {
    while (blocks_.free() <= kReserve) {
        const bool chosen_now = !job_ || job_->bad_plane;
        if (chosen_now) {
            job_ = victim();
        }
        if (!job_) {
            return false;
        }
        if (!advance(medium_.block_pages(), ops)) {
            // A job from before may need more room than there is; a victim chosen now does not.
            job_.reset();
            if (chosen_now) {
                return false;
            }
        }
    }
    return true;
}

/// Wear is looked at once per collection, so that levelling takes at most every other job.
std::optional<Ftl::Job> Ftl::background_job() {
    if (blocks_.free() > kReserve) {
        if (!evacuate_.empty()) {
            const auto [block, plane] = *evacuate_.begin();
            return Job{.block = block, .bad_plane = plane, .offset = plane};
        }
        if (wear_due_ && config_.wear_gap != 0) {
            wear_due_ = false;
            if (const auto cold = blocks_.cold_block(medium_, config_.wear_gap)) {
                ++activity_.wear_moves;
                return Job{.block = *cold};
            }
        }
    }
    return blocks_.free() <= config_.gc_threshold ? victim() : std::nullopt;
}

/// A sample without gain falls back to the search of all, so that random greedy cannot stall.
std::optional<Ftl::Job> Ftl::victim() {
    const std::uint64_t space = room(moved_) + blocks_.free_pages(medium_) + room(host_);
    std::optional<std::uint32_t> block;
    if (config_.gc_policy == GcPolicy::random_greedy) {
        block = blocks_.sampled_victim(medium_, space, config_.gc_samples, victim_dice_);
    }
    if (!block) {
        block = blocks_.greedy_victim(medium_, space);
    }
    if (!block) {
        return std::nullopt;
    }
    const std::uint32_t valid = blocks_.valid(*block);
    return Job{.block = *block, .pace = div_ceil(valid, medium_.usable_pages(*block) - valid)};
}

/// Moves so that collection gains what the host takes, and that any job is done when the host has used half of what it
/// can write without a new free superblock.
std::uint64_t Ftl::moves_per_write() const {
    const std::uint32_t spare_blocks = std::max(blocks_.free(), kReserve) - kReserve;
    const std::uint64_t writes = (room(host_) + std::uint64_t{spare_blocks} * medium_.block_pages()) / 2;
    return std::max(job_->pace,
                    div_ceil<std::uint64_t>(blocks_.valid(job_->block), std::max<std::uint64_t>(writes, 1)));
}

/// False when a page found no place; the job can be taken up again later.
bool Ftl::advance(std::uint64_t moves, std::vector<NandOp>& ops) {
    Job& job = *job_;
    const std::uint32_t stride = job.bad_plane ? medium_.planes() : 1;
    const auto done = [&] {
        return job.offset >= medium_.block_pages() || (!job.bad_plane && blocks_.valid(job.block) == 0);
    };
    for (; !done(); job.offset += stride) {
        const std::uint32_t page = job.block * medium_.block_pages() + job.offset;
        if (!holds(page)) {
            continue;
        }
        if (moves == 0) {
            return true;
        }
        --moves;
        if (!move(page, ops)) {
            return false;
        }
    }
    finish(ops);
    return true;
}

/// What cannot be corrected moves with a mark: its reads fail until the host writes the page again.
bool Ftl::move(std::uint32_t page, std::vector<NandOp>& ops) {
    const bool good = sense(page, true, ops);
    if (!place(medium_.spare(page).logical, moved_, true, !good, ops)) {
        return false;
    }
    ++activity_.pages_moved;
    return true;
}

void Ftl::finish(std::vector<NandOp>& ops) {
    const Job job = *job_;
    job_.reset();
    if (job.bad_plane) {
        evacuate_.erase({job.block, *job.bad_plane});
        return;
    }
    ensure(blocks_.valid(job.block) == 0, "a superblock is erased only when nothing in it is valid");
    erase(job.block, ops);
    wear_due_ = true;
}

void Ftl::erase(std::uint32_t block, std::vector<NandOp>& ops) {
    for (std::uint32_t plane = 0; plane < medium_.planes(); ++plane) {
        evacuate_.erase({block, plane});
        if (medium_.bad(block, plane)) {
            continue;
        }
        const PageAddress where = medium_.address(block * medium_.block_pages() + plane);
        ops.push_back({.command = NandCommand::erase, .where = where, .internal = true});
        ++activity_.erases;
        if (erase_dice_.hits(config_.faults.erase_failure)) {
            ++activity_.bad_blocks;
            medium_.fail_erase(block, plane);
        } else {
            medium_.erase(block, plane);
        }
    }
    medium_.finish_erase(block);
    blocks_.set_state(block, medium_.good_planes(block) != 0 ? BlockState::free : BlockState::dead);
}

}  // namespace handset
