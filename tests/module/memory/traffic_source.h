// SPDX-License-Identifier: Apache-2.0
// Scripted and closed-loop traffic for the memory module tests.
#pragma once

#include <functional>
#include <vector>

#include <systemc>

#include "sim/engine/link.h"
#include "sim/engine/run_control.h"
#include "sim/engine/timed_queue.h"
#include "sim/ir/tensor.h"

namespace handset {

inline constexpr auto kPassing = static_cast<std::uint8_t>(MemoryTag::weights);
inline constexpr auto kCached = static_cast<std::uint8_t>(MemoryTag::activations);

inline Burst request(Address address, std::uint32_t size, bool write = false, std::uint8_t stream = kPassing) {
    Burst burst;
    burst.address = address;
    burst.size = size;
    burst.write = write;
    burst.stream = stream;
    return burst;
}

/// A port that issues at given times, or keeps a number of requests in flight.
class Source final : public sc_core::sc_module {
  public:
    Source(const sc_core::sc_module_name& name, std::size_t initiator, std::size_t lane = 0)
        : sc_module(name),
          link("memory"),
          initiator_(initiator),
          lane_(static_cast<std::uint8_t>(lane)),
          due_("due", [this](const Burst& burst) { link.send(burst); }) {
        link.on_response([this](const Burst& burst) { arrived(burst); });
    }

    /// Issues one request; its completion time will be done[index], index counting from 0.
    void at(Femtoseconds when, Burst burst) {
        burst.initiator = InitiatorId{initiator_};
        burst.token = static_cast<std::uint32_t>(done.size());
        issued.push_back(when);
        done.emplace_back();
        due_.schedule(when, burst);
    }
    /// Reads or writes `total` bytes from `base` on in requests of `size`, `window` bytes in flight.
    void stream(Address base, std::uint64_t total, std::uint32_t size, std::uint64_t window, bool write = false,
                std::uint8_t stream = kPassing, std::uint8_t priority = 0) {
        next_ = request(base, size, write, stream);
        next_.priority = priority;
        next_.lane = lane_;
        end_ = base + total;
        for (std::uint64_t i = 0; i < window && next_.address < end_; i += size) {
            issue_next(Femtoseconds{});
        }
    }
    [[nodiscard]] bool finished() const { return arrived_ == done.size() && next_.address >= end_; }
    /// Bytes of one request of the stream.
    [[nodiscard]] std::uint32_t bytes() const { return next_.size; }
    [[nodiscard]] Femtoseconds last() const { return last_; }
    [[nodiscard]] double rate(std::uint64_t bytes) const { return static_cast<double>(bytes) / to_seconds(last_); }

    LinkInitiator link;
    std::vector<Femtoseconds> issued;
    std::vector<Femtoseconds> done;
    /// Called for every response.
    std::function<void(const Burst&)> on_arrival;

  private:
    void issue_next(Femtoseconds when) {
        const Burst burst = next_;
        next_.address += next_.size;
        at(when, burst);
    }
    void arrived(const Burst& burst) {
        done[burst.token] = simulated_now();
        last_ = simulated_now();
        ++arrived_;
        if (next_.address < end_) {
            issue_next(simulated_now());
        }
        if (on_arrival) {
            on_arrival(burst);
        }
    }

    std::size_t initiator_;
    std::uint8_t lane_ = 0;
    TimedQueue<Burst> due_;
    Burst next_;
    Address end_ = 0;
    std::size_t arrived_ = 0;
    Femtoseconds last_;
};

}  // namespace handset
