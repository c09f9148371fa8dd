// SPDX-License-Identifier: Apache-2.0
// Values that fall due at a future time, delivered in (time, rank, insertion) order from one SC_METHOD.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include <systemc>

#include "sim/base/quantity.h"
#include "sim/engine/process_guard.h"

namespace handset {

inline sc_core::sc_time to_sc_time(Femtoseconds time) {
    return sc_core::sc_time::from_value(time.count());  // the resolution is 1 fs
}
inline Femtoseconds simulated_now() {
    return Femtoseconds{sc_core::sc_time_stamp().value()};
}

template <class T>
class TimedQueue final : public sc_core::sc_module {
  public:
    using Handler = std::function<void(T)>;

    SC_HAS_PROCESS(TimedQueue);
    TimedQueue(const sc_core::sc_module_name& name, Handler handler) : sc_module(name), handler_(std::move(handler)) {
        SC_METHOD(process);
        sensitive << event_;
        dont_initialize();
    }

    /// `when` must not lie in the past; at the current time the value arrives one delta later. The lower `rank` of
    /// those due at one time is delivered first.
    void schedule(Femtoseconds when, T value, std::uint64_t rank = 0) {
        entries_.push({when, rank, next_sequence_++, std::move(value)});
        arm();
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

    void arm() {
        const Femtoseconds now = simulated_now();
        const Femtoseconds due = entries_.top().when;
        if (due <= now) {
            event_.notify(sc_core::SC_ZERO_TIME);
        } else {
            event_.notify(to_sc_time(due - now));  // an earlier pending notification stays in force
        }
    }

    void process() {
        guarded([this] { deliver(); });
    }

    void deliver() {
        const Femtoseconds now = simulated_now();
        while (!entries_.empty() && entries_.top().when <= now) {
            T value = entries_.top().value;
            entries_.pop();
            handler_(std::move(value));
        }
        if (!entries_.empty()) {
            arm();
        }
    }

    Handler handler_;
    std::priority_queue<Entry> entries_;
    std::uint64_t next_sequence_ = 0;
    sc_core::sc_event event_{"due"};
};

}  // namespace handset
