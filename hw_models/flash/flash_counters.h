// SPDX-License-Identifier: Apache-2.0
// What managed flash counts, whether it stands in a phone or is measured alone.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "hw_models/flash/flash_core.h"
#include "sim/stats/counters.h"

namespace handset {

struct FlashCounters : CounterGroup {
    explicit FlashCounters(std::string path) : CounterGroup(std::move(path)) {}

    EventCounter commands{*this, "commands", "commands of the host"};
    EventCounter pages_read{*this, "pages_read", "pages sensed by planes"};
    EventCounter pages_programmed{*this, "pages_programmed", "pages programmed by planes"};
    EventCounter blocks_erased{*this, "blocks_erased", "blocks erased"};
    EventCounter internal_pages{*this, "internal_pages", "pages of map and garbage collection among them"};
    EventCounter lost_pages{*this, "lost_pages", "reads that ECC gave up"};
    EventCounter read_retries{*this, "read_retries", "reads repeated because ECC failed"};
    EventCounter bad_blocks{*this, "bad_blocks", "blocks retired after a failed program or erase"};
    EventCounter rejected_pages{*this, "rejected_pages", "pages not written because no spare block was left"};
    Counter<Bytes> flash_bytes_read{*this, "flash_bytes_read", "bytes read from the medium"};
    Counter<Bytes> flash_bytes_written{*this, "flash_bytes_written", "bytes written to the medium"};
    Counter<Bytes> ahead_bytes{*this, "ahead_bytes", "bytes read that were in the controller already"};
    Counter<Bytes> bus_bytes{*this, "bus_bytes", "bytes on the NAND buses"};
    Counter<Femtoseconds> awake_time{*this, "awake_time", "device not asleep"};
    Counter<Femtojoules> energy_pages{*this, "energy_pages", "sensing pages"};
    Counter<Femtojoules> energy_program{*this, "energy_program", "programming pages"};
    Counter<Femtojoules> energy_erase{*this, "energy_erase", "erasing blocks"};
    Counter<Femtojoules> energy_bus{*this, "energy_bus", "NAND buses"};
    Counter<Femtojoules> energy_link{*this, "energy_link", "controller and link"};
    Counter<Femtojoules> energy_awake{*this, "energy_awake", "power while awake"};
    Counter<Femtojoules> energy_asleep{*this, "energy_asleep", "power while asleep"};

    /// Adds a request that the medium took, and what it did for it.
    void request(FlashCore& core, bool write, std::uint64_t size);
    /// Adds the rest, and the power drawn awake and asleep until `now`.
    void settle(FlashCore& core, Femtoseconds now);

  private:
    void record(const FlashActivity& activity);

    Femtoseconds settled_;
    Femtoseconds awake_;  ///< until settled_
};

}  // namespace handset
