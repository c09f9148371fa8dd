// SPDX-License-Identifier: Apache-2.0
// Memory traffic as a stream of requests: what trace files and generators have in common. Addresses are linear bytes of
// one memory; who plays the traffic decides what lies beyond its capacity.
#pragma once

#include <cstdint>
#include <string>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

inline constexpr std::uint64_t kDefaultRequestBytes = 64;
inline constexpr std::uint64_t kLargestRequestBytes = std::uint64_t{1} << 30;

struct MemoryRequest {
    Address address = 0;
    std::uint32_t size = 0;  ///< bytes, > 0
    bool write = false;
    bool timed = false;  ///< `due` counts; otherwise the request follows as soon as its player lets it
    Femtoseconds due;    ///< from the start of the traffic; never falls
};

class TrafficSource {
  public:
    TrafficSource() = default;
    TrafficSource(const TrafficSource&) = delete;
    TrafficSource& operator=(const TrafficSource&) = delete;
    virtual ~TrafficSource() = default;

    /// The next request; false at the end. Throws ConfigError for malformed input.
    virtual bool next(MemoryRequest& request) = 0;
    /// Where the last request stands, for messages: "trace.txt:12" or "rand64, request 11".
    [[nodiscard]] virtual std::string where() const = 0;
    /// How much of the traffic has been handed out: 0 to 100.
    [[nodiscard]] virtual unsigned percent_done() const = 0;
};

}  // namespace handset
