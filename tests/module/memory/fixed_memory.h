// SPDX-License-Identifier: Apache-2.0
// A memory that answers every request after the same time and writes down what it saw: limits and waiting times of the
// levels above can then be derived by hand.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/engine/link.h"
#include "sim/engine/timed_queue.h"

namespace handset {

class FixedMemory final : public sc_core::sc_module {
  public:
    struct Seen {
        Femtoseconds when;
        Burst burst;
    };

    FixedMemory(const sc_core::sc_module_name& name, Femtoseconds latency)
        : sc_module(name),
          target("port"),
          latency_(latency),
          due_("due", [this](std::size_t index) { answer(index); }) {
        target.on_request([this](const Burst& burst, LinkTarget::Request request) {
            seen.push_back({simulated_now(), burst});
            requests_.push_back(request);
            in_flight_ += burst.size;
            peak_in_flight = std::max(peak_in_flight, in_flight_);
            due_.schedule(simulated_now() + latency_, seen.size() - 1);
        });
    }

    LinkTarget target;
    std::vector<Seen> seen;
    std::uint64_t peak_in_flight = 0;

  private:
    void answer(std::size_t index) {
        in_flight_ -= seen[index].burst.size;
        target.respond(requests_[index]);
    }

    Femtoseconds latency_;
    TimedQueue<std::size_t> due_;
    std::vector<LinkTarget::Request> requests_;
    std::uint64_t in_flight_ = 0;
};

}  // namespace handset
