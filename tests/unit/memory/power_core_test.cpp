// SPDX-License-Identifier: Apache-2.0
#include "hw_models/power/power_core.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

/// 5 K/W and 100 J/K: time constant 500 s.
PowerConfig config() {
    PowerConfig c;
    c.base_power = 1000_mW;
    c.regulator_efficiency = 800;
    c.ambient = 300'000;
    c.thermal_resistance = 5000;
    c.heat_capacity = 100'000;
    return c;
}

TEST(PowerCore, EnergyBetweenSamplesBecomesPowerFromTheEarlierTime) {
    PowerCore core(config());
    core.sample(1_ms, {{"cpu", 2000_uJ}, {"dram", 500_uJ}});
    core.sample(2_ms, {{"cpu", 2000_uJ}, {"dram", 1500_uJ}});
    ASSERT_EQ(core.series().size(), 4U);
    EXPECT_EQ(core.series()[0].name(), "power_cpu");
    EXPECT_EQ(core.series()[0].samples(), (std::vector<Sample>{{0_ms, 2'000'000}, {1_ms, 0}}));
    EXPECT_EQ(core.series()[1].samples(), (std::vector<Sample>{{0_ms, 500'000}, {1_ms, 1'000'000}}));
    EXPECT_EQ(core.series()[2].samples(), (std::vector<Sample>{{0_ms, 2'500'000}, {1_ms, 1'000'000}}));
}

TEST(PowerCore, ASecondSampleAtTheSameTimeChangesNothing) {
    PowerCore core(config());
    core.sample(1_ms, {{"cpu", 2000_uJ}});
    core.sample(1_ms, {{"cpu", 2000_uJ}});
    EXPECT_EQ(core.series()[0].samples().size(), 1U);
}

TEST(PowerCore, RegulatorsLoseTheirShare) {
    // 800 of 1000 permille arrive: 4 J delivered cost 5 J.
    EXPECT_EQ(PowerCore(config()).regulator_loss(4000_uJ), 1000_uJ);
    PowerConfig ideal = config();
    ideal.regulator_efficiency = 1000;
    EXPECT_EQ(PowerCore(ideal).regulator_loss(4000_uJ), 0_fJ);
}

TEST(PowerCore, TemperatureApproachesPowerTimesResistance) {
    PowerCore core(config());
    Femtojoules total;
    for (std::uint64_t second = 1; second <= 500; ++second) {
        total += 4'000'000_uJ;
        core.sample(second * 1_s, {{"cpu", total}});
    }
    // 4 W * 5 K/W = 20 K; after one time constant 20 * (1 - 1/e) = 12.642 K.
    EXPECT_NEAR(static_cast<double>(core.series().back().samples().back().value), 312'642, 2);
    core.sample(10'000_s, {{"cpu", total}});
    EXPECT_EQ(core.series().back().samples().back().value, 300'000U) << "cooled down";
}

TEST(PowerCore, StepsDoNotChangeTheTemperature) {
    PowerCore fine(config());
    PowerCore coarse(config());
    for (std::uint64_t i = 1; i <= 100; ++i) {
        fine.sample(i * 1_s, {{"cpu", i * 3'000'000_uJ}});
    }
    coarse.sample(100_s, {{"cpu", 300'000'000_uJ}});
    EXPECT_NEAR(static_cast<double>(fine.series().back().samples().back().value),
                static_cast<double>(coarse.series().back().samples().back().value), 1);
}

}  // namespace
}  // namespace handset
