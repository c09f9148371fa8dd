// SPDX-License-Identifier: Apache-2.0
// Parameters of a GPU: compute units that run one kernel at a time, submitted and awaited by the host.
#pragma once

#include <cstdint>

#include "hw_models/common/port_config.h"
#include "hw_models/common/rates.h"

namespace handset {

struct GpuConfig {
    std::uint32_t compute_units = 1;
    Hertz clock;
    MacRates macs_per_unit;
    MacEfficiencies efficiency;
    MacEnergies energy_per_mac;
    std::uint32_t vector_lanes = 1;
    VectorCosts vector_costs;
    Femtojoules vector_energy;
    std::uint32_t wave_size = 32;
    std::uint32_t resident_waves = 1;
    std::uint32_t macs_per_item = 1;
    Bytes local_memory;
    Bytes register_tiles;
    Femtojoules local_energy_per_byte;
    std::uint32_t buffers = 2;
    Femtoseconds tile_overhead;
    Femtoseconds kernel_launch;
    Femtoseconds submit;
    Femtoseconds synchronise;
    Femtoseconds kernel_end;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("compute_units", compute_units, {.doc = "shader cores", .min = 1, .max = 256});
        v.field("clock", clock, {.doc = "sustained clock", .min = Hertz{1'000'000}});
        v.field("macs_per_unit", macs_per_unit, {.doc = "peak per compute unit and cycle"});
        v.field("efficiency", efficiency, {.doc = "share of the peak that real kernels reach", .optional = true});
        v.field("energy_per_mac", energy_per_mac, {.doc = "arithmetic, registers and instruction issue"});
        v.field("vector_lanes", vector_lanes, {.doc = "fp32 lanes of a compute unit", .min = 1, .max = 4096});
        v.field("vector_costs", vector_costs, {.doc = "instructions per wave and class of work", .optional = true});
        v.field("vector_energy", vector_energy, {.doc = "per element and instruction"});
        v.field("wave_size", wave_size, {.doc = "work items that run in lockstep", .min = 1, .max = 1024});
        v.field("resident_waves", resident_waves,
                {.doc = "waves a compute unit needs for its full rate", .min = 1, .max = 256});
        v.field("macs_per_item", macs_per_item, {.doc = "smallest part of a product per work item", .min = 1});
        v.field("local_memory", local_memory, {.doc = "per compute unit", .min = Bytes{1024}});
        v.field("register_tiles", register_tiles,
                {.doc = "registers of a compute unit that hold tiles", .fallback = Bytes{}});
        v.field("local_energy_per_byte", local_energy_per_byte, {.doc = "per byte read or written by arithmetic"});
        v.field("buffers", buffers, {.doc = "tiles in flight", .min = 1, .max = 8, .fallback = 2});
        v.field("tile_overhead", tile_overhead, {.doc = "per tile: work-group scheduling and barriers"});
        v.field("kernel_launch", kernel_launch, {.doc = "per op inside a command queue"});
        v.field("submit", submit, {.doc = "the host flushes a queue, once per chain"});
        v.field("synchronise", synchronise, {.doc = "the host waits for the end of a chain (clFinish or polling)"});
        v.field("kernel_end", kernel_end, {.doc = "caches are written back, the next kernel may start"});
        v.field("port", port, {.doc = "L2 towards memory"});
    }

    void check(Errors& errors) const;
};

}  // namespace handset
