// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/reservations.h"

#include <algorithm>

#include "sim/base/errors.h"

namespace handset {

std::deque<Reservations::Interval>::const_iterator Reservations::first_ending_after(Femtoseconds time) const {
    // Most requests come at the end.
    if (booked_.empty() || booked_.back().end <= time) {
        return booked_.end();
    }
    return std::partition_point(booked_.begin(), booked_.end(),
                                [time](const Interval& interval) { return interval.end <= time; });
}

Femtoseconds Reservations::find(Femtoseconds from, Femtoseconds length) const {
    for (auto at = first_ending_after(from); at != booked_.end(); ++at) {
        if (from + length <= at->begin) {
            return from;
        }
        from = std::max(from, at->end);
    }
    return from;
}

Femtoseconds Reservations::fit(Femtoseconds from, Femtoseconds lead, Femtoseconds length, std::uint64_t count,
                               std::vector<Interval>& out) const {
    auto at = first_ending_after(from);
    for (;;) {
        const bool last = at == booked_.end();
        const Femtoseconds room = last ? Femtoseconds{UINT64_MAX} - from : saturating_sub(at->begin, from);
        if (room >= lead + length) {
            const std::uint64_t pieces = last ? count : std::min<std::uint64_t>(count, (room - lead) / length);
            out.push_back({from, from + lead + length * pieces});
            lead = {};
            count -= pieces;
            from = out.back().end;
        }
        if (count == 0) {
            return from;
        }
        from = std::max(from, at->end);
        ++at;
    }
}

Femtoseconds Reservations::clash(Femtoseconds begin, Femtoseconds end) const {
    const auto at = first_ending_after(begin);
    return at != booked_.end() && at->begin < end ? at->end : Femtoseconds{};
}

void Reservations::take(Femtoseconds begin, Femtoseconds end) {
    if (begin == end) {
        return;
    }
    const auto index = first_ending_after(begin) - booked_.cbegin();
    const auto next = booked_.begin() + index;
    ensure(next == booked_.end() || end <= next->begin, "a time is booked twice");
    const bool joins_previous = next != booked_.begin() && (next - 1)->end == begin;
    const bool joins_next = next != booked_.end() && next->begin == end;
    if (joins_previous && joins_next) {
        (next - 1)->end = next->end;
        booked_.erase(next);
    } else if (joins_previous) {
        (next - 1)->end = end;
    } else if (joins_next) {
        next->begin = begin;
    } else {
        booked_.insert(next, {begin, end});
    }
}

Femtoseconds Reservations::book(Femtoseconds from, Femtoseconds length) {
    const Femtoseconds begin = find(from, length);
    take(begin, begin + length);
    return begin + length;
}

void Reservations::forget(Femtoseconds now) {
    while (!booked_.empty() && booked_.front().end <= now) {
        booked_.pop_front();
    }
}

}  // namespace handset
