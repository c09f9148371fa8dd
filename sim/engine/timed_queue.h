// SPDX-License-Identifier: Apache-2.0
// Values that fall due at a future time, delivered in (time, rank, insertion) order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
        Entry entry{when, rank, next_sequence_++, std::move(value)};
        entries_.emplace_back();
        std::size_t place = entries_.size() - 1;  // mostly the last one: delays are much alike
        for (; place > first_ && entry.before(entries_[place - 1]); --place) {
            entries_[place] = std::move(entries_[place - 1]);
        }
        entries_[place] = std::move(entry);
        alarm_.set(when);
    }
    [[nodiscard]] bool empty() const { return first_ == entries_.size(); }

  private:
    struct Entry {
        Femtoseconds when;
        std::uint64_t rank = 0;
        std::uint64_t sequence = 0;
        T value;

        /// Of two of one time and rank the one that was scheduled first.
        [[nodiscard]] bool before(const Entry& earlier) const {
            return when != earlier.when ? when < earlier.when : rank < earlier.rank;
        }
    };

    /// What a handler schedules for this moment comes in the next round.
    void deliver() {
        const Femtoseconds now = simulated_now();
        const std::uint64_t before = next_sequence_;
        while (!empty() && entries_[first_].when <= now && entries_[first_].sequence < before) {
            handler_(std::move(entries_[first_++].value));
        }
        if (2 * first_ >= entries_.size()) {
            entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
        if (!empty()) {
            alarm_.set(entries_[first_].when);
        }
    }

    Handler handler_;
    std::vector<Entry> entries_;  ///< from `first_` on, in order
    std::size_t first_ = 0;
    std::uint64_t next_sequence_ = 0;
    Alarm alarm_;
};

}  // namespace handset
