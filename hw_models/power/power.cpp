// SPDX-License-Identifier: Apache-2.0
#include "hw_models/power/power.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace handset {

PowerMonitor::PowerMonitor(const sc_core::sc_module_name& name, const ComponentContext& context,
                           const PowerConfig& config)
    : Component(name), core_(config), counters_(this->name()) {
    context.counters.add(counters_);
}

void PowerMonitor::settle(Femtoseconds now) {
    counters_.energy_base += energy(core_.config().base_power, now - settled_);
    settled_ = now;
}

void PowerMonitor::sample(Femtoseconds now, const Snapshot& snapshot) {
    settle(now);
    std::vector<ComponentEnergy> energies;
    Femtojoules delivered;
    for (const CounterValue& value : snapshot) {
        if (value.unit != Femtojoules::unit() || value.kind != CounterKind::sum) {
            continue;
        }
        const std::string_view component = std::string_view(value.path).substr(0, value.path.rfind('.'));
        if (component == name()) {
            continue;
        }
        auto found = std::find_if(energies.begin(), energies.end(),
                                  [&](const ComponentEnergy& energy) { return energy.component == component; });
        if (found == energies.end()) {
            found = energies.insert(found, {std::string(component), {}});
        }
        found->total += Femtojoules{value.value};
        delivered += Femtojoules{value.value};
    }
    counters_.energy_regulator_loss += core_.regulator_loss(delivered) - counters_.energy_regulator_loss.value();
    energies.push_back({name(), counters_.energy_base.value() + counters_.energy_regulator_loss.value()});
    core_.sample(now, energies);
}

std::unique_ptr<Component> make_power(const char* name, const ComponentContext& context, const PowerConfig& config) {
    return std::make_unique<PowerMonitor>(name, context, config);
}

}  // namespace handset
