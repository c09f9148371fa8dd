// SPDX-License-Identifier: Apache-2.0
#include "hw_models/power/power_core.h"

#include <cmath>

namespace handset {

namespace {

/// 1 fJ per fs is 1 W.
std::uint64_t microwatts(Femtojoules energy, Femtoseconds time) {
    return static_cast<std::uint64_t>(Wide{energy.count()} * 1'000'000 / time.count());
}

}  // namespace

PowerCore::PowerCore(const PowerConfig& config) : config_(config) {}

Femtojoules PowerCore::regulator_loss(Femtojoules delivered) const {
    const std::uint32_t efficiency = config_.regulator_efficiency;
    return Femtojoules{static_cast<std::uint64_t>(Wide{delivered.count()} * (1000 - efficiency) / efficiency)};
}

void PowerCore::sample(Femtoseconds now, const std::vector<ComponentEnergy>& energies) {
    if (series_.empty()) {
        for (const ComponentEnergy& energy : energies) {
            series_.emplace_back("power_" + energy.component, "uW");
        }
        series_.emplace_back("power_total", "uW");
        series_.emplace_back("temperature", "mK");
        series_.back().record({}, config_.ambient);
        last_.resize(energies.size());
    }
    ensure(last_.size() == energies.size(), "power samples must name the same components");
    if (now == last_time_) {
        return;
    }
    const Femtoseconds time = now - last_time_;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < energies.size(); ++i) {
        const std::uint64_t power = microwatts(energies[i].total - last_[i], time);
        series_[i].record(last_time_, power);
        last_[i] = energies[i].total;
        total += power;
    }
    series_[energies.size()].record(last_time_, total);

    const double resistance = config_.thermal_resistance * 1e-3;
    const double settled = static_cast<double>(total) * 1e-6 * resistance;
    const double time_constant = resistance * static_cast<double>(config_.heat_capacity) * 1e-3;
    above_ambient_ = settled + (above_ambient_ - settled) * std::exp(-to_seconds(time) / time_constant);
    series_.back().record(now, config_.ambient + static_cast<std::uint64_t>(std::llround(above_ambient_ * 1e3)));
    last_time_ = now;
}

}  // namespace handset
