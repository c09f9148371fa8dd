// SPDX-License-Identifier: Apache-2.0
// Collects requests and serves them one delta later ordered by (priority, arrival time, initiator, sequence): age keeps
// it fair, the initiator breaks ties, so results do not depend on construction or evaluation order.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include <systemc>

#include "sim/base/ids.h"
#include "sim/engine/aged_queue.h"
#include "sim/engine/process_guard.h"
#include "sim/engine/timed_queue.h"

namespace handset {

template <class T>
class Arbiter final : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Arbiter);
    /// `serve` runs one delta after a request or a wake(); it takes as many requests as the owner can accept. A request
    /// that has waited `promote_after` goes before all others; 0: priorities are strict.
    Arbiter(const sc_core::sc_module_name& name, std::function<void()> serve, Femtoseconds promote_after = {})
        : sc_module(name), serve_(std::move(serve)), waiting_(promote_after) {
        SC_METHOD(arbitrate);
        sensitive << event_;
        dont_initialize();
    }

    /// Lower `priority` goes first.
    void request(std::uint8_t priority, InitiatorId initiator, T value) {
        waiting_.push(priority, simulated_now(), initiator, std::move(value));
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
    [[nodiscard]] const T& front() const { return waiting_.front(simulated_now()); }
    T take() { return waiting_.take(simulated_now()); }

  private:
    void arbitrate() { guarded(serve_); }

    std::function<void()> serve_;
    AgedQueue<T> waiting_;
    sc_core::sc_event event_{"requests"};
};

}  // namespace handset
