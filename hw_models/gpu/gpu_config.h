// SPDX-License-Identifier: Apache-2.0
// Parameters of a GPU: compute units with registers and caches, the register tiles of its matrix kernels, and what the
// host pays to start and to await them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "hw_models/common/port_config.h"
#include "hw_models/common/rates.h"

namespace handset {

/// What a work item of a matrix kernel holds in registers: it loads (rows + columns) x depth operands, then does
/// rows x columns x depth MACs.
struct RegisterTile {
    std::uint32_t rows = 1;
    std::uint32_t columns = 1;
    std::uint32_t depth = 1;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("rows", rows, {.doc = "rows of activations; gemv: the most it takes", .min = 1, .max = 64});
        v.field("columns", columns, {.doc = "rows of weights, results per row of activations", .min = 1, .max = 64});
        v.field("depth", depth, {.doc = "contraction steps whose operands are loaded together", .min = 1, .max = 256});
    }
};

/// Where work items of the tiled kernel read their operands: both through the cache (images, buffers), or staged once
/// per work-group in local memory.
enum class OperandPath : std::uint8_t { cache, local };
std::span<const std::pair<std::string_view, OperandPath>> enum_names(OperandPath);

/// How the host learns that a chain is done: it blocks in the driver, it polls a flag between sleeps, or it spins on a
/// fence in shared memory.
enum class HostWait : std::uint8_t { finish, poll, fence };
std::span<const std::pair<std::string_view, HostWait>> enum_names(HostWait);

struct SynchroniseConfig {
    HostWait mode = HostWait::finish;
    Femtoseconds finish;
    Femtoseconds poll;
    Femtoseconds fence;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("mode", mode, {.doc = "how the host awaits the end of a chain", .fallback = HostWait::finish});
        v.field("finish", finish, {.doc = "blocking in the driver (clFinish)"});
        v.field("poll", poll, {.doc = "sleeping between looks at an event"});
        v.field("fence", fence, {.doc = "spinning on a flag in shared memory"});
    }
    [[nodiscard]] Femtoseconds time() const {
        return mode == HostWait::finish ? finish : (mode == HostWait::poll ? poll : fence);
    }
};

struct GpuConfig {
    std::uint32_t compute_units = 1;
    Hertz clock;
    MacRates macs_per_unit;
    MacEnergies energy_per_mac;
    std::uint32_t vector_lanes = 1;
    VectorCosts vector_costs;
    Femtojoules vector_energy;
    std::uint32_t wave_size = 32;
    std::uint32_t max_waves = 1;
    Bytes register_file;
    std::uint32_t base_registers = 0;
    Cycles load_latency;
    Bytes cache_bandwidth;
    Bytes local_memory;
    Bytes local_bandwidth;
    OperandPath operands = OperandPath::cache;
    RegisterTile gemm;
    RegisterTile gemv;
    Bytes cache_tiles;
    Femtojoules local_energy_per_byte;
    std::uint32_t buffers = 2;
    Femtoseconds tile_overhead;
    Femtoseconds kernel_launch;
    Femtoseconds submit;
    std::uint32_t batch = 0;
    SynchroniseConfig synchronise;
    Femtoseconds kernel_end;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("compute_units", compute_units, {.doc = "shader cores", .min = 1, .max = 256});
        v.field("clock", clock, {.doc = "sustained clock", .min = Hertz{1'000'000}});
        v.field("macs_per_unit", macs_per_unit, {.doc = "peak per compute unit and cycle"});
        v.field("energy_per_mac", energy_per_mac, {.doc = "arithmetic, registers and instruction issue"});
        v.field("vector_lanes", vector_lanes, {.doc = "fp32 lanes of a compute unit", .min = 1, .max = 4096});
        v.field("vector_costs", vector_costs, {.doc = "instructions per wave and class of work", .optional = true});
        v.field("vector_energy", vector_energy, {.doc = "per element and instruction"});
        v.field("wave_size", wave_size, {.doc = "work items that run in lockstep", .min = 1, .max = 1024});
        v.field("max_waves", max_waves, {.doc = "waves a compute unit can hold", .min = 1, .max = 256});
        v.field("register_file", register_file, {.doc = "per compute unit", .min = Bytes{1024}});
        v.field("base_registers", base_registers,
                {.doc = "32-bit registers of a work item beside its operands and results", .max = 256});
        v.field("load_latency", load_latency, {.doc = "from a load of operands to their use", .min = Cycles{1}});
        v.field("cache_bandwidth", cache_bandwidth,
                {.doc = "first-level (texture) cache to registers, per compute unit and cycle", .min = Bytes{1}});
        v.field("local_memory", local_memory, {.doc = "per compute unit", .min = Bytes{1024}});
        v.field("local_bandwidth", local_bandwidth,
                {.doc = "local memory to registers, per compute unit and cycle", .min = Bytes{1}});
        v.field("operands", operands, {.doc = "where matrix kernels read operands", .fallback = OperandPath::cache});
        v.field("gemm", gemm, {.doc = "register tile of the tiled matrix product"});
        v.field("gemv", gemv, {.doc = "register tile of products with few rows, reduced over the wave"});
        v.field("cache_tiles", cache_tiles,
                {.doc = "second-level cache that holds operands of work-groups in flight", .fallback = Bytes{}});
        v.field("local_energy_per_byte", local_energy_per_byte, {.doc = "per byte read or written by arithmetic"});
        v.field("buffers", buffers, {.doc = "tiles in flight", .min = 1, .max = 8, .fallback = 2});
        v.field("tile_overhead", tile_overhead, {.doc = "per tile: work-group scheduling and barriers"});
        v.field("kernel_launch", kernel_launch, {.doc = "per op inside a command queue"});
        v.field("submit", submit, {.doc = "the host flushes a command buffer"});
        v.field("batch", batch,
                {.doc = "launches per command buffer; 0: a chain is one buffer", .max = 100'000, .fallback = 0});
        v.field("synchronise", synchronise, {.doc = "the host waits for the end of a chain"});
        v.field("kernel_end", kernel_end, {.doc = "caches are written back, the next kernel may start"});
        v.field("port", port, {.doc = "L2 towards memory"});
    }

    void check(Errors& errors) const;
};

}  // namespace handset
