// SPDX-License-Identifier: Apache-2.0
// Generated memory traffic, by name. The reference patterns are those of the simulators that the DRAM is compared with,
// fixed at 64 bytes, so that equal names mean equal addresses; the others have parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "workloads/traces/memory_traffic.h"

namespace handset {

/// What a user may choose; absent: the pattern's own.
struct TrafficOptions {
    std::optional<std::uint64_t> count = {};          ///< requests; 100000
    std::optional<std::uint64_t> size = {};           ///< bytes per request; 64
    std::optional<std::uint64_t> seed = {};           ///< 0x12345678
    std::optional<std::uint64_t> span = {};           ///< addresses lie in [0, span); 1 GiB
    std::optional<std::uint64_t> stride = {};         ///< bytes; 4096
    std::optional<std::uint32_t> write_percent = {};  ///< 0, or 50 for mixed
    std::optional<Femtoseconds> interval = {};        ///< request i is due at i * interval
};

/// Options with the defaults of a pattern filled in.
struct TrafficParameters {
    std::uint64_t count = 0;
    std::uint64_t size = 0;
    std::uint64_t seed = 0;
    std::uint64_t span = 0;
    std::uint64_t stride = 0;
    std::uint32_t write_percent = 0;
    std::optional<Femtoseconds> interval;
};

struct TrafficPattern {
    std::string_view name;
    std::string_view doc;
    bool fixed;  ///< a reference pattern: size, seed, span, stride and writes belong to its definition
    /// Sets address and write of request i.
    void (*make)(const TrafficParameters&, std::uint64_t i, MemoryRequest& request);
};

std::span<const TrafficPattern> traffic_catalogue();

/// Throws ConfigError: an unknown name (lists the known ones), an option that the pattern does not take or that does
/// not fit the others.
std::unique_ptr<TrafficSource> generate_traffic(std::string_view name, const TrafficOptions& options);

}  // namespace handset
