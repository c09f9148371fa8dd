// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_energy.h"

namespace handset {

namespace {

using Current = Microamperes DramRailConfig::*;

/// Energy of `current` above `base` over `time`, all rails and devices of a channel.
Femtojoules above(const DramPowerConfig& power, Current current, Current base, Femtoseconds time) {
    Femtojoules sum;
    for (const auto& [name, rail] : power.rails) {
        if (rail.*current > rail.*base) {
            sum += energy(rail.voltage, rail.*current - rail.*base, time);
        }
    }
    return sum * power.devices;
}

}  // namespace

DramEnergy::DramEnergy(const DramConfig& config) : config_(config) {
    const DramPowerConfig& power = config.power;
    const DramTimingConfig& timing = config.timing;
    const Femtoseconds burst =
        duration(Cycles{config.burst_length}, power.idd4_rate == Hertz{} ? config.data_rate : power.idd4_rate);
    activate_ = above(power, &DramRailConfig::idd0, &DramRailConfig::idd3n, timing.t_ras);
    precharge_ = above(power, &DramRailConfig::idd0, &DramRailConfig::idd2n, timing.t_rp);
    read_ = above(power, &DramRailConfig::idd4r, &DramRailConfig::idd3n, burst);
    write_ = above(power, &DramRailConfig::idd4w, &DramRailConfig::idd3n, burst);
    refresh_ = above(power, &DramRailConfig::idd5, &DramRailConfig::idd3n, timing.t_rfc);
    refresh_bank_ = refresh_ / config.banks;
}

Femtojoules DramEnergy::state(Microamperes DramRailConfig::*current, std::uint64_t clocks) const {
    const Femtoseconds time = duration(Cycles{clocks}, config_.clock());
    Femtojoules sum;
    for (const auto& [name, rail] : config_.power.rails) {
        sum += energy(rail.voltage, rail.*current, time);
    }
    return sum * config_.power.devices;
}

DramEnergies DramEnergy::of(const DramActivity& activity) const {
    const std::uint64_t bytes = config_.burst_bytes().count();
    DramEnergies sum;
    sum.activate = activate_ * activity.activates + precharge_ * activity.precharges;
    sum.read = read_ * activity.reads;
    sum.write = write_ * activity.writes;
    sum.io =
        config_.power.io_read_byte * (bytes * activity.reads) + config_.power.io_write_byte * (bytes * activity.writes);
    sum.refresh = refresh_ * activity.refreshes + refresh_bank_ * activity.bank_refreshes;
    sum.background = state(&DramRailConfig::idd3n, activity.active_standby) +
                     state(&DramRailConfig::idd2n, activity.precharged_standby) +
                     state(&DramRailConfig::idd3p, activity.active_power_down) +
                     state(&DramRailConfig::idd2p, activity.precharged_power_down) +
                     state(&DramRailConfig::idd6, activity.self_refresh);
    return sum;
}

}  // namespace handset
