// SPDX-License-Identifier: Apache-2.0
// What a host asks of managed flash, and what the device did since it was last asked: values only.
#pragma once

#include <cstdint>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

enum class FlashCommand : std::uint8_t { read, write, flush, trim };

struct FlashRequest {
    FlashCommand command = FlashCommand::read;
    Address address = 0;     ///< first byte; ignored by flush
    std::uint64_t size = 0;  ///< bytes, at least 1; ignored by flush
    Hertz core_clock;        ///< of the issuing core; 0: the part's host_clock
    std::uint32_t core = 0;  ///< which core issues; taking the queue over from another core costs time
};

/// Sums since the last FlashCore::take_activity().
struct FlashActivity {
    std::uint64_t commands = 0;
    std::uint64_t pages_read = 0;        ///< senses of a plane, host data, read-ahead, map and garbage collection alike
    std::uint64_t pages_programmed = 0;  ///< host data, map and garbage collection alike
    std::uint64_t blocks_erased = 0;
    std::uint64_t internal_pages = 0;  ///< part of the reads and programs: map and garbage collection
    std::uint64_t lost_pages = 0;      ///< reads that ECC gave up
    std::uint64_t read_retries = 0;    ///< reads repeated because ECC failed
    std::uint64_t bad_blocks = 0;      ///< retired after a failed program or erase
    std::uint64_t rejected_pages = 0;  ///< pages not written because no spare block is left: the device is read-only
    Bytes ahead_bytes;                 ///< host reads served from the device's read buffer
    Bytes bus_bytes;                   ///< over the NAND buses
    Bytes link_bytes;                  ///< over the host link, both directions
    Femtojoules energy_read;
    Femtojoules energy_program;
    Femtojoules energy_erase;
    Femtojoules energy_bus;
    Femtojoules energy_link;
};

}  // namespace handset
