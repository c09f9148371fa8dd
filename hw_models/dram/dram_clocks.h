// SPDX-License-Identifier: Apache-2.0
// The timing of a part in whole clocks (CK), as a controller programs it, and the clock itself. A time becomes the
// smallest number of clocks that covers it, less 2.6 % of a clock: the rounding rule of JEDEC's SPD documents, so that
// "3.788 ns" of a data sheet means four clocks of 0.947 ns.
#pragma once

#include <cstdint>

#include "hw_models/dram/dram_config.h"

namespace handset {

/// Count of clock edges since time zero.
using DramClock = std::uint64_t;
inline constexpr DramClock kNeverClock = UINT64_MAX;

struct DramClocks {
    /// `config` has passed check().
    explicit DramClocks(const DramConfig& config);

    std::uint32_t burst;  ///< on the data bus
    std::uint32_t ccd_l, rcd, rp, rp_all, ras, rc, rrd, rrd_l, faw, ppd;
    std::uint32_t read_data, write_data;  ///< command to first data
    std::uint32_t read_precharge, write_precharge;
    std::uint32_t read_write, write_read, write_read_l;  ///< command to command of one rank
    std::uint32_t rank_switch;
    std::uint32_t activate, column, precharge;  ///< on the command bus
    std::uint32_t wck_sync, wck_idle;
    std::uint64_t refi, refi_bank;
    std::uint32_t rfc, rfc_bank, pbr_act, xp, xsr;
    std::uint64_t age_limit, page_timeout, power_down_after, self_refresh_after;
    std::uint32_t request;
};

/// Conversion between time and clock edges; edge n lies at ceil(n / f).
class DramTimeBase {
  public:
    explicit DramTimeBase(Hertz clock)
        : clock_(clock.count()),
          period_(kFemtosecondsPerSecond / clock.count()),
          rest_(kFemtosecondsPerSecond % clock.count()),
          edges_(static_cast<std::uint64_t>((Wide{clock.count()} << 64) / kFemtosecondsPerSecond)) {}

    [[nodiscard]] Femtoseconds time(DramClock edge) const {
        return Femtoseconds{edge * period_ + (rest_ == 0 ? 0 : mul_div_ceil(edge, rest_, clock_))};
    }
    /// The last edge not after `time`.
    [[nodiscard]] DramClock edge_before(Femtoseconds time) const {
        // The product with the rounded reciprocal falls short by less than one edge.
        const auto edge = static_cast<DramClock>(Wide{time.count()} * edges_ >> 64);
        const bool short_by_one = Wide{edge + 1} * kFemtosecondsPerSecond <= Wide{time.count()} * clock_;
        return edge + (short_by_one ? 1 : 0);
    }
    /// The first edge not before `time`.
    [[nodiscard]] DramClock edge_after(Femtoseconds at) const {
        const DramClock edge = edge_before(at);
        return time(edge) < at ? edge + 1 : edge;
    }

  private:
    std::uint64_t clock_;
    std::uint64_t period_;  ///< whole femtoseconds; the period is period_ + rest_ / clock_
    std::uint64_t rest_;
    std::uint64_t edges_;  ///< in a femtosecond, times 2^64, rounded down
};

}  // namespace handset
