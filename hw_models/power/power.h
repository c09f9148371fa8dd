// SPDX-License-Identifier: Apache-2.0
// Accounts for what no component draws itself: the rest of the phone and regulator losses; keeps power over time.
#pragma once

#include <memory>
#include <vector>

#include "hw_models/common/component.h"
#include "hw_models/power/power_config.h"
#include "hw_models/power/power_core.h"

namespace handset {

class PowerMonitor final : public Component {
  public:
    PowerMonitor(const sc_core::sc_module_name& name, const ComponentContext& context, const PowerConfig& config);

    void settle(Femtoseconds now) override;
    /// Call with a snapshot taken after all components were settled at `now`: charges regulator losses for the energy
    /// that others spent since the last call and extends the series. Counters read afterwards are complete.
    void sample(Femtoseconds now, const Snapshot& snapshot);
    [[nodiscard]] const std::vector<TimeSeries>& series() const { return core_.series(); }

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        Counter<Femtojoules> energy_base{*this, "energy_base", "rest of the phone"};
        Counter<Femtojoules> energy_regulator_loss{*this, "energy_regulator_loss", "lost before the components"};
    };

    PowerCore core_;
    Counters counters_;
    Femtoseconds settled_;
};

std::unique_ptr<Component> make_power(const char* name, const ComponentContext& context, const PowerConfig& config);

}  // namespace handset
