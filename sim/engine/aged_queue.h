// SPDX-License-Identifier: Apache-2.0
// Waiting requests ordered by (priority, arrival, initiator, sequence); one that has waited long enough goes before
// everything, so a low priority cannot starve. Plain C++: time is an argument and does not fall.
#pragma once

#include <algorithm>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

template <class T>
class AgedQueue {
  public:
    /// A request is promoted when it has waited `promote_after`; 0: never.
    explicit AgedQueue(Femtoseconds promote_after = {}) : promote_after_(promote_after) {}

    /// Lower `priority` goes first.
    void push(std::uint8_t priority, Femtoseconds arrival, InitiatorId initiator, T value) {
        level(priority).waiting.push({arrival, initiator, next_sequence_++, std::move(value)});
        ++size_;
    }

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// The next in order at `now`; empty() must be false.
    [[nodiscard]] const T& front(Femtoseconds now) const { return levels_[select(now)].waiting.top().value; }
    T take(Femtoseconds now) {
        auto& waiting = levels_[select(now)].waiting;
        T value = waiting.top().value;
        waiting.pop();
        --size_;
        return value;
    }

  private:
    struct Request {
        Femtoseconds arrival;
        InitiatorId initiator;
        std::uint64_t sequence = 0;
        T value;

        bool operator<(const Request& other) const {  // priority_queue keeps the largest on top: reverse
            if (arrival != other.arrival) {
                return arrival > other.arrival;
            }
            if (initiator != other.initiator) {
                return initiator > other.initiator;
            }
            return sequence > other.sequence;
        }
    };
    struct Level {
        std::uint8_t priority = 0;
        std::priority_queue<Request> waiting;
    };

    Level& level(std::uint8_t priority) {
        const auto at = std::lower_bound(levels_.begin(), levels_.end(), priority,
                                         [](const Level& l, std::uint8_t p) { return l.priority < p; });
        if (at != levels_.end() && at->priority == priority) {
            return *at;
        }
        return *levels_.insert(at, Level{priority, {}});
    }

    [[nodiscard]] std::size_t select(Femtoseconds now) const {
        std::size_t first = levels_.size();
        std::size_t oldest = levels_.size();
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            if (levels_[i].waiting.empty()) {
                continue;
            }
            first = std::min(first, i);
            if (oldest == levels_.size() || levels_[i].waiting.top().arrival < levels_[oldest].waiting.top().arrival) {
                oldest = i;
            }
        }
        const bool promoted = promote_after_ > Femtoseconds{} && first != oldest &&
                              levels_[oldest].waiting.top().arrival + promote_after_ <= now;
        return promoted ? oldest : first;
    }

    Femtoseconds promote_after_;
    std::vector<Level> levels_;  ///< by priority; few
    std::size_t size_ = 0;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace handset
