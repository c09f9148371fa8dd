// SPDX-License-Identifier: Apache-2.0
// Conversion between cycles and time for one clock. Edges are computed from the frequency, not from a rounded period,
// so a 1.2 GHz clock does not drift.
#pragma once

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

class ClockDomain {
  public:
    /// Throws ModelError for a clock of 0 Hz.
    explicit ClockDomain(Hertz frequency) : frequency_(frequency) { ensure(frequency.count() > 0, "a clock of 0 Hz"); }

    [[nodiscard]] Hertz frequency() const { return frequency_; }
    [[nodiscard]] Femtoseconds to_time(Cycles cycles) const { return duration(cycles, frequency_); }
    /// Whole cycles that fit into `time`, rounded up.
    [[nodiscard]] Cycles to_cycles(Femtoseconds time) const {
        return Cycles{mul_div_ceil(time.count(), frequency_.count(), kFemtosecondsPerSecond)};
    }
    /// The first clock edge at or after `time`; edge n lies at ceil(n * 1e15 / f) fs.
    [[nodiscard]] Femtoseconds next_edge(Femtoseconds time) const {
        Cycles n{static_cast<std::uint64_t>(Wide{time.count()} * frequency_.count() / kFemtosecondsPerSecond)};
        while (to_time(n) < time) {
            n += Cycles{1};
        }
        return to_time(n);
    }

  private:
    Hertz frequency_;
};

}  // namespace handset
