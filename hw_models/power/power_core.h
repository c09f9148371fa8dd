// SPDX-License-Identifier: Apache-2.0
// From energy totals at moments to power over time per component and the temperature of the phone as one thermal mass.
// Sees energies as values only. No throttling: nothing reads the temperature back.
#pragma once

#include <string>
#include <vector>

#include "hw_models/power/power_config.h"
#include "sim/stats/time_series.h"

namespace handset {

struct ComponentEnergy {
    std::string component;
    Femtojoules total;  ///< since the start
};

class PowerCore {
  public:
    explicit PowerCore(const PowerConfig& config);

    /// Battery energy lost in regulators to deliver `delivered`, rounded down.
    [[nodiscard]] Femtojoules regulator_loss(Femtojoules delivered) const;
    /// Adds one interval, from the previous sample to `now`, to every series. Times grow; the components are the same
    /// in every call. A second call at the same time does nothing.
    void sample(Femtoseconds now, const std::vector<ComponentEnergy>& energies);

    /// "power_<component>" and "power_total" in uW, each value from its time on; "temperature" in mK.
    [[nodiscard]] const std::vector<TimeSeries>& series() const { return series_; }
    [[nodiscard]] const PowerConfig& config() const { return config_; }

  private:
    PowerConfig config_;
    std::vector<TimeSeries> series_;
    std::vector<Femtojoules> last_;
    Femtoseconds last_time_;
    double above_ambient_ = 0;  ///< K; derived, never accumulated into energy or time
};

}  // namespace handset
