// SPDX-License-Identifier: Apache-2.0
// Parameters of a CPU: clusters of cores that run kernels as lanes, the micro-kernels of its library, how its runtime
// shares a loop among threads and what that costs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw_models/common/port_config.h"
#include "hw_models/common/rates.h"
#include "hw_models/cpu/cpu_cluster.h"

namespace handset {

/// Micro-kernels of a format by name.
struct KernelChoice {
    std::string gemm;
    std::string gemv;
    std::optional<std::string> edge = std::nullopt;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("gemm", gemm, {.doc = "micro-kernel of several rows"});
        v.field("gemv", gemv, {.doc = "micro-kernel of one row"});
        v.field("edge", edge, {.doc = "micro-kernel of the rows that blocks of gemm leave over; absent: gemm, padded"});
    }
};

struct KernelChoices {
    std::optional<KernelChoice> fp32 = std::nullopt;
    std::optional<KernelChoice> fp16 = std::nullopt;
    std::optional<KernelChoice> int8 = std::nullopt;
    std::optional<KernelChoice> int4 = std::nullopt;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "fp32 x fp32; absent: not computed"});
        v.field("fp16", fp16, {.doc = "fp16 x fp16; absent: not computed"});
        v.field("int8", int8, {.doc = "int8 x int8; absent: not computed"});
        v.field("int4", int4, {.doc = "4-bit weights x int8; absent: not computed"});
    }
    /// Null when the library has no kernel for the format.
    [[nodiscard]] const KernelChoice* operator[](MacFormat format) const;
};

/// static: every core has its part from the start; stealing: free cores take the next of many chunks.
enum class Partition : std::uint8_t { fixed, stealing };
std::span<const std::pair<std::string_view, Partition>> enum_names(Partition /*type*/);

/// Parts of a static partition: as a runtime that knows the cores' speeds cuts them, or all equal.
enum class Shares : std::uint8_t { by_speed, equal };
std::span<const std::pair<std::string_view, Shares>> enum_names(Shares /*type*/);

/// Cores that threads may run on: those that `use` lists, the fastest cluster's, or all.
enum class Affinity : std::uint8_t { listed, big, all };
std::span<const std::pair<std::string_view, Affinity>> enum_names(Affinity /*type*/);

struct CpuConfig {
    std::vector<CpuClusterConfig> clusters;
    Affinity affinity = Affinity::listed;
    std::uint32_t threads = 0;
    Partition partition = Partition::fixed;
    Shares shares = Shares::by_speed;
    std::uint32_t chunks_per_core = 4;
    std::map<std::string, MicroKernelConfig> micro_kernels;
    KernelChoices kernels;
    VectorCosts vector_costs;
    std::uint32_t tile_share = 50;
    std::uint32_t buffers = 2;
    Cycles tile_overhead;
    Femtoseconds op_dispatch;
    Femtoseconds wake;
    Femtoseconds wake_per_thread;
    Femtoseconds barrier;
    Femtoseconds barrier_per_thread;
    Femtoseconds first_touch;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("clusters", clusters, {.doc = "lanes are the used cores, in this order"});
        v.field("affinity", affinity,
                {.doc = "cores for threads: those that `use` lists, the fastest cluster, or all",
                 .fallback = Affinity::listed});
        v.field("threads", threads,
                {.doc = "only so many of these cores, the fastest; 0: all of them", .max = 256, .fallback = 0});
        v.field("partition", partition,
                {.doc = "of a parallel loop: parts fixed at its start, or chunks for whoever is free",
                 .fallback = Partition::fixed});
        v.field("shares", shares, {.doc = "sizes of fixed parts", .fallback = Shares::by_speed});
        v.field("chunks_per_core", chunks_per_core,
                {.doc = "of a loop whose chunks are stolen", .min = 1, .max = 64, .fallback = 4});
        v.field("micro_kernels", micro_kernels, {.doc = "inner loops of matrix products that libraries ship"});
        v.field("kernels", kernels, {.doc = "micro-kernels in use, by format"});
        v.field("vector_costs", vector_costs, {.doc = "instructions per vector and class of work", .optional = true});
        v.field("tile_share", tile_share,
                {.doc = "percent of L2 that tiles may fill", .min = 1, .max = 100, .fallback = 50});
        v.field("buffers", buffers, {.doc = "tiles in flight per core", .min = 1, .max = 8, .fallback = 2});
        v.field("tile_overhead", tile_overhead, {.doc = "call and loop set-up of one tile"});
        v.field("op_dispatch", op_dispatch, {.doc = "per op: the runtime picks it and its kernel"});
        v.field("wake", wake, {.doc = "worker threads wake up, when an op does not continue a chain"});
        v.field("wake_per_thread", wake_per_thread, {.doc = "and for each further thread", .fallback = 0_fs});
        v.field("barrier", barrier, {.doc = "worker threads meet after an op that ran on several cores"});
        v.field("barrier_per_thread", barrier_per_thread, {.doc = "and for each further thread", .fallback = 0_fs});
        v.field("first_touch", first_touch,
                {.doc = "page fault, for each 4 KiB that an op is the first to write", .fallback = 0_fs});
        v.field("port", port, {.doc = "misses and prefetches towards L3 or memory"});
    }

    void check(Errors& errors) const;

    /// A core that threads run on: its cluster, and its number there.
    struct Core {
        std::size_t cluster = 0;
        std::uint32_t number = 0;
    };
    /// In the order of the clusters.
    [[nodiscard]] std::vector<Core> used_cores() const;
    /// Percent of its time that a core has for kernels.
    [[nodiscard]] std::uint32_t free_share(const Core& core) const;
    /// Bytes that a core may have in flight towards L3 or memory, in the time that it has.
    [[nodiscard]] Bytes in_flight(const Core& core) const;
    /// Used cores.
    [[nodiscard]] std::size_t lanes() const { return used_cores().size(); }
};

}  // namespace handset
