// SPDX-License-Identifier: Apache-2.0
// Values that fall due at a future time, delivered in (time, rank, insertion) order.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "sim/base/quantity.h"
#include "sim/engine/event_wheel.h"

namespace handset {

template <class T>
class TimedQueue final {
  public:
    using Handler = std::function<void(T)>;

    TimedQueue(const char* name, Handler handler) : handler_(std::move(handler)), alarm_(name, [this] { deliver(); }) {}

    /// `when` must not lie in the past; at the current time the value arrives in the next round of this moment. The
    /// lower `rank` of those due at one time is delivered first.
    void schedule(Femtoseconds when, T value, std::uint64_t rank = 0) {
        entries_.push({when, rank, next_sequence_++, std::move(value)});
        alarm_.set(when);
    }
    [[nodiscard]] bool empty() const { return entries_.empty(); }

  private:
    struct Entry {
        Femtoseconds when;
        std::uint64_t rank = 0;
        std::uint64_t sequence = 0;
        T value;
        bool operator<(const Entry& other) const {
            if (when != other.when) {
                return when > other.when;
            }
            return rank != other.rank ? rank > other.rank : sequence > other.sequence;
        }
    };

    /// What a handler schedules for this moment comes in the next round.
    void deliver() {
        const Femtoseconds now = simulated_now();
        const std::uint64_t before = next_sequence_;
        while (!entries_.empty() && entries_.top().when <= now && entries_.top().sequence < before) {
            T value = entries_.top().value;
            entries_.pop();
            handler_(std::move(value));
        }
        if (!entries_.empty()) {
            alarm_.set(entries_.top().when);
        }
    }

    Handler handler_;
    std::priority_queue<Entry> entries_;
    std::uint64_t next_sequence_ = 0;
    Alarm alarm_;
};

}  // namespace handset
