// SPDX-License-Identifier: Apache-2.0
// Closed-loop traffic for a flash core: as many commands in flight as the queue depth says, the next one when the first
// completes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include "hw_models/flash/flash_core.h"

namespace handset {

struct FlashTraffic {
    FlashCommand command = FlashCommand::read;
    bool random = false;
    std::uint64_t size = 4096;
    std::uint32_t queue_depth = 1;
    std::uint64_t range = 0;  ///< bytes from address 0; random addresses are aligned to the size
    std::uint64_t count = 0;
    Hertz core_clock;
    std::uint32_t cores = 1;    ///< that take turns
    std::uint64_t warm_up = 0;  ///< commands before the measurement
};

struct FlashOutcome {
    double rate = 0;  ///< MB/s
    Femtoseconds mean_latency;
};

inline FlashOutcome drive(FlashCore& core, const FlashTraffic& traffic, Femtoseconds start = {}) {
    std::priority_queue<Femtoseconds, std::vector<Femtoseconds>, std::greater<>> in_flight;
    std::mt19937_64 random(1);
    Femtoseconds now = start;
    Femtoseconds begin = start;
    Femtoseconds last;
    Femtoseconds latency;
    const std::uint64_t slots = traffic.range / traffic.size;
    for (std::uint64_t i = 0; i < traffic.warm_up + traffic.count; ++i) {
        if (in_flight.size() == traffic.queue_depth) {
            now = std::max(now, in_flight.top());
            in_flight.pop();
        }
        if (i == traffic.warm_up) {
            begin = now;
        }
        FlashRequest request;
        request.command = traffic.command;
        request.address = (traffic.random ? random() % slots : i % slots) * traffic.size;
        request.size = traffic.size;
        request.core_clock = traffic.core_clock;
        request.core = static_cast<std::uint32_t>(i % traffic.cores);
        const Femtoseconds done = core.submit(now, request).time;
        in_flight.push(done);
        last = std::max(last, done);
        latency += i >= traffic.warm_up ? done - now : Femtoseconds{};
    }
    return {static_cast<double>(traffic.count * traffic.size) / to_seconds(last - begin) / 1e6,
            latency / traffic.count};
}

}  // namespace handset
