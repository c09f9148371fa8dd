// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash_counters.h"

namespace handset {

void FlashCounters::request(FlashCore& core, bool write, std::uint64_t size) {
    (write ? flash_bytes_written : flash_bytes_read) += Bytes{size};
    record(core.take_activity());
}

void FlashCounters::record(const FlashActivity& activity) {
    commands += activity.commands;
    pages_read += activity.pages_read;
    pages_programmed += activity.pages_programmed;
    blocks_erased += activity.blocks_erased;
    internal_pages += activity.internal_pages;
    lost_pages += activity.lost_pages;
    read_retries += activity.read_retries;
    bad_blocks += activity.bad_blocks;
    rejected_pages += activity.rejected_pages;
    ahead_bytes += activity.ahead_bytes;
    bus_bytes += activity.bus_bytes;
    energy_pages += activity.energy_read;
    energy_program += activity.energy_program;
    energy_erase += activity.energy_erase;
    energy_bus += activity.energy_bus;
    energy_link += activity.energy_link;
}

void FlashCounters::settle(FlashCore& core, Femtoseconds now) {
    record(core.take_activity());
    const FlashPowerConfig& power = core.config().power;
    const Femtoseconds awake = core.awake_time(now);
    awake_time += awake - awake_;
    energy_awake += energy(power.awake, awake - awake_);
    energy_asleep += energy(power.asleep, (now - settled_) - (awake - awake_));
    awake_ = awake;
    settled_ = now;
}

}  // namespace handset
