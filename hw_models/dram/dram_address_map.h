// SPDX-License-Identifier: Apache-2.0
// Linear address to channel, rank, bank and row by a string of bit fields, and a contiguous request to the runs of
// column commands it needs. Removing the channel bits gives an address within the channel, in which a contiguous
// request stays contiguous.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hw_models/dram/dram_config.h"
#include "sim/base/ids.h"

namespace handset {

/// Where one burst lies.
struct DramCoordinates {
    std::uint32_t channel = 0;
    std::uint32_t rank = 0;
    std::uint32_t bank = 0;  ///< group * banks per group + bank in group
    std::uint64_t row = 0;
    std::uint32_t column = 0;  ///< byte within the row

    friend auto operator<=>(const DramCoordinates&, const DramCoordinates&) = default;
};

/// Consecutive bursts of one channel that lie in one row of each of `groups` bank groups.
struct DramRun {
    std::uint64_t row = 0;
    std::uint32_t rank = 0;
    std::uint32_t bank = 0;    ///< within its group
    std::uint32_t group = 0;   ///< the first, before hashing
    std::uint32_t hash = 0;    ///< XORed into each group
    std::uint32_t groups = 1;  ///< bank groups the run rotates over
    std::uint32_t bursts = 0;
};

class DramAddressMap {
  public:
    /// `config` has passed check().
    explicit DramAddressMap(const DramConfig& config);

    /// The reason why `config.address_map` does not fit the geometry; empty when it does.
    [[nodiscard]] static std::string problem(const DramConfig& config);

    /// The first address within `channel` that belongs to a byte at or after `address`.
    [[nodiscard]] std::uint64_t local_address(std::uint32_t channel, Address address) const {
        const std::uint64_t in_piece = address & channel_.low_mask();
        const std::uint64_t upper = address >> (channel_.shift + channel_.bits) << channel_.shift;
        const std::uint32_t at = channel_.of(address);
        return upper + (at == channel ? in_piece : at > channel ? channel_.low_mask() + 1 : 0);
    }
    /// The run that begins at `local` and ends at `end` or earlier; both are multiples of a burst.
    [[nodiscard]] DramRun run_at(std::uint64_t local, std::uint64_t end) const;
    [[nodiscard]] DramCoordinates locate(Address address) const;

  private:
    struct Field {
        std::uint32_t shift = 0;
        std::uint32_t bits = 0;
        [[nodiscard]] std::uint64_t low_mask() const { return (std::uint64_t{1} << shift) - 1; }
        [[nodiscard]] std::uint32_t of(std::uint64_t address) const {
            return static_cast<std::uint32_t>(address >> shift & ((std::uint64_t{1} << bits) - 1));
        }
    };
    struct Layout;

    static std::string lay_out(const DramConfig& config, Layout& layout);
    [[nodiscard]] std::uint32_t hash(std::uint64_t row) const;

    Field channel_;
    Field rank_, bank_, group_, row_;  ///< in the address within a channel
    std::vector<Field> columns_;       ///< from low to high
    std::uint32_t banks_per_group_ = 0;
    std::uint32_t bank_groups_ = 0;
    std::uint32_t burst_shift_ = 0;
    std::uint32_t unit_shift_ = 0;  ///< below lie column and group bits only
    bool groups_inside_ = false;    ///< consecutive bytes of a unit rotate over the bank groups
    BankHash bank_hash_ = BankHash::none;
};

}  // namespace handset
