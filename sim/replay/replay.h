// SPDX-License-Identifier: Apache-2.0
// Plays traffic to a memory by the rules of the reference results: requests are offered in order, a refused one blocks
// those behind it and is offered again at the next clock; a closed loop keeps at most `window` requests under way,
// requests with a due time are offered no earlier. Posted writes do not count.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/replay/latency_histogram.h"
#include "sim/replay/replay_target.h"
#include "sim/replay/throughput_series.h"
#include "workloads/traces/memory_traffic.h"

namespace handset {

struct ReplayOptions {
    std::uint32_t window = 16;  ///< requests under way at most, from first offer to last byte
    std::uint64_t chunk = 0;    ///< requests are offered in pieces of this many bytes; 0: whole
    /// Called now and then with the number of requests played.
    std::function<void(std::uint64_t)> progress;
};

struct ReplayResult {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    Bytes bytes_read;
    Bytes bytes_written;
    Femtoseconds time;               ///< last request completed; posted: written
    LatencyHistogram read_latency;   ///< from due time or else first offer to last byte
    LatencyHistogram write_latency;  ///< empty when writes are posted
    Wide occupancy_time = 0;         ///< fs that requests were under way, summed; over time: mean occupancy
    std::uint32_t most_under_way = 0;
    ThroughputSeries throughput;

    [[nodiscard]] std::uint64_t requests() const { return reads + writes; }
    [[nodiscard]] Bytes bytes() const { return bytes_read + bytes_written; }
    /// Bytes per second; zero when no time passed.
    [[nodiscard]] double bandwidth() const;
    [[nodiscard]] double mean_under_way() const;
};

class Replay {
  public:
    /// References outlive the replay. Throws ConfigError for a window of zero or of more than 2^20.
    Replay(ReplayTarget& target, TrafficSource& source, ReplayOptions options);

    /// Plays everything, once. Throws ConfigError for requests outside the capacity and what the source throws.
    ReplayResult run();

  private:
    struct Slot {
        Femtoseconds counted_from;
        Femtoseconds offered;
        Femtoseconds last;
        std::uint64_t pieces = 0;  ///< not yet completed
        std::uint32_t size = 0;
        bool write = false;
    };
    /// A finished request, possibly in the future.
    struct Finished {
        Femtoseconds time;
        std::uint32_t slot = 0;

        friend auto operator<=>(const Finished&, const Finished&) = default;
    };

    void check(const MemoryRequest& request) const;
    void play(const MemoryRequest& request);
    Femtoseconds wait_for_slot(Femtoseconds start);
    Femtoseconds offer(Femtoseconds at, Address address, std::uint64_t size, bool write, std::uint32_t token);
    void pace(Femtoseconds accepted, std::uint64_t bytes);
    void collect();
    void drain();
    Femtoseconds retire_next();
    void retire(const Finished& finished);
    void retire_until(Femtoseconds time);
    [[nodiscard]] Femtoseconds next_clock(Femtoseconds time) const;

    ReplayTarget& target_;
    TrafficSource& source_;
    ReplayOptions options_;
    ReplayRules rules_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<Finished> finished_;  ///< heap, earliest first
    Femtoseconds clock_start_;        ///< the clock in which the next piece may be offered
    std::uint64_t offered_in_clock_ = 0;
    ReplayResult result_;
};

}  // namespace handset
