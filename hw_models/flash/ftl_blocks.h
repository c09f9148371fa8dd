// SPDX-License-Identifier: Apache-2.0
// Superblocks as the translation layer sees them: free, being filled, full or worn out, with their valid pages; and
// which of them to take next. Ties go to the less worn, then to the lower number.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw_models/flash/ftl_medium.h"
#include "hw_models/flash/ftl_random.h"

namespace handset {

enum class BlockState : std::uint8_t { free, open, closed, dead };

class FtlBlocks {
  public:
    explicit FtlBlocks(std::uint32_t blocks) : states_(blocks, BlockState::free), valid_(blocks), free_(blocks) {}

    [[nodiscard]] BlockState state(std::uint32_t block) const { return states_[block]; }
    void set_state(std::uint32_t block, BlockState state);
    [[nodiscard]] std::uint32_t free() const { return free_; }
    [[nodiscard]] std::uint32_t valid(std::uint32_t block) const { return valid_[block]; }
    void add_valid(std::uint32_t block, std::uint32_t pages) { valid_[block] += pages; }
    void drop_valid(std::uint32_t block) { --valid_[block]; }

    [[nodiscard]] std::optional<std::uint32_t> least_worn_free(const FtlMedium& medium) const;
    /// Usable pages of all free superblocks.
    [[nodiscard]] std::uint64_t free_pages(const FtlMedium& medium) const;
    /// Closed superblock that gains most when its valid pages, at most `room`, move elsewhere.
    [[nodiscard]] std::optional<std::uint32_t> greedy_victim(const FtlMedium& medium, std::uint64_t room) const;
    /// The same among `samples` closed superblocks drawn with replacement.
    [[nodiscard]] std::optional<std::uint32_t> sampled_victim(const FtlMedium& medium, std::uint64_t room,
                                                              std::uint32_t samples, FtlDice& dice) const;
    /// The least worn closed superblock if it is more than `gap` erases behind the most worn one of all.
    [[nodiscard]] std::optional<std::uint32_t> cold_block(const FtlMedium& medium, std::uint32_t gap) const;

  private:
    [[nodiscard]] bool better(const FtlMedium& medium, std::uint64_t room, std::uint32_t block,
                              std::optional<std::uint32_t> best) const;

    std::vector<BlockState> states_;
    std::vector<std::uint32_t> valid_;
    std::uint32_t free_;
};

}  // namespace handset
