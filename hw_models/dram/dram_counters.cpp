// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_counters.h"

namespace handset {

void DramCounters::record(DramCore& core, const DramEnergy& energy_of, Femtoseconds now) {
    const DramActivity activity = core.take_activity(now);
    const DramEnergies energies = energy_of.of(activity);
    const DramConfig& config = core.config();
    read_bursts += activity.reads;
    write_bursts += activity.writes;
    row_hits += activity.row_hits;
    row_conflicts += activity.row_conflicts;
    activations += activity.activates;
    precharges += activity.precharges;
    refreshes += activity.refreshes;
    bank_refreshes += activity.bank_refreshes;
    power_downs += activity.power_downs;
    self_refreshes += activity.self_refreshes;
    busy_time += duration(Cycles{activity.bus_clocks}, config.clock());
    energy_activate += energies.activate;
    energy_read += energies.read;
    energy_write += energies.write;
    energy_io += energies.io;
    energy_refresh += energies.refresh;
    energy_background += energies.background + energy(config.power.controller, now - recorded_);
    recorded_ = now;
}

}  // namespace handset
