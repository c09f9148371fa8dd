// SPDX-License-Identifier: Apache-2.0
// The command that a channel's scheduler would issue next, and how two of them compare.
#pragma once

#include <cstdint>

#include "hw_models/dram/dram_clocks.h"

namespace handset {

enum class DramStep : std::uint8_t { none, column, activate, precharge };
/// Clock and length of a command, up to 8 clocks.
using DramOrder = std::uint64_t;
inline constexpr std::uint32_t kDramOrderLengthBits = 4;
inline constexpr DramOrder kLastDramOrder = kNeverClock << kDramOrderLengthBits;
/// The smaller order goes first, then the older run.
struct DramChoice {
    DramOrder order = kLastDramOrder;
    std::uint64_t number = 0;  ///< of the run
    DramStep step = DramStep::none;
    std::uint32_t bank = 0;
    std::uint32_t slot = 0;  ///< of the run

    [[nodiscard]] DramClock at() const { return step == DramStep::none ? kNeverClock : order >> kDramOrderLengthBits; }
    [[nodiscard]] bool comes_after(DramOrder other, std::uint64_t other_number) const {
        return other < order || (other == order && other_number < number);
    }
    void take(const DramChoice& other) {
        if (comes_after(other.order, other.number)) {
            *this = other;
        }
    }
};

}  // namespace handset
