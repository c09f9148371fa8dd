// SPDX-License-Identifier: Apache-2.0
// What a DRAM counts, whether it stands in a phone or is measured alone.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "hw_models/dram/dram_core.h"
#include "hw_models/dram/dram_energy.h"
#include "sim/stats/counters.h"

namespace handset {

struct DramCounters : CounterGroup {
    explicit DramCounters(std::string path) : CounterGroup(std::move(path)) {}

    EventCounter reads{*this, "reads", "read requests"};
    EventCounter writes{*this, "writes", "write requests"};
    Counter<Bytes> bytes_read{*this, "bytes_read", "bytes asked for by reads"};
    Counter<Bytes> bytes_written{*this, "bytes_written", "bytes brought by writes"};
    EventCounter read_bursts{*this, "read_bursts", "RD commands"};
    EventCounter write_bursts{*this, "write_bursts", "WR commands"};
    EventCounter row_hits{*this, "row_hits", "bursts that found their row open"};
    EventCounter row_conflicts{*this, "row_conflicts", "rows opened after closing another for it"};
    EventCounter activations{*this, "activations", "rows opened"};
    EventCounter precharges{*this, "precharges", "rows closed"};
    EventCounter refreshes{*this, "refreshes", "all-bank refreshes, summed over ranks"};
    EventCounter bank_refreshes{*this, "bank_refreshes", "per-bank refreshes, summed over ranks"};
    EventCounter power_downs{*this, "power_downs", "exits from power-down, summed over ranks"};
    EventCounter self_refreshes{*this, "self_refreshes", "exits from self refresh, summed over ranks"};
    Counter<Femtoseconds> busy_time{*this, "busy_time", "data on the bus, summed over channels"};
    Counter<Femtojoules> energy_activate{*this, "energy_activate", "opening and closing rows"};
    Counter<Femtojoules> energy_read{*this, "energy_read", "reads in the array"};
    Counter<Femtojoules> energy_write{*this, "energy_write", "writes in the array"};
    Counter<Femtojoules> energy_io{*this, "energy_io", "pins and PHY"};
    Counter<Femtojoules> energy_refresh{*this, "energy_refresh", "refresh"};
    Counter<Femtojoules> energy_background{*this, "energy_background", "standby, power-down, controller"};

    /// Adds a request that the memory took.
    void request(bool write, std::uint64_t size) {
        ++(write ? writes : reads);
        (write ? bytes_written : bytes_read) += Bytes{size};
    }
    /// Adds what the core did since the last call and the power of its controller until `now`.
    void record(DramCore& core, const DramEnergy& energy, Femtoseconds now);

  private:
    Femtoseconds recorded_;
};

}  // namespace handset
