// SPDX-License-Identifier: Apache-2.0
// Collects requests and serves them one round later ordered by (priority, arrival time, initiator, sequence): age keeps
// it fair, the initiator breaks ties, so results do not depend on construction or evaluation order.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sim/base/ids.h"
#include "sim/engine/aged_queue.h"
#include "sim/engine/event_wheel.h"

namespace handset {

template <class T>
class Arbiter final {
  public:
    /// `serve` runs one round after a request or a wake(); it takes as many requests as the owner can accept. A request
    /// that has waited `promote_after` goes before all others; 0: priorities are strict.
    Arbiter(const char* name, std::function<void()> serve, Femtoseconds promote_after = {})
        : waiting_(promote_after), serve_(name, std::move(serve)) {}

    /// Lower `priority` goes first.
    void request(std::uint8_t priority, InitiatorId initiator, T value) {
        waiting_.push(priority, simulated_now(), initiator, std::move(value));
        serve_.set(simulated_now());
    }
    /// Call when capacity was freed.
    void wake() {
        if (!waiting_.empty()) {
            serve_.set(simulated_now());
        }
    }

    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    /// The next in order; empty() must be false.
    [[nodiscard]] const T& front() const { return waiting_.front(simulated_now()); }
    T take() { return waiting_.take(simulated_now()); }

  private:
    AgedQueue<T> waiting_;
    Alarm serve_;
};

}  // namespace handset
