// SPDX-License-Identifier: Apache-2.0
// Parameters of a CPU: clusters of cores that run kernels as lanes. L1 is part of the cores' sustained rates and
// latency; a share of L2 is the lane's local store; the rest of L2, L3 and the system cache are components of kind
// cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw_models/common/port_config.h"
#include "hw_models/common/rates.h"

namespace handset {

struct CpuClusterConfig {
    std::string name;
    std::uint32_t cores = 1;
    std::uint32_t use = 0;
    Hertz clock;
    std::uint32_t vector_pipes = 1;
    std::uint32_t vector_bits = 128;
    MacRates macs_per_cycle;
    Bytes l2_per_core;
    Cycles l1_latency;
    Cycles l2_latency;
    Microwatts active_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("name", name, {.doc = "core type"});
        v.field("cores", cores, {.doc = "cores of the cluster", .min = 1, .max = 64});
        v.field("use", use, {.doc = "cores that kernels run on (thread affinity)", .max = 64});
        v.field("clock", clock, {.doc = "sustained core clock", .min = Hertz{1'000'000}});
        v.field("vector_pipes", vector_pipes, {.doc = "SIMD instructions per cycle", .min = 1, .max = 16});
        v.field("vector_bits", vector_bits, {.doc = "SIMD register", .min = 32, .max = 2048, .fallback = 128});
        v.field("macs_per_cycle", macs_per_cycle, {.doc = "peak of one core"});
        v.field("l2_per_core", l2_per_core, {.doc = "L2, or this core's part of a shared one", .min = Bytes{16384}});
        v.field("l1_latency", l1_latency, {.doc = "load to use", .fallback = Cycles{4}});
        v.field("l2_latency", l2_latency, {.doc = "load to use", .fallback = Cycles{12}});
        v.field("active_power", active_power, {.doc = "of one core under load, caches included"});
    }
};

struct CpuConfig {
    std::vector<CpuClusterConfig> clusters;
    MacEfficiencies efficiency;
    VectorCosts vector_costs;
    bool int8_matrix = false;
    std::uint32_t tile_share = 50;
    std::uint32_t buffers = 2;
    Cycles tile_overhead;
    Femtoseconds op_dispatch;
    Femtoseconds wake;
    Femtoseconds barrier;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("clusters", clusters, {.doc = "lanes are the used cores, in this order"});
        v.field("efficiency", efficiency, {.doc = "issue limit of the inner loops", .optional = true});
        v.field("vector_costs", vector_costs, {.doc = "instructions per vector and class of work", .optional = true});
        v.field(
            "int8_matrix", int8_matrix,
            {.doc = "int8 products use 2x8x2 matrix instructions (i8mm) instead of dot products", .fallback = false});
        v.field("tile_share", tile_share,
                {.doc = "percent of L2 that tiles may fill", .min = 1, .max = 100, .fallback = 50});
        v.field("buffers", buffers, {.doc = "tiles in flight per core", .min = 1, .max = 8, .fallback = 2});
        v.field("tile_overhead", tile_overhead, {.doc = "call, loop set-up and packing of one tile"});
        v.field("op_dispatch", op_dispatch, {.doc = "per op: the runtime picks it and its kernel"});
        v.field("wake", wake, {.doc = "worker threads wake up, when an op does not continue a chain"});
        v.field("barrier", barrier, {.doc = "worker threads meet after an op that ran on several cores"});
        v.field("port", port, {.doc = "misses and prefetches towards L3 or memory"});
    }

    void check(Errors& errors) const;

    /// Used cores.
    [[nodiscard]] std::size_t lanes() const {
        std::size_t count = 0;
        for (const CpuClusterConfig& cluster : clusters) {
            count += cluster.use;
        }
        return count;
    }
};

}  // namespace handset
