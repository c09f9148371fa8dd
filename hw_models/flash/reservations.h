// SPDX-License-Identifier: Apache-2.0
// The booked times of one resource (a bus, a register, the array of a plane). A later request may use a gap that an
// earlier one left, but never moves what is booked.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/base/quantity.h"

namespace handset {

class Reservations {
  public:
    struct Interval {
        Femtoseconds begin;
        Femtoseconds end;
    };

    /// Earliest begin, not before `from`, of a free time of `length`.
    [[nodiscard]] Femtoseconds find(Femtoseconds from, Femtoseconds length) const;
    /// Where `count` pieces of `length` each fit from `from` on, as early as possible, the first with `lead` before it:
    /// appends one interval per uninterrupted run of pieces. Returns the end of the last.
    Femtoseconds fit(Femtoseconds from, Femtoseconds lead, Femtoseconds length, std::uint64_t count,
                     std::vector<Interval>& out) const;
    /// End of the first booking that overlaps [begin, end); 0 when that time is free.
    [[nodiscard]] Femtoseconds clash(Femtoseconds begin, Femtoseconds end) const;
    /// Books [begin, end), which is free; nothing for an empty time.
    void take(Femtoseconds begin, Femtoseconds end);
    /// find() and take() in one; returns the end.
    Femtoseconds book(Femtoseconds from, Femtoseconds length);
    /// Drops what ended by `now`; nobody asks for earlier times again.
    void forget(Femtoseconds now);
    /// End of the last booking that is remembered.
    [[nodiscard]] Femtoseconds end() const { return booked_.empty() ? Femtoseconds{} : booked_.back().end; }

  private:
    [[nodiscard]] std::deque<Interval>::const_iterator first_ending_after(Femtoseconds time) const;

    std::deque<Interval> booked_;  ///< in order, neither overlapping nor touching
};

}  // namespace handset
