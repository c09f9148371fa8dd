// SPDX-License-Identifier: Apache-2.0
// Energy per command and state worked out from the currents of the reference part, and per bit of the phones' parts.
#include "hw_models/dram/dram_energy.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/memory/dram_parts.h"
#include "tests/unit/memory/dram_player.h"

namespace handset {
namespace {

DramActivity activity_of(std::uint64_t DramActivity::*member, std::uint64_t count) {
    DramActivity activity;
    activity.*member = count;
    return activity;
}

Femtojoules reference(std::uint64_t DramActivity::*member, std::uint64_t count = 1) {
    return DramEnergy(dram_part("lpddr5_6400_ref")).of(activity_of(member, count)).total();
}

TEST(DramEnergy, CommandsCostCurrentsAboveStandbyTimesTheirDuration) {
    // vdd1 1.8 V: idd0 3.5, idd2n 2, idd3n 2.25, idd4 2.25, idd5 10 mA; vdd2h 1.05 V: 45, 27, 30, 275/210, 90 mA.
    EXPECT_EQ(reference(&DramActivity::reads), 643'125_fJ);         // 1.05 V * 245 mA * 2.5 ns
    EXPECT_EQ(reference(&DramActivity::writes), 472'500_fJ);        // 1.05 * 180 * 2.5
    EXPECT_EQ(reference(&DramActivity::activates), 765'000_fJ);     // 1.8 * 1.25 * 42.5 + 1.05 * 15 * 42.5
    EXPECT_EQ(reference(&DramActivity::precharges), 405'000_fJ);    // 1.8 * 1.5 * 18.75 + 1.05 * 18 * 18.75
    EXPECT_EQ(reference(&DramActivity::refreshes), 16'159'500_fJ);  // 1.8 * 7.75 * 210 + 1.05 * 60 * 210
    // Of a bank: 1.8 V * 0.25 mA * 3906.25 ns / 16 = 109.863 pJ, rounded up.
    EXPECT_EQ(reference(&DramActivity::bank_refreshes), 109'864_fJ);
    // The table of the reference set: 200 000 RD = 128.6 uJ.
    EXPECT_EQ(reference(&DramActivity::reads, 200'000), 128'625_nJ);
    EXPECT_EQ(reference(&DramActivity::row_hits, 1000), 0_fJ) << "results are no commands";
}

TEST(DramEnergy, StatesCostTheirCurrentTimesTheirDuration) {
    // 800 000 clocks of 800 MHz: a millisecond, so that mW are uJ.
    const std::uint64_t clocks = 800'000;
    EXPECT_EQ(reference(&DramActivity::active_standby, clocks), 35'550_nJ);        // 1.8 * 2.25 + 1.05 * 30
    EXPECT_EQ(reference(&DramActivity::precharged_standby, clocks), 31'950_nJ);    // 1.8 * 2 + 1.05 * 27
    EXPECT_EQ(reference(&DramActivity::active_power_down, clocks), 11'610_nJ);     // 1.8 * 1.2 + 1.05 * 9
    EXPECT_EQ(reference(&DramActivity::precharged_power_down, clocks), 5'310_nJ);  // 1.8 * 1.2 + 1.05 * 3
    EXPECT_EQ(reference(&DramActivity::self_refresh, clocks), 1'065_nJ);           // 1.8 * 0.3 + 1.05 * 0.5
}

TEST(DramEnergy, EachEnergyHasItsOwnName) {
    const DramEnergy energy(dram_part("lpddr5_6400_ref"));
    DramActivity activity;
    activity.reads = 1;
    activity.writes = 10;
    activity.activates = 100;
    activity.refreshes = 1000;
    activity.self_refresh = 800;
    const DramEnergies found = energy.of(activity);
    EXPECT_EQ(found.read, 643'125_fJ);
    EXPECT_EQ(found.write, 4'725_pJ);
    EXPECT_EQ(found.activate, 76'500_pJ);
    EXPECT_EQ(found.refresh, 16'159'500_pJ);
    EXPECT_EQ(found.background, 1'065_pJ);
    EXPECT_EQ(found.io, 0_fJ);
    EXPECT_EQ(found.total(), 643'125_fJ + 4'725_pJ + 76'500_pJ + 16'159'500_pJ + 1'065_pJ);
}

TEST(DramEnergy, DevicesShareAChannelAndPinsCostPerByte) {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.power.devices = 2;
    config.power.io_read_byte = 7_pJ;
    config.power.io_write_byte = 5_pJ;
    const DramEnergies reads = DramEnergy(config).of(activity_of(&DramActivity::reads, 3));
    EXPECT_EQ(reads.read, 2 * 3 * 643'125_fJ);
    EXPECT_EQ(reads.io, 3 * 32 * 7_pJ);
    EXPECT_EQ(DramEnergy(config).of(activity_of(&DramActivity::writes, 3)).io, 3 * 32 * 5_pJ);
}

TEST(DramEnergy, ABurstCostsTheSameAtALowerClock) {
    // The lowest vote of mobile_measurements.md 11.4b: 547 MHz instead of 4224.
    for (const char* part : {"lpddr5x_8448", "lpddr5x_7372", "lpddr4x_4266"}) {
        DramConfig config = dram_part(part);
        const DramActivity read = activity_of(&DramActivity::reads, 1);
        const DramActivity write = activity_of(&DramActivity::writes, 1);
        const Femtojoules fast_read = DramEnergy(config).of(read).total();
        const Femtojoules fast_write = DramEnergy(config).of(write).total();
        config.data_rate = Hertz{1'094'000'000};
        EXPECT_EQ(DramEnergy(config).of(read).total(), fast_read) << part;
        EXPECT_EQ(DramEnergy(config).of(write).total(), fast_write) << part;
    }
    // Without a rate the currents are those of the rate in use: half the clock, twice the time.
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.data_rate = config.data_rate / 2;
    EXPECT_EQ(DramEnergy(config).of(activity_of(&DramActivity::reads, 1)).total(), 2 * 643'125_fJ);
}

TEST(DramEnergy, RefreshingAllBanksInTurnCostsAPhoneWhatRefreshingThemTogetherDoes) {
    for (const char* part : {"lpddr5x_8448", "lpddr5x_7372", "lpddr4x_4266"}) {
        const DramConfig config = dram_part(part);
        const DramEnergy energy(config);
        const double together = to_joules(energy.of(activity_of(&DramActivity::refreshes, 1)).total());
        const double in_turn = to_joules(energy.of(activity_of(&DramActivity::bank_refreshes, config.banks)).total());
        EXPECT_NEAR(in_turn / together, 1.0, 0.01) << part;
    }
}

TEST(DramEnergy, ACurrentBelowItsStandbyCostsNothing) {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.power.rails.at("vdd1").idd4r = 1'000_uA;  // idd3n 2.25 mA
    EXPECT_EQ(DramEnergy(config).of(activity_of(&DramActivity::reads, 1)).total(), 643'125_fJ);
}

/// Everything that a sequential read stream of 4 KiB requests costs, per bit.
double picojoules_per_bit(const std::string& part) {
    const DramConfig config = dram_part(part);
    DramPlayer player(config);
    std::vector<DramPlay> plays;
    constexpr std::uint64_t kBytes = 8 << 20;
    for (Address a = 0; a < kBytes; a += 4096) {
        plays.push_back({{}, a, 4096, false});
    }
    player.play(plays, 8);
    const Femtoseconds end = player.last();
    const Femtojoules sum =
        DramEnergy(config).of(player.core.take_activity(end)).total() + energy(config.power.controller, end);
    return to_joules(sum) * 1e12 / (kBytes * 8.0);
}

TEST(DramEnergy, AReadStreamOfAPhoneCostsThePublishedEnergyPerBit) {
    for (const char* part : {"lpddr5x_8448", "lpddr5x_7372"}) {
        const double found = picojoules_per_bit(part);
        RecordProperty(part, std::to_string(found));
        EXPECT_GE(found, 4.0) << part;
        EXPECT_LE(found, 6.0) << part;
    }
    const double found = picojoules_per_bit("lpddr4x_4266");
    RecordProperty("lpddr4x_4266", std::to_string(found));
    EXPECT_GE(found, 4.2);
    EXPECT_LE(found, 8.5);
}

TEST(DramEnergy, TheReferenceStreamCostsWhatDramPowerFound) {
    // 100 000 reads of 64 bytes: 200 000 RD of 643.1 pJ; rows, refresh and standby as their counts say.
    const DramConfig config = dram_part("lpddr5_6400_ref");
    DramPlayer player(config);
    std::vector<DramPlay> plays;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        plays.push_back({{}, i * 64, 64, false});
    }
    player.play(plays, 16);
    const DramActivity activity = player.core.take_activity(player.last());
    const DramEnergies found = DramEnergy(config).of(activity);
    EXPECT_EQ(activity.reads, 200'000U);
    EXPECT_EQ(found.read, 128'625_nJ);
    EXPECT_EQ(found.activate, activity.activates * 765_pJ + activity.precharges * 405_pJ);
    // At 11.9 GB/s the stream lasts 538 us: 537 800 / 3906.25 = 137 refreshes.
    EXPECT_NEAR(static_cast<double>(activity.refreshes), 137.0, 2.0);
    EXPECT_EQ(found.refresh, activity.refreshes * 16'159'500_fJ);
}

}  // namespace
}  // namespace handset
