// SPDX-License-Identifier: Apache-2.0
// Collects requests and serves them one delta later ordered by (priority, arrival time, initiator, sequence): age keeps
// it fair, the initiator breaks ties, so results do not depend on construction or evaluation order.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include <systemc>

#include "sim/base/ids.h"
#include "sim/engine/process_guard.h"
#include "sim/engine/timed_queue.h"

namespace handset {

template <class T>
class Arbiter final : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Arbiter);
    /// `serve` runs one delta after a request or a wake(); it takes as many requests as the owner can accept.
    Arbiter(const sc_core::sc_module_name& name, std::function<void()> serve)
        : sc_module(name), serve_(std::move(serve)) {
        SC_METHOD(arbitrate);
        sensitive << event_;
        dont_initialize();
    }

    /// Lower `priority` goes first.
    void request(std::uint8_t priority, InitiatorId initiator, T value) {
        waiting_.push({priority, simulated_now(), initiator, next_sequence_++, std::move(value)});
        event_.notify(sc_core::SC_ZERO_TIME);
    }
    /// Call when capacity was freed.
    void wake() {
        if (!waiting_.empty()) {
            event_.notify(sc_core::SC_ZERO_TIME);
        }
    }

    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    /// The next in order; empty() must be false.
    [[nodiscard]] const T& front() const { return waiting_.top().value; }
    T take() {
        T value = waiting_.top().value;
        waiting_.pop();
        return value;
    }

  private:
    struct Request {
        std::uint8_t priority = 0;
        Femtoseconds arrival;
        InitiatorId initiator;
        std::uint64_t sequence = 0;
        T value;

        bool operator<(const Request& other) const {  // priority_queue keeps the largest on top: reverse
            if (priority != other.priority) {
                return priority > other.priority;
            }
            if (arrival != other.arrival) {
                return arrival > other.arrival;
            }
            if (initiator != other.initiator) {
                return initiator > other.initiator;
            }
            return sequence > other.sequence;
        }
    };

    void arbitrate() { guarded(serve_); }

    std::function<void()> serve_;
    std::priority_queue<Request> waiting_;
    std::uint64_t next_sequence_ = 0;
    sc_core::sc_event event_{"requests"};
};

}  // namespace handset
