// SPDX-License-Identifier: Apache-2.0
// How a device's loads and stores reach memory, and what it draws beside its arithmetic. Rates are nowhere stated: they
// follow from bytes in flight and latency.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// Work on descriptors before and between the requests of a queue. One transfer of a program is one descriptor.
struct DmaConfig {
    std::uint32_t queues = 1;
    Femtoseconds descriptor;
    Femtoseconds row;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("queues", queues,
                {.doc = "descriptors of a lane that are worked on together", .min = 1, .max = 64, .fallback = 1});
        v.field("descriptor", descriptor,
                {.doc = "from taking a descriptor to its first request", .fallback = Femtoseconds{}});
        v.field("row", row, {.doc = "between the rows of a strided transfer", .fallback = Femtoseconds{}});
    }
};

/// Loads of a lane that do not go by DMA: each thread has its requests in flight, all share what lies below.
struct PathConfig {
    std::uint32_t threads = 1;
    Bytes burst;
    Bytes thread_outstanding;
    Bytes outstanding;
    Femtoseconds row;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("threads", threads, {.doc = "threads that load together", .min = 1, .max = 64, .fallback = 1});
        v.field("burst", burst, {.doc = "largest request", .min = Bytes{32}, .max = Bytes{65536}});
        v.field("thread_outstanding", thread_outstanding, {.doc = "bytes in flight of a thread", .min = Bytes{32}});
        v.field("outstanding", outstanding, {.doc = "bytes in flight of all threads", .min = Bytes{32}});
        v.field("row", row, {.doc = "between the rows of a strided transfer", .fallback = Femtoseconds{}});
    }
    void check(Errors& errors) const {
        if (burst > limit()) {
            errors.add("burst", "a request larger than the bytes in flight would bypass the limit");
        }
    }
    [[nodiscard]] Bytes limit() const { return std::min(outstanding, threads * thread_outstanding); }
};

struct PortConfig {
    Bytes burst;
    Bytes outstanding;
    Bytes lane_outstanding;
    Bytes transaction{1};
    DmaConfig dma;
    std::optional<PathConfig> prefetch;
    std::optional<PathConfig> load;
    TransferPath weight_path = TransferPath::dma;
    BytesPerSecond expected_rate;
    std::uint32_t priority = 1;
    Femtojoules energy_per_byte;
    Microwatts idle_power;
    Microwatts active_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("burst", burst,
                {.doc = "largest memory request", .min = Bytes{64}, .max = Bytes{65536}, .fallback = Bytes{4096}});
        v.field("outstanding", outstanding, {.doc = "bytes in flight of the whole device", .min = Bytes{64}});
        v.field(
            "lane_outstanding", lane_outstanding,
            {.doc = "bytes in flight of one lane (a core's misses and prefetches, a DMA engine)", .min = Bytes{64}});
        v.field("transaction", transaction,
                {.doc = "a request holds every such block that it touches, wanted or not, as bytes in flight",
                 .min = Bytes{1},
                 .max = Bytes{4096},
                 .fallback = Bytes{1}});
        v.field("dma", dma, {.doc = "descriptors", .optional = true});
        v.field("prefetch", prefetch, {.doc = "loads that the device's cache fetches ahead; absent: no such path"});
        v.field("load", load, {.doc = "loads by instructions; absent: no such path"});
        v.field("weight_path", weight_path,
                {.doc = "how kernels of this device load weights", .fallback = TransferPath::dma});
        v.field(
            "expected_rate", expected_rate,
            {.doc = "unloaded stream rate that estimates assume (and that takes its share of a one-port scratchpad)",
             .min = BytesPerSecond{1'000'000}});
        v.field("priority", priority, {.doc = "at shared resources, lower goes first", .max = 7, .fallback = 1});
        v.field("energy_per_byte", energy_per_byte, {.doc = "local store access plus port, per byte moved"});
        v.field("idle_power", idle_power, {.doc = "leakage and clock, drawn always"});
        v.field("active_power", active_power, {.doc = "drawn in addition while a program runs"});
    }

    void check(Errors& errors) const {
        if (lane_outstanding > outstanding) {
            errors.add("lane_outstanding", "a lane cannot have more bytes in flight than the device");
        }
        if (burst > lane_outstanding) {
            errors.add("burst", "a request larger than lane_outstanding would bypass the limit");
        }
        if (transaction > Bytes{} && burst % transaction != Bytes{}) {
            errors.add("transaction", "must divide burst");
        }
        if (!has(weight_path)) {
            errors.add("weight_path", "names a path that the port does not have");
        }
    }
    /// Bytes that a request of `size` at `address` holds beyond its own: the rest of the transactions it touches.
    [[nodiscard]] std::uint32_t unused(std::uint64_t address, std::uint32_t size) const {
        const std::uint64_t block = transaction.count();
        const std::uint64_t held = (div_ceil(address + size, block) - address / block) * block;
        return static_cast<std::uint32_t>(held - size);
    }
    [[nodiscard]] bool has(TransferPath path) const {
        return path == TransferPath::dma || (path == TransferPath::load ? load : prefetch).has_value();
    }
    /// Of a path that the port has: its largest request, time between rows, and bytes in flight of one lane.
    [[nodiscard]] Bytes burst_of(TransferPath path) const {
        return path == TransferPath::dma ? burst : (path == TransferPath::load ? load : prefetch)->burst;
    }
    [[nodiscard]] Femtoseconds row_of(TransferPath path) const {
        return path == TransferPath::dma ? dma.row : (path == TransferPath::load ? load : prefetch)->row;
    }
    [[nodiscard]] Bytes limit_of(TransferPath path) const {
        return path == TransferPath::dma ? lane_outstanding : (path == TransferPath::load ? load : prefetch)->limit();
    }
};

}  // namespace handset
