// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl_blocks.h"

#include <algorithm>

namespace handset {

namespace {

/// Pages that a collection of the superblock gives back; negative while its bad blocks still hold valid pages.
std::int64_t gain(const FtlMedium& medium, std::uint32_t block, std::uint32_t valid) {
    return std::int64_t{medium.usable_pages(block)} - std::int64_t{valid};
}

}  // namespace

void FtlBlocks::set_state(std::uint32_t block, BlockState state) {
    free_ -= states_[block] == BlockState::free ? 1U : 0U;
    states_[block] = state;
    free_ += state == BlockState::free ? 1U : 0U;
}

std::optional<std::uint32_t> FtlBlocks::least_worn_free(const FtlMedium& medium) const {
    std::optional<std::uint32_t> best;
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
        if (states_[block] == BlockState::free && (!best || medium.erases(block) < medium.erases(*best))) {
            best = block;
        }
    }
    return best;
}

std::uint64_t FtlBlocks::free_pages(const FtlMedium& medium) const {
    std::uint64_t pages = 0;
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
        pages += states_[block] == BlockState::free ? medium.usable_pages(block) : 0;
    }
    return pages;
}

bool FtlBlocks::better(const FtlMedium& medium, std::uint64_t room, std::uint32_t block,
                       std::optional<std::uint32_t> best) const {
    const std::int64_t pages = gain(medium, block, valid_[block]);
    if (states_[block] != BlockState::closed || valid_[block] > room || pages <= 0) {
        return false;
    }
    if (!best) {
        return true;
    }
    const std::int64_t most = gain(medium, *best, valid_[*best]);
    return pages > most || (pages == most && medium.erases(block) < medium.erases(*best));
}

std::optional<std::uint32_t> FtlBlocks::greedy_victim(const FtlMedium& medium, std::uint64_t room) const {
    std::optional<std::uint32_t> best;
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
        if (better(medium, room, block, best)) {
            best = block;
        }
    }
    return best;
}

std::optional<std::uint32_t> FtlBlocks::sampled_victim(const FtlMedium& medium, std::uint64_t room,
                                                       std::uint32_t samples, FtlDice& dice) const {
    std::vector<std::uint32_t> closed;
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
        if (states_[block] == BlockState::closed) {
            closed.push_back(block);
        }
    }
    std::optional<std::uint32_t> best;
    for (std::uint32_t sample = 0; sample < samples && !closed.empty(); ++sample) {
        const std::uint32_t block = closed[dice.next() % closed.size()];
        if (better(medium, room, block, best)) {
            best = block;
        }
    }
    return best;
}

std::optional<std::uint32_t> FtlBlocks::cold_block(const FtlMedium& medium, std::uint32_t gap) const {
    std::optional<std::uint32_t> coldest;
    std::uint32_t most = 0;
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
        most = std::max(most, medium.erases(block));
        if (states_[block] == BlockState::closed && (!coldest || medium.erases(block) < medium.erases(*coldest))) {
            coldest = block;
        }
    }
    return coldest && most - medium.erases(*coldest) > gap ? coldest : std::nullopt;
}

}  // namespace handset
