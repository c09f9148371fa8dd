// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_core.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_models/dram/dram_store.h"
#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

constexpr Address kGroup = 2048;     // next bank group (group_interleave == row)
constexpr Address kBank = 4 * 2048;  // next bank of a group
constexpr Address kRow = 16 * 2048;  // next row of a bank

TEST(DramCore, ClosedBankReadTakesActivateCasAndBurst) {
    DramCore core(small_dram());
    // t_rcd 18.75 + RL 21.25 + burst 2.5
    EXPECT_EQ(core.schedule(100_ns, 0, 32, false), 100_ns + 42'500_ps);
    EXPECT_EQ(core.take_activity().row_misses, 1U);
}

TEST(DramCore, RowHitReturnsAfterCasLatency) {
    DramCore core(small_dram());
    core.schedule(0_ns, 0, 32, false);
    EXPECT_EQ(core.schedule(200_ns, 64, 32, false), 200_ns + 23'750_ps);
    EXPECT_EQ(core.take_activity().row_hits, 1U);
}

TEST(DramCore, RowConflictPrechargesFirst) {
    DramCore core(small_dram());
    core.schedule(0_ns, 0, 32, false);
    // t_rp 18.75 + t_rcd 18.75 + RL 21.25 + burst 2.5
    EXPECT_EQ(core.schedule(200_ns, kRow, 32, false), 200_ns + 61'250_ps);
    EXPECT_EQ(core.take_activity().row_conflicts, 1U);
}

TEST(DramCore, ConflictWaitsForTheRowCycleToTheFemtosecond) {
    // ACT at 0; the next ACT of the bank is bound by t_ras + t_rp = 61.25 ns (= t_rc). A request at 42.5 ns (when t_ras
    // ends) is just not delayed, one femtosecond earlier it waits one.
    for (const auto& [arrival, delay] : {std::pair{42'500_ps, 0_fs}, {42'500_ps - 1_fs, 1_fs}}) {
        DramCore core(small_dram());
        core.schedule(0_ns, 0, 32, false);
        EXPECT_EQ(core.schedule(arrival, kRow, 32, false), arrival + delay + 61'250_ps);
    }
}

TEST(DramCore, ControllerLatencyIsAddedOnce) {
    DramConfig config = small_dram();
    config.t_controller = 30_ns;
    DramCore core(config);
    EXPECT_EQ(core.schedule(0_ns, 0, 32, false), 72'500_ps);
    EXPECT_EQ(core.schedule(200_ns, 0, 32, false), 253'750_ps);
}

TEST(DramCore, SameGroupColumnsAreSpacedLongAndOtherGroupsShort) {
    DramCore core(small_dram());
    core.schedule(0_ns, 0, 32, false);
    core.schedule(0_ns, kGroup, 32, false);
    const Femtoseconds first = core.schedule(200_ns, 0, 32, false);
    EXPECT_EQ(core.schedule(200_ns, kGroup, 32, false), first + 2'500_ps);
    EXPECT_EQ(core.schedule(400_ns, 0, 32, false), 423'750_ps);
    EXPECT_EQ(core.schedule(400_ns, 32, 32, false), 428'750_ps) << "t_ccd_l";
}

TEST(DramCore, ActivationsKeepTheirDistanceAndTheFourWindow) {
    DramCore core(small_dram());
    // ACT at 0, 5, 10, 15 (t_rrd); the fifth at t_faw = 40.
    for (const std::uint64_t i : {0U, 1U, 2U, 3U}) {
        EXPECT_EQ(core.schedule(0_ns, i * kGroup, 32, false), i * 5_ns + 42'500_ps);
    }
    EXPECT_EQ(core.schedule(0_ns, kBank, 32, false), 40_ns + 42'500_ps);
}

TEST(DramCore, TurnaroundsSeparateReadsAndWrites) {
    DramCore core(small_dram());
    core.schedule(0_ns, 0, 32, false);
    EXPECT_EQ(core.schedule(100_ns, 0, 32, true), 100_ns + 13'750_ps) << "WL 11.25 + burst 2.5";
    // RD not before the end of write data 113.75 + t_wtr 12.5 = 126.25; + RL + burst
    EXPECT_EQ(core.schedule(100_ns, 0, 32, false), 150'000_ps);
    // WR not before RD 126.25 + t_rtw 15
    EXPECT_EQ(core.schedule(100_ns, 0, 32, true), 155'000_ps);
    // PRE not before 155 + t_wr 35; ACT + t_rp, RD + t_rcd
    EXPECT_EQ(core.schedule(100_ns, kRow, 32, false), 155_ns + 35_ns + 61'250_ps);
}

TEST(DramCore, RefreshIsDueAtItsIntervalAndClosesRows) {
    const Femtoseconds refi = small_dram().t_refi;
    for (const bool late : {false, true}) {
        DramCore core(small_dram());
        core.schedule(0_ns, 0, 32, false);
        const Femtoseconds arrival = late ? refi : refi - 1_fs;
        const Femtoseconds done = core.schedule(arrival, 0, 32, false);
        // Late: precharge all 18.75 + t_rfc 210, then a closed bank 42.5. Early: a row hit.
        EXPECT_EQ(done, arrival + (late ? 271'250_ps : 23'750_ps));
        EXPECT_EQ(core.take_activity().refreshes, late ? 1U : 0U);
    }
}

TEST(DramCore, IdleRefreshesAreCountedOnceHoweverOftenAsked) {
    DramCore often(small_dram());
    DramCore rarely(small_dram());
    for (std::uint64_t us = 1; us <= 1000; ++us) {
        often.advance(us * 1_us);
    }
    rarely.advance(1_ms);
    EXPECT_EQ(often.take_activity().refreshes, 256U);  // floor(1 ms / 3.90625 us)
    EXPECT_EQ(rarely.take_activity().refreshes, 256U);
    EXPECT_EQ(often.schedule(1_ms, 0, 32, false), rarely.schedule(1_ms, 0, 32, false));
}

/// Reads `total` bytes in requests of `size` keeping 16 KiB in flight; returns the rate.
double stream_rate(const DramConfig& config, std::uint64_t total, std::uint64_t size) {
    DramCore core(config);
    std::vector<Femtoseconds> done;
    const std::uint64_t window = 16384 / size;
    for (std::uint64_t i = 0; i * size < total; ++i) {
        const Femtoseconds now = i < window ? 0_ns : done[i - window];
        done.push_back(std::max(core.schedule(now, i * size, size, false), done.empty() ? 0_fs : done.back()));
    }
    return static_cast<double>(total) / to_seconds(done.back());
}

TEST(DramCore, SequentialStreamReachesThePeakLessRefresh) {
    DramConfig config = small_dram();
    config.group_interleave = 32_B;
    config.channels = 4;
    // t_rfc / t_refi = 5.4 %; reopening rows costs a little more (reference simulators lose 6.6 %).
    const double peak = static_cast<double>(config.peak_rate().count());
    for (const std::uint64_t size : {64U, 256U, 4096U}) {
        const double rate = stream_rate(config, 8 << 20, size) / peak;
        EXPECT_LT(rate, 1 - 0.0537) << size;
        EXPECT_GT(rate, 0.90) << size;
    }
}

TEST(DramCore, SmallRequestsInArrivalOrderCannotHideTheGroupSpacing) {
    // 64 B in one group: columns 0 and t_ccd_l = 5 ns, then the other group 2.5 ns later: 2 bursts in 7.5 ns = 2/3.
    // A reordering controller reaches 0.93 here; requests of 256 B and more rotate over the groups by themselves.
    DramConfig config = small_dram();
    config.group_interleave = 64_B;
    const double peak = static_cast<double>(config.peak_rate().count());
    EXPECT_NEAR(stream_rate(config, 4 << 20, 64) / peak, 0.667 * 0.94, 0.02);
    EXPECT_GT(stream_rate(config, 4 << 20, 256) / peak, 0.90);
}

TEST(DramCore, OneBankGroupAtATimeHalvesTheRate) {
    // With rows contiguous in a group, columns are t_ccd_l = 2 bursts apart. Reference simulators see about 0.7 of peak
    // because they reorder over groups; in arrival order it is a half.
    const DramConfig config = small_dram();
    const double rate = stream_rate(config, 4 << 20, 256) / static_cast<double>(config.peak_rate().count());
    EXPECT_NEAR(rate, 0.47, 0.03);
}

TEST(DramCore, RefreshCostsItsShareOfTheBandwidth) {
    DramConfig config = small_dram();
    config.group_interleave = 64_B;
    const double with = stream_rate(config, 8 << 20, 1024);
    config.t_refi = 100_ms;
    const double without = stream_rate(config, 8 << 20, 1024);
    EXPECT_NEAR(1 - with / without, 0.06, 0.015);  // t_rfc / t_refi = 0.054 plus precharging and reopening
}

TEST(DramCore, OneRowCyclePerAccessInOneBankMatchesReferenceSimulators) {
    // stride32k of the reference runs: 64 B per t_rc-bound cycle. Three public simulators agree on 0.982 GB/s.
    DramConfig config = small_dram();
    config.bank_hash = false;
    config.t_faw = 20_ns;
    DramCore core(config);
    Femtoseconds done;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        done = core.schedule(0_ns, i * kRow, 64, false);
    }
    EXPECT_NEAR(64'000 / to_seconds(done) / 1e9, 0.982, 0.01);
}

TEST(DramCore, MappingIsABijection) {
    for (const std::uint64_t interleave : {64U, 512U, 2048U}) {
        DramConfig config = small_dram();
        config.capacity = 4_MiB;
        config.channels = 2;
        config.ranks = 2;
        config.bank_hash = true;
        config.group_interleave = Bytes{interleave};
        const DramCore core(config);
        std::set<DramCoordinates> seen;
        for (Address a = 0; a < config.capacity.count(); a += 32) {
            const DramCoordinates where = core.locate(a);
            ASSERT_LT(where.channel, 2U);
            ASSERT_LT(where.rank, 2U);
            ASSERT_LT(where.bank, 16U);
            ASSERT_LT(where.column, 2048U);
            ASSERT_LT(where.row, 4_MiB / (2_KiB * 16 * 2 * 2));
            ASSERT_TRUE(seen.insert(where).second) << a;
        }
    }
}

TEST(DramCore, ALargeRequestMovesTheSameBytesAsItsParts) {
    DramConfig config = small_dram();
    config.channels = 4;
    config.group_interleave = 64_B;
    for (const auto& [address, size] :
         {std::pair<Address, std::uint64_t>{0, 4096}, {100, 5000}, {255, 2}, {16384, 65536}}) {
        DramCore whole(config);
        DramCore parts(config);
        const Femtoseconds done = whole.schedule(0_ns, address, size, false);
        Femtoseconds last;
        for (Address a = address / 32 * 32; a < address + size; a += 32) {
            last = std::max(last, parts.schedule(0_ns, a, 32, false));
        }
        const DramActivity a = whole.take_activity();
        const DramActivity b = parts.take_activity();
        EXPECT_EQ(a.bus_read, b.bus_read);
        EXPECT_EQ(a.activations, b.activations);
        EXPECT_EQ(a.row_hits + a.row_misses + a.row_conflicts, a.bus_read.count() / 32);
        EXPECT_EQ(a.bus_time, a.bus_read.count() / 32 * 2'500_ps);
        EXPECT_LE(done, last) << "bursts of one request may rotate over bank groups, single ones arrive in order";
    }
}

TEST(DramCore, TwiceTheDataRateIsNeverSlower) {
    DramConfig config = small_dram();
    config.group_interleave = 64_B;
    DramConfig fast = config;
    fast.data_rate = config.data_rate * 2;
    DramCore a(config);
    DramCore b(fast);
    std::uint64_t x = 1;
    for (int i = 0; i < 5000; ++i) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        const Address address = (x >> 20) % (config.capacity.count() - 4096);
        const std::uint64_t size = 1 + (x >> 50) % 4096;
        const Femtoseconds now = static_cast<std::uint64_t>(i) * 50_ns;
        EXPECT_LE(b.schedule(now, address, size, (x & 3) == 0), a.schedule(now, address, size, (x & 3) == 0)) << i;
    }
}

TEST(DramCore, AccessOutsideTheCapacityIsAModelError) {
    DramCore core(small_dram());
    EXPECT_NO_THROW(core.schedule(0_ns, (64_MiB).count() - 64, 64, false));
    EXPECT_THROW(core.schedule(0_ns, (64_MiB).count() - 63, 64, false), ModelError);
    EXPECT_THROW(core.schedule(0_ns, UINT64_MAX, 1, false), ModelError);
}

TEST(DramConfigCheck, ReportsEachBrokenRule) {
    struct Case {
        void (*change)(DramConfig&);
        const char* message;
    };
    const std::vector<Case> cases{
        {[](DramConfig& c) { c.channel_bits = 12; }, "channel_bits: must be a multiple of 8"},
        {[](DramConfig& c) { c.burst_length = 12; }, "must be a power of two"},
        {[](DramConfig& c) { c.banks = 12; }, "banks per group must be a power of two"},
        {[](DramConfig& c) { c.row_bytes = 3000_B; }, "row_bytes: must be a power of two"},
        {[](DramConfig& c) { c.channel_interleave = 16_B; }, "channel_interleave: must be a power of two"},
        {[](DramConfig& c) { c.group_interleave = 4_KiB; }, "group_interleave: must be a power of two from one burst"},
        {[](DramConfig& c) { c.capacity = 64_MiB + 1_KiB; }, "capacity: must be whole rows"},
        {[](DramConfig& c) { c.t_rc = 60_ns; }, "t_rc: cannot be shorter than t_ras + t_rp"},
        {[](DramConfig& c) { c.t_ras = 10_ns; }, "t_ras: cannot be shorter than t_rcd"},
        {[](DramConfig& c) { c.t_faw = 1_ns; }, "t_faw: cannot be shorter than t_rrd"},
        {[](DramConfig& c) { c.t_ccd_l = 1_ns; }, "t_ccd_l: cannot be shorter than a burst"},
        {[](DramConfig& c) { c.t_rtw = 1_ns; }, "t_rtw: write data would collide"},
        {[](DramConfig& c) { c.t_rfc = 3_us; }, "t_rfc: refresh would take more than half"},
    };
    Errors none;
    small_dram().check(none);
    EXPECT_TRUE(none.empty());
    for (const Case& c : cases) {
        DramConfig config = small_dram();
        c.change(config);
        Errors errors;
        config.check(errors);
        EXPECT_THAT(errors.problems(), testing::Contains(testing::HasSubstr(c.message)));
    }
}

TEST(MappedStore, HoldsBytesLazilyAndChecksRanges) {
    MappedStore store(64_GiB);  // more than this machine has: only touched pages cost
    std::vector<std::byte> bytes(100, std::byte{7});
    store.write((64_GiB).count() - 100, bytes);
    std::vector<std::byte> back(101);
    store.read((64_GiB).count() - 101, back);
    EXPECT_EQ(back[0], std::byte{0});
    EXPECT_EQ(back[100], std::byte{7});
    EXPECT_THROW(store.read((64_GiB).count() - 100, back), ModelError);
    EXPECT_THROW(store.write(UINT64_MAX, bytes), ModelError);
}

}  // namespace
}  // namespace handset
