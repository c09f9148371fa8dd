// SPDX-License-Identifier: Apache-2.0
// Parameters of one cluster of equal cores: clock, issue limits, private caches, misses under way. A share of L2 is the
// lane's local store; the rest of L2, L3 and the system cache are components of kind cache.
#pragma once

#include <cstdint>
#include <string>

#include "hw_models/cpu/micro_kernel.h"

namespace handset {

/// What else runs on the cores: interference.
struct BackgroundConfig {
    std::uint32_t cores = 0;
    std::uint32_t share = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("cores", cores, {.doc = "last cores of the cluster that share their time", .max = 64, .fallback = 0});
        v.field("share", share, {.doc = "percent of their time that others take", .max = 99, .fallback = 0});
    }
};

struct CpuClusterConfig {
    std::string name;
    std::uint32_t cores = 1;
    std::uint32_t use = 0;
    Hertz clock;
    std::uint32_t vector_pipes = 1;
    std::uint32_t vector_bits = 128;
    std::uint32_t load_pipes = 2;
    std::uint32_t issue_width = 4;
    CpuMacRates macs_per_cycle;
    std::uint32_t issue_fill = 100;
    Cycles group_drain;
    Bytes l1_size{65536};
    Bytes l2_per_core;
    Cycles l1_latency;
    Cycles l2_latency;
    std::uint32_t l2_width = 32;
    std::uint32_t l1_misses = 16;
    std::uint32_t lines_in_flight = 0;
    Microwatts active_power;
    BackgroundConfig background;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("name", name, {.doc = "core type"});
        v.field("cores", cores, {.doc = "cores of the cluster", .min = 1, .max = 64});
        v.field("use", use, {.doc = "cores that kernels run on (thread affinity)", .max = 64});
        v.field("clock", clock, {.doc = "sustained core clock", .min = Hertz{1'000'000}});
        v.field("vector_pipes", vector_pipes, {.doc = "SIMD instructions per cycle", .min = 1, .max = 16});
        v.field("vector_bits", vector_bits, {.doc = "SIMD register", .min = 128, .max = 2048, .fallback = 128});
        v.field("load_pipes", load_pipes, {.doc = "vectors loaded per cycle", .min = 1, .max = 8, .fallback = 2});
        v.field("issue_width", issue_width, {.doc = "instructions per cycle", .min = 1, .max = 16, .fallback = 4});
        v.field("macs_per_cycle", macs_per_cycle, {.doc = "peak of one core"});
        v.field(
            "issue_fill", issue_fill,
            {.doc = "percent of SIMD slots that inner loops fill; the rest is lost to pipes chosen at dispatch and to "
                    "latencies that issue does not hide",
             .min = 1,
             .max = 100,
             .fallback = 100});
        v.field("group_drain", group_drain,
                {.doc = "latency from integer to float sums that stays exposed, per register block and scale group",
                 .fallback = Cycles{0}});
        v.field("l1_size", l1_size,
                {.doc = "data cache; binds when a panel of activations and one of weights of a register block exceed "
                        "it, as L2 "
                        "then delivers them again (long contractions, small caches)",
                 .min = Bytes{1024},
                 .fallback = Bytes{65536}});
        v.field("l2_per_core", l2_per_core,
                {.doc = "L2, or its part of a shared one; the smallest of the used cores sizes tiles",
                 .min = Bytes{16384}});
        v.field("l1_latency", l1_latency, {.doc = "load to use", .fallback = Cycles{4}});
        v.field("l2_latency", l2_latency, {.doc = "load to use", .fallback = Cycles{12}});
        v.field("l2_width", l2_width, {.doc = "bytes per cycle from L2 to L1", .min = 1, .max = 1024, .fallback = 32});
        v.field("l1_misses", l1_misses,
                {.doc = "lines of 64 B on their way from L2 to L1; binds where l1_misses x 64 B / l2_latency is below "
                        "l2_width "
                        "and the panels do not fit the L1",
                 .min = 1,
                 .max = 1024,
                 .fallback = 16});
        v.field("lines_in_flight", lines_in_flight,
                {.doc = "lines of 64 B on their way from L3 or memory, misses and prefetches; 0: lane_outstanding",
                 .max = 4096,
                 .fallback = 0});
        v.field("active_power", active_power, {.doc = "of one core under load, caches included"});
        v.field("background", background, {.doc = "load of other programs", .optional = true});
    }

    /// What micro-kernels run against; L2 delivers its width or what the lines under way allow.
    [[nodiscard]] CoreLimits limits() const;
};

}  // namespace handset
