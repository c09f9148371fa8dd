// SPDX-License-Identifier: Apache-2.0
// Energy of commands and states from IDD currents, summed over the rails V of a device and its devices (formulas as in
// DRAMPower, with Ibeta = IDD0):
//   ACT  V (IDD0 - IDD3N) t_ras              PRE  V (IDD0 - IDD2N) t_rp
//   RD   V (IDD4R - IDD3N) burst             WR   V (IDD4W - IDD3N) burst         + interface per byte
//        burst: its time at the data rate of the currents, as switching energy does not depend on the clock
//   REF  V (IDD5 - IDD3N) t_rfc              REFpb  REF / banks: the same rows are refreshed, those of one bank
//   background V IDD3N, IDD2N, IDD3P, IDD2P, IDD6 times the time in the state
#pragma once

#include "hw_models/dram/dram_rank.h"

namespace handset {

struct DramEnergies {
    Femtojoules activate;  ///< ACT and PRE
    Femtojoules read;
    Femtojoules write;
    Femtojoules io;
    Femtojoules refresh;
    Femtojoules background;  ///< devices only

    [[nodiscard]] Femtojoules total() const { return activate + read + write + io + refresh + background; }
};

class DramEnergy {
  public:
    /// `config` has passed check().
    explicit DramEnergy(const DramConfig& config);

    [[nodiscard]] DramEnergies of(const DramActivity& activity) const;

  private:
    [[nodiscard]] Femtojoules state(Microamperes DramRailConfig::*current, std::uint64_t clocks) const;

    DramConfig config_;
    Femtojoules activate_, precharge_, read_, write_, refresh_, refresh_bank_;
};

}  // namespace handset
