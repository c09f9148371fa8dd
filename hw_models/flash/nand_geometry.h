// SPDX-License-Identifier: Apache-2.0
// Shape of a NAND array and the address of one page in it. A die is one chip enable; planes of a die share its
// commands.
#pragma once

#include <compare>
#include <cstdint>

#include "sim/base/quantity.h"

namespace handset {

struct NandGeometry {
    std::uint32_t channels = 0;
    std::uint32_t dies = 0;    ///< per channel
    std::uint32_t planes = 0;  ///< per die
    std::uint32_t blocks = 0;  ///< per plane
    std::uint32_t pages = 0;   ///< per block
    Bytes page;

    [[nodiscard]] std::uint32_t all_planes() const { return channels * dies * planes; }
    [[nodiscard]] std::uint64_t all_pages() const { return std::uint64_t{all_planes()} * blocks * pages; }
};

struct PageAddress {
    std::uint32_t channel = 0;
    std::uint32_t die = 0;
    std::uint32_t plane = 0;
    std::uint32_t block = 0;
    std::uint32_t page = 0;

    friend auto operator<=>(const PageAddress&, const PageAddress&) = default;
};

enum class NandCommand : std::uint8_t { read, program, erase };

/// One operation of the array: a page read or program, or the erase of the block that holds `where`.
struct NandOp {
    NandCommand command = NandCommand::read;
    PageAddress where;
    bool internal = false;      ///< garbage collection, wear levelling, map: not data of the host
    std::uint32_t retries = 0;  ///< additional senses of a read whose first result failed ECC

    friend bool operator==(const NandOp&, const NandOp&) = default;
};

}  // namespace handset
