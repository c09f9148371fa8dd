// SPDX-License-Identifier: Apache-2.0
// Streams against what buses, rows and refresh allow, and against figures in which three public simulators agree.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/memory/dram_parts.h"
#include "tests/unit/memory/dram_player.h"

namespace handset {
namespace {

constexpr Femtoseconds kClock{1'250'000};

DramConfig lpddr5(bool refreshed) {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.controller.refresh = refreshed ? RefreshMode::all_bank : RefreshMode::off;
    return config;
}

struct Stream {
    std::uint64_t requests = 0;
    std::uint64_t size = 64;
    std::uint64_t stride = 64;
    std::size_t window = 16;
    bool write = false;
};

/// Bytes per nanosecond, that is GB/s.
double rate(const DramConfig& config, const Stream& stream) {
    DramPlayer player(config);
    std::vector<DramPlay> plays;
    for (std::uint64_t i = 0; i < stream.requests; ++i) {
        plays.push_back({{}, i * stream.stride % config.capacity.count(), stream.size, stream.write});
    }
    player.play(plays, stream.window);
    const Femtoseconds end = stream.write ? player.now : player.last();
    return static_cast<double>(stream.requests * stream.size) / to_seconds(end) / 1e9;
}

TEST(DramBandwidth, ASequentialStreamReachesThePeak) {
    // 32 bytes every 2 clocks of 1.25 ns = 12.8 GB/s; only the first row is waited for: 35 of 131 072 clocks.
    for (const std::uint64_t size : {64U, 256U, 4096U}) {
        const double reached = rate(lpddr5(false), {(2 << 20) / size, size, size, 8192 / size});
        EXPECT_LT(reached, 12.8) << size;
        EXPECT_GT(reached, 12.75) << size;
    }
}

TEST(DramBandwidth, RefreshCostsItsShareAndTheReopeningOfRows) {
    // t_rfc / t_refi = 168 / 3125 = 5.4 %; closing and reopening rows makes the reference simulators lose 6.6-7.0 %.
    for (const std::uint64_t size : {64U, 256U, 4096U}) {
        const double reached = rate(lpddr5(true), {(8 << 20) / size, size, size, 8192 / size});
        EXPECT_LT(reached, 12.8 * (1 - 168.0 / 3125)) << size;
        EXPECT_GT(reached, 12.8 * (1 - 0.075)) << size;
    }
}

TEST(DramBandwidth, SequentialReadsAgreeWithThreeSimulators) {
    EXPECT_NEAR(rate(lpddr5(true), {100'000}), 11.90, 0.02 * 11.90);
    EXPECT_NEAR(rate(dram_part("lpddr4_3200_ref"), {100'000}), 5.865, 0.02 * 5.865);
}

TEST(DramBandwidth, OneRowOfOneBankPerRequestTakesARowCycleEach) {
    DramConfig config = lpddr5(false);
    config.address_map = "row bank group column";
    DramPlayer player(config);
    std::vector<DramPlay> plays;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        plays.push_back({{}, i * 32768, 64, false});
    }
    player.play(plays, 16);
    // ACT every t_rc 49; the last: request 1, t_rcd 15, second column 4 later, RL 17, burst 2.
    EXPECT_EQ(player.last(), (1 + 999 * 49 + 15 + 4 + 19) * kClock);
    EXPECT_EQ(player.core.take_activity(player.last()).activates, 1000U);
    // With refresh, DRAMsim3, Ramulator 2.1 and DRAMSys agree on 0.982 GB/s.
    config.controller.refresh = RefreshMode::all_bank;
    EXPECT_NEAR(rate(config, {20'000, 64, 32768}), 0.982, 0.005 * 0.982);
}

TEST(DramBandwidth, RowsOfManyBanksAreBoundByTheFourWindow) {
    // A row of another bank per 64 bytes: four ACT per t_faw 16 clocks = 4 x 64 B per 20 ns = 12.8 GB/s; twice t_faw
    // halves that.
    DramConfig config = lpddr5(false);
    config.address_map = "column row bank group column:1";
    config.controller.read_queue = 64;
    EXPECT_GT(rate(config, {20'000, 64, 64, 32}), 0.75 * 12.8);
    config.timing.t_faw = 40_ns;
    EXPECT_NEAR(rate(config, {20'000, 64, 64, 32}), 6.4, 0.01 * 6.4);
}

TEST(DramBandwidth, OneBankGroupAloneMovesABurstPerLongSpacing) {
    // One row after another of one bank group: n_ccd_l 4 clocks per burst, half of the peak, as long as rows open
    // early.
    DramConfig config = lpddr5(false);
    config.address_map = "group row bank column";
    const double reached = rate(config, {32'768, 64, 64, 16});
    EXPECT_LT(reached, 6.4);
    EXPECT_GT(reached, 6.4 * 0.99);
}

TEST(DramBandwidth, WritesReachThePeakAsWell) {
    const double reached = rate(lpddr5(false), {(2 << 20) / 64, 64, 64, 1000, true});
    EXPECT_LT(reached, 12.8);
    EXPECT_GT(reached, 12.7);
}

TEST(DramBandwidth, ChannelsAddUp) {
    const auto with = [](std::uint32_t channels) {
        DramConfig config = lpddr5(false);
        config.capacity = Bytes{(1_GiB).count() * channels};
        config.channels = channels;
        config.address_map = "row bank column channel group column:1";
        return rate(config, {(4 << 20) / 4096, 4096, 4096, 8});
    };
    EXPECT_NEAR(with(2), 2 * with(1), 0.02 * with(1));
    EXPECT_NEAR(with(4), 4 * with(1), 0.04 * with(1));
}

TEST(DramBandwidth, EveryBurstIsMovedOnceWhateverTheTraffic) {
    for (const char* name : {"lpddr5_6400_ref", "lpddr4_3200_ref", "lpddr5x_8448", "ddr4_2400"}) {
        const DramConfig config = dram_part(name);
        const std::uint64_t burst = config.burst_bytes().count();
        DramPlayer player(config);
        std::vector<DramPlay> plays;
        std::uint64_t reads = 0;
        std::uint64_t writes = 0;
        std::uint64_t x = 9;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            x = x * 6364136223846793005ULL + 1442695040888963407ULL;
            const std::uint64_t size = 1 + (x >> 50) % 5000;
            const Address address = (x >> 20) % (config.capacity.count() - size);
            const bool write = (x >> 40) % 3 == 0;
            plays.push_back({{}, address, size, write});
            (write ? writes : reads) += (address + size - 1) / burst - address / burst + 1;
        }
        player.play(plays, 24);
        const DramActivity activity = player.core.take_activity(player.now + 1_us);
        EXPECT_EQ(activity.reads, reads) << name;
        EXPECT_EQ(activity.writes, writes) << name;
        EXPECT_EQ(activity.bus_clocks, (reads + writes) * config.burst_length / config.beats_per_clock) << name;
    }
}

TEST(DramBandwidth, TwiceTheDataRateIsNeverSlowerForOneRequest) {
    DramConfig config = lpddr5(false);
    DramConfig fast = config;
    fast.data_rate = config.data_rate * 2;
    DramPlayer a(config);
    DramPlayer b(fast);
    std::uint64_t x = 1;
    for (std::uint64_t i = 0; i < 3000; ++i) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        const DramPlay play{i * 2_us, (x >> 20) % (config.capacity.count() - 4096), 1 + (x >> 50) % 4096, (x & 3) == 0};
        EXPECT_LE(b.latency(play), a.latency(play)) << i;
    }
}

}  // namespace
}  // namespace handset
