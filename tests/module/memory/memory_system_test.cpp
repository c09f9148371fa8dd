// SPDX-License-Identifier: Apache-2.0
// Network, cache and DRAM together: unloaded closed forms, conservation, sharing, order independence, monotony.
#include <cmath>

#include <gmock/gmock.h>

#include "tests/module/memory/memory_bench.h"

namespace handset {
namespace {

TEST(MemorySystem, UnloadedRequestsMeetTheirClosedForm) {
    NocConfig network = bench_noc();
    network.fabric_width = network.port.width;  // then read data stream through without delay
    MemorySystem system("", false, bench_dram(), bench_cache(), network);
    Source& cpu = system.add_source("cpu", 0);
    // network 10 + 12, tags 5, DRAM 20 + t_rcd 18.75 + RL 21.25 + burst 2.5 = 62.5
    const Femtoseconds miss = 89'500_ps;
    struct Step {
        Burst burst;
        Femtoseconds latency;
    };
    const std::vector<Step> steps{
        {request(0, 32), miss},
        {request(32, 32), miss},             // another bank group: closed as well
        {request(64, 64), miss + 5_ns},      // the two remaining groups: rows open t_rrd apart, the columns follow
        {request(0, 32), miss - 18'750_ps},  // row hit
        {request(0, 256, false, kCached), miss - 18'750_ps + 17'500_ps},       // 8 bursts of open rows: 7 more
        {request(0, 64, false, kCached), 10_ns + 5_ns + 7_ns + 1_ns + 12_ns},  // hit: tags, array, one cycle of port
        {request(1024, 256, true, kCached), 1_ns + 4_ns + 12_ns + 5_ns + 7_ns + 10_ns},  // absorbed, see below
    };
    Femtoseconds when = 100_ns;
    for (const Step& step : steps) {
        cpu.at(when, step.burst);
        when += 300_ns;
    }
    run_all();
    when = 100_ns;
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ((cpu.done[i] - when).count(), steps[i].latency.count()) << "request " << i;
        when += 300_ns;
    }
    // The write: its data leave over the 64 B port in 4 ns, request 10, tags 5, array 7, 4 cycles of cache port, 12
    // back.
    EXPECT_EQ(cpu.done[6], when + 4_ns + 10_ns + 5_ns + 7_ns + 4_ns + 12_ns);
}

TEST(MemorySystem, BytesAreConservedOnEveryLevel) {
    MemorySystem system;
    Source& a = system.add_source("a", 0);
    Source& b = system.add_source("b", 1);
    Source& c = system.add_source("c", 2);
    a.stream(0, 1 << 20, 4096, 16384);
    b.stream(16 << 20, 1 << 20, 1024, 8192, true, kCached);
    c.stream(32 << 20, 1 << 19, 700, 4096, false, kCached);
    run_all();
    const Snapshot s = system.settle(simulated_now());
    const auto v = [&](const std::string& path) { return system.value(s, path); };
    const std::uint64_t last_c = (std::uint64_t{1 << 19} + 699) / 700 * 700;
    EXPECT_EQ(v("noc.bytes_read"), (1U << 20) + last_c);
    EXPECT_EQ(v("noc.bytes_written"), 1U << 20);
    EXPECT_EQ(v("slc.bytes_read"), v("noc.bytes_read"));
    EXPECT_EQ(v("slc.bytes_written"), v("noc.bytes_written"));
    EXPECT_EQ(v("slc.hit_bytes") + v("slc.miss_bytes"), v("slc.bytes_read") + v("slc.bytes_written"));
    EXPECT_EQ(v("dram.bytes_read"), v("slc.bytes_read_below"));
    EXPECT_EQ(v("dram.bytes_written"), v("slc.bytes_written_below"));
    EXPECT_GE(v("slc.bytes_read_below") + v("slc.hit_bytes"), v("slc.bytes_read"));
    EXPECT_GT(v("slc.writebacks"), 0U) << "1 MiB written through 256 KiB";
    EXPECT_LE(v("slc.bytes_written_below"), v("slc.bytes_written"));
    const std::uint64_t bursts = v("dram.read_bursts") + v("dram.write_bursts");
    EXPECT_EQ(bursts, v("dram.busy_time") / (2'500_ps).count());
    EXPECT_GE(bursts * 32, v("dram.bytes_read") + v("dram.bytes_written"));
    EXPECT_LE(v("dram.row_hits"), bursts);
    EXPECT_GE(v("dram.row_hits") + v("dram.activations"), bursts) << "a refresh may close a row before its column";
    EXPECT_LE(v("dram.busy_time"), 4 * simulated_now().count()) << "utilisation of four channels";
    EXPECT_LE(v("noc.busy_time"), 2 * simulated_now().count());
}

TEST(MemorySystem, EnergyIsTheSumOfItsEvents) {
    MemorySystem system;
    Source& a = system.add_source("a", 0);
    a.stream(0, 1 << 20, 4096, 16384, true);
    run_all();
    const Femtoseconds end = 100_us;
    system.settle(50_us);
    const Snapshot s = system.settle(end);
    const auto v = [&](const std::string& path) { return system.value(s, path); };
    EXPECT_EQ(v("dram.energy_write"), (1U << 15) * (240_pJ).count()) << "bursts of 32 bytes";
    EXPECT_EQ(v("dram.energy_io"), (1U << 20) * (10_pJ).count());
    EXPECT_EQ(v("dram.energy_read"), 0U);
    EXPECT_EQ(v("dram.energy_activate"),
              v("dram.activations") * (1020_pJ).count() + v("dram.precharges") * (468_pJ + 750_fJ).count());
    EXPECT_EQ(v("dram.refreshes"), 4U * 25U);  // four channels, 100 us / 3.90625 us
    EXPECT_EQ(v("dram.energy_refresh"), v("dram.refreshes") * (16_nJ + 800_pJ).count());
    // The controller's 100 mW, and on each of four channels 9 mW with all rows closed to 10 mW with one open.
    EXPECT_GE(v("dram.energy_background"), energy(100_mW + 4 * 9_mW, end).count());
    EXPECT_LE(v("dram.energy_background"), energy(100_mW + 4 * 10_mW, end).count());
    EXPECT_EQ(v("noc.energy_transfer"), (1U << 20) * (3_pJ).count());
    EXPECT_EQ(v("noc.energy_idle"), energy(10_mW, end).count());
    EXPECT_EQ(v("slc.energy_access"), 1024U * (5_pJ).count()) << "a passing stream only looks up 1 KiB lines";
    EXPECT_EQ(v("slc.energy_idle"), energy(20_mW, end).count());
}

TEST(MemorySystem, SequentialStreamsStayBelowAndNearThePeak) {
    MemorySystem system;
    NocConfig wide = bench_noc();
    wide.port.width = 128_B;
    wide.port.outstanding = 32_KiB;
    MemorySystem fast("wide_", false, bench_dram(), bench_cache(), wide);
    system.add_source("a", 0).stream(0, 4 << 20, 4096, 32768);
    fast.add_source("a", 0).stream(0, 4 << 20, 4096, 32768);
    run_all();
    const double peak = 51.2e9;
    const double refreshed = peak * (1 - 210.0 / 3906.25);
    EXPECT_LE(fast.sources[0]->rate(4 << 20), refreshed);
    EXPECT_GE(fast.sources[0]->rate(4 << 20), 0.93 * refreshed);
    EXPECT_LE(system.sources[0]->rate(4 << 20), fast.sources[0]->rate(4 << 20));
}

TEST(MemorySystem, EqualInitiatorsShareFairlyAndPriorityWins) {
    MemorySystem fair("fair_");
    MemorySystem ranked("ranked_");
    for (MemorySystem* system : {&fair, &ranked}) {
        system->add_source("a", 0).stream(0, 2 << 20, 4096, 16384, false, kPassing, 0);
        system->add_source("b", 1).stream(64 << 20, 2 << 20, 4096, 16384, false, kPassing, 0);
    }
    ranked.add_source("c", 2).stream(128 << 20, 1 << 19, 4096, 16384, false, kPassing, 1);
    run_all();
    const double a = to_seconds(fair.sources[0]->last());
    const double b = to_seconds(fair.sources[1]->last());
    EXPECT_LT(std::abs(a - b) / a, 0.03);
    // Limits of 16 KiB each fill the network's 32 KiB: c gets through only where a and b leave gaps.
    EXPECT_GT(ranked.sources[2]->last(), fair.sources[0]->last());
    EXPECT_LT(to_seconds(ranked.sources[0]->last()), 1.1 * a);
}

TEST(MemorySystem, ResultsDoNotDependOnConstructionOrder) {
    MemorySystem one("one_");
    MemorySystem two("two_");
    const std::vector<std::size_t> forward{0, 1, 2, 3};
    const std::vector<std::size_t> backward{2, 3, 1, 0};
    std::vector<Source*> first(4);
    std::vector<Source*> second(4);
    for (const std::size_t i : forward) {
        first[i] = &one.add_source("s" + std::to_string(i), i);
    }
    for (const std::size_t i : backward) {
        second[i] = &two.add_source("s" + std::to_string(i), i);
    }
    for (const std::size_t i : forward) {
        first[i]->stream(i << 24, 1 << 19, 2048, 8192, i == 1, i < 2 ? kCached : kPassing);
    }
    for (const std::size_t i : backward) {
        second[i]->stream(i << 24, 1 << 19, 2048, 8192, i == 1, i < 2 ? kCached : kPassing);
    }
    run_all();
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(first[i]->done, second[i]->done) << "source " << i;
    }
}

DramConfig fast_dram() {
    DramConfig config = bench_dram();
    config.data_rate = config.data_rate * 2;
    return config;
}

NocConfig fast_noc() {
    NocConfig config = bench_noc();
    config.fabric_width = config.fabric_width * 2;
    config.port.width = config.port.width * 2;
    return config;
}

CacheConfig fast_cache() {
    CacheConfig config = bench_cache();
    config.width = config.width * 2;
    return config;
}

/// The system of the bench, and three that have one part of twice the bandwidth.
struct FasterSystems {
    MemorySystem base{"base_"};
    MemorySystem dram{"dram_", false, fast_dram()};
    MemorySystem noc{"noc_", false, bench_dram(), bench_cache(), fast_noc()};
    MemorySystem cache{"cache_", false, bench_dram(), fast_cache()};
};

TEST(MemorySystem, TwiceTheBandwidthIsNeverSlower) {
    FasterSystems systems;
    auto& [base, dram, noc, cache] = systems;
    MemorySystem all("all_", false, fast_dram(), fast_cache(), fast_noc());
    for (MemorySystem* system : {&base, &dram, &noc, &cache, &all}) {
        system->add_source("a", 0).stream(0, 1 << 20, 4096, 16384);
        system->add_source("b", 1).stream(64 << 20, 1 << 20, 1024, 8192);
        system->add_source("c", 2).stream(128 << 20, 1 << 19, 512, 4096, false, kCached);
    }
    run_all();
    const auto end = [](const MemorySystem& system) {
        Femtoseconds last;
        for (const auto& source : system.sources) {
            last = std::max(last, source->last());
        }
        return last.count();
    };
    EXPECT_LE(end(dram), end(base));
    EXPECT_LE(end(all), end(dram));
    // Where the DRAM is the bound, wider wires only change in which order streams meet there, and with it the number of
    // row conflicts: in arrival order that is worth up to 3 %.
    EXPECT_LE(end(noc), end(base) * 103 / 100);
    EXPECT_LE(end(cache), end(base) * 103 / 100);
}

TEST(MemorySystem, TwiceTheBandwidthIsNeverSlowerForOneStream) {
    FasterSystems systems;
    auto& [base, dram, noc, cache] = systems;
    for (MemorySystem* system : {&base, &dram, &noc, &cache}) {
        system->add_source("a", 0).stream(0, 1 << 20, 2048, 16384, false, kCached);
    }
    run_all();
    for (const MemorySystem* system : {&dram, &noc, &cache}) {
        EXPECT_LE(system->sources[0]->last(), base.sources[0]->last());
    }
}

TEST(MemorySystem, BurstSizeChangesTimesLittle) {
    // The same 2 MiB as 64 B and as 4 KiB requests with 16 KiB in flight. The controller sees the same bursts in larger
    // runs, whose rows open together: measured +0.2 % here, held below 1 %.
    MemorySystem small("small_");
    MemorySystem large("large_");
    small.add_source("a", 0).stream(0, 2 << 20, 64, 16384);
    large.add_source("a", 0).stream(0, 2 << 20, 4096, 16384);
    run_all();
    const double ratio = to_seconds(large.sources[0]->last()) / to_seconds(small.sources[0]->last());
    RecordProperty("ratio_4096_to_64", std::to_string(ratio));
    EXPECT_NEAR(ratio, 1.0, 0.01);
}

TEST(MemorySystem, ALargeRequestIsAnsweredOnceWhenAllItsPacketsAreBack) {
    MemorySystem system;
    Source& storage = system.add_source("storage", 0);
    storage.at(0_ns, request(100, 65536, true));
    run_all();
    EXPECT_TRUE(storage.finished());
    const Snapshot s = system.settle(simulated_now());
    EXPECT_EQ(system.value(s, "noc.requests"), 1U);
    EXPECT_EQ(system.value(s, "slc.writes"), 17U) << "cut at 4 KiB boundaries";
    EXPECT_EQ(system.value(s, "dram.bytes_written"), 65536U);
}

}  // namespace
}  // namespace handset
