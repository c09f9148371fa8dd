// SPDX-License-Identifier: Apache-2.0
// Parameters of an NPU: matrix arrays and a vector unit on one scratchpad, filled by DMA, called from the host.
#pragma once

#include <cstdint>
#include <optional>

#include "hw_models/common/port_config.h"
#include "hw_models/common/rates.h"
#include "hw_models/npu/npu_vector_config.h"
#include "hw_models/npu/systolic_array.h"

namespace handset {

/// Banks deliver one line of `bank_width` per port and cycle of the matrix unit.
struct NpuScratchpadConfig {
    Bytes size;
    std::uint32_t banks = 1;
    std::uint32_t ports = 1;
    Bytes bank_width;
    Femtojoules energy_per_byte;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("size", size, {.doc = "bytes of the scratchpad", .min = Bytes{4096}});
        v.field("banks", banks, {.doc = "banks that deliver in the same cycle", .min = 1, .max = 4096});
        v.field("ports", ports,
                {.doc = "accesses of a bank per cycle; with one, vector and DMA traffic stall the matrix unit",
                 .min = 1,
                 .max = 8,
                 .fallback = 1});
        v.field("bank_width", bank_width, {.doc = "bytes per bank, port and array cycle", .min = Bytes{1}});
        v.field("energy_per_byte", energy_per_byte, {.doc = "per byte read or written by arithmetic"});
    }
    [[nodiscard]] std::uint64_t bytes_per_cycle() const { return banks * ports * bank_width.count(); }
};

/// Ahead-of-time build of a static graph, per program.
struct NpuPrepareConfig {
    Femtoseconds base;
    Femtoseconds per_op;
    Femtoseconds per_weight_byte;
    Bytes memory_per_op;
    std::uint32_t memory_percent_of_weights = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("base", base, {.doc = "per program: session and file handling", .fallback = Femtoseconds{}});
        v.field("per_op", per_op, {.doc = "per program: build and validate its op", .fallback = Femtoseconds{}});
        v.field("per_weight_byte", per_weight_byte, {.doc = "layout and optimisation", .fallback = Femtoseconds{}});
        v.field("memory_per_op", memory_per_op, {.doc = "descriptors kept with the graph", .fallback = Bytes{}});
        v.field("memory_percent_of_weights", memory_percent_of_weights,
                {.doc = "memory of a cached graph per byte of weights", .max = 1000, .fallback = 0});
    }
};

struct NpuSessionConfig {
    Bytes address_space;
    Femtoseconds setup;
    Bytes memory;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("address_space", address_space,
                {.doc = "that graphs and their weights share; when full another session opens; 0: no limit",
                 .fallback = Bytes{}});
        v.field("setup", setup, {.doc = "when a session opens", .fallback = Femtoseconds{}});
        v.field("memory", memory, {.doc = "kept by an open session", .fallback = Bytes{}});
    }
};

struct NpuConfig {
    SystolicArray array;
    Hertz clock;
    MacRates macs_per_pe;
    MacEnergies energy_per_mac;
    NpuVectorConfig vector;
    NpuScratchpadConfig scratchpad;
    std::uint32_t buffers = 2;
    bool overlap_vector = false;
    Femtoseconds tile_overhead;
    Femtoseconds call;
    std::optional<Femtoseconds> resume;
    Femtoseconds op_dispatch;
    Femtoseconds completion;
    bool static_graphs = true;
    NpuPrepareConfig prepare;
    NpuSessionConfig sessions;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("array", array, {.doc = "the matrix unit"});
        v.field("clock", clock, {.doc = "clock of the matrix unit and scratchpad", .min = Hertz{1'000'000}});
        v.field("macs_per_pe", macs_per_pe, {.doc = "contraction elements a PE takes per cycle"});
        v.field("energy_per_mac", energy_per_mac, {.doc = "arithmetic and PE registers"});
        v.field("vector", vector, {.doc = "the vector unit"});
        v.field("scratchpad", scratchpad, {.doc = "the local store"});
        v.field("buffers", buffers, {.doc = "tiles in flight", .min = 1, .max = 8, .fallback = 2});
        v.field("overlap_vector", overlap_vector,
                {.doc = "vector work of a tile runs beside its matrix work instead of after it", .fallback = false});
        v.field("tile_overhead", tile_overhead, {.doc = "per tile: DMA descriptors and command issue"});
        v.field("call", call, {.doc = "round trip from the host, paid when an op does not continue a chain"});
        v.field(
            "resume", resume,
            {.doc = "in place of `call` when an earlier op of the graph ran here: the runtime submitted its operators "
                    "together and waits between them; absent: as call"});
        v.field("op_dispatch", op_dispatch, {.doc = "per op inside a graph"});
        v.field("completion", completion, {.doc = "from the last store to the next op being able to start"});
        v.field("static_graphs", static_graphs, {.doc = "programs are built before they run", .fallback = true});
        v.field("prepare", prepare, {.doc = "cost of building a static graph", .optional = true});
        v.field("sessions", sessions, {.doc = "address spaces of static graphs", .optional = true});
        v.field("port", port, {.doc = "DMA towards memory"});
    }

    void check(Errors& errors) const;
};

}  // namespace handset
