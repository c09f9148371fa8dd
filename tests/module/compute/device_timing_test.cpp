// SPDX-License-Identifier: Apache-2.0
// Time, bytes and energy of whole programs on each device, against closed forms.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_models/cpu/cpu.h"
#include "hw_models/gpu/gpu.h"
#include "hw_models/npu/npu.h"
#include "tests/support/device_bench.h"
#include "tests/support/small_devices.h"

namespace handset {
namespace {

DeviceBench::Maker npu(const NpuConfig& config = small_npu()) {
    return [config](const char* name, const ComponentContext& context) { return make_npu(name, context, config); };
}
DeviceBench::Maker cpu(const CpuConfig& config = small_cpu()) {
    return [config](const char* name, const ComponentContext& context) { return make_cpu(name, context, config); };
}
DeviceBench::Maker gpu(const GpuConfig& config = small_gpu()) {
    return [config](const char* name, const ComponentContext& context) { return make_gpu(name, context, config); };
}

/// `tiles` tiles of 256 bytes without stores; slots in turn, loads at most `distance` tiles ahead.
TileProgram stream(std::uint32_t tiles, std::uint32_t distance, std::uint64_t vector_adds) {
    TileProgram program;
    for (std::uint32_t i = 0; i < tiles; ++i) {
        Tile& tile = add_tile(program, 0, 2, std::uint64_t{i} * 256, 256, i % distance * std::uint64_t{256});
        tile.stores = 0;
        tile.loads_after = i < distance ? kNone : i - distance;
        tile.work.add(VectorOp::add, vector_adds);
    }
    return program;
}

constexpr BytesPerSecond kOneGigabyte = BytesPerSecond{1'000'000'000};  // 256 B take 256 ns
constexpr BytesPerSecond kUnlimited{};

TEST(ComputeDevice, UnloadedNpuLatencyIsTheClosedForm) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 0).work.matmuls[0] = {.m = 10, .n = 8, .k = 16, .format = MacFormat::int8};
    // call 50 + dispatch 2 us; load 256 + 100 ns; overhead 100 + folds 31 ns; store 356 ns; completion 3 us.
    EXPECT_EQ(bench.run(program).completed, 52_us + 356_ns + 131_ns + 356_ns + 3_us);
    EXPECT_EQ(bench.run(program, true).completed, 2_us + 356_ns + 131_ns + 356_ns + 3_us) << "no call";
    EXPECT_EQ(bench.counter("calls"), 1U);
    EXPECT_EQ(bench.counter("programs"), 2U);
    EXPECT_EQ(bench.counter("macs"), 2U * 1280);
}

TEST(ComputeDevice, UnloadedCpuLatencyIsTheClosedForm) {
    DeviceBench bench("cpu0", cpu(), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 0).work.matmuls[0] = {.m = 4, .n = 4, .k = 8, .format = MacFormat::int8};
    // One lane: no wake, no barrier. Fixed 48 ns and 8 cycles of 500 ps.
    EXPECT_EQ(bench.run(program).completed, 1_us + 356_ns + 52_ns + 356_ns);
    // The same on the slow core beside it: both loads share the bus (512 ns), the slow tile is computed in 108 ns; its
    // store follows the fast one's on the bus.
    const Work work = program.tiles[0].work;
    add_tile(program, 0, 2, 256, 256, 0).work = work;
    program.tiles[1].lane = 2;
    // Fast: loaded at 356, computed at 408, on the bus 512..., slow: loaded at 612, computed at 720, stored at 720 +
    // 356 unless the fast store (bus from 512 to 768) is still there: 768 + 256 + 100 = 1124.
    EXPECT_EQ(bench.run(program).completed, 11_us + 1124_ns + 2_us);
}

// Three pages of one thread.
TEST(ComputeDevice, PageFaultsDelayAProgramAsPartOfItsCall) {
    CpuConfig config = small_cpu();
    config.first_touch = 500_ns;
    DeviceBench bench("cpu0", cpu(config), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 0).stores = 0;
    const DeviceBench::Run touched_before = bench.run(program);
    bench.first_touched = 3 * 4_KiB;
    const DeviceBench::Run touched_first = bench.run(program);
    EXPECT_EQ(touched_first.completed, touched_before.completed + 1500_ns);
    EXPECT_EQ(touched_first.usage.call, touched_before.usage.call + 1500_ns);
}

TEST(ComputeDevice, FreeCoresTakeTheNextChunk) {
    CpuConfig config = small_cpu();
    config.partition = Partition::stealing;
    config.chunks_per_core = 3;
    config.clusters[0].use = 1;
    config.clusters[0].l2_latency = 20_cycles;
    config.clusters[1].l2_latency = 20_cycles;
    config.vector_costs = {.fp32 = {.add = 1}};
    DeviceBench bench("cpu0", cpu(config), 0_fs, kUnlimited);
    config.clusters[1].use = 0;
    DeviceBench alone("cpu1", cpu(config), 0_fs, kUnlimited);
    TileProgram program;
    for (std::uint32_t chunk = 0; chunk < 6; ++chunk) {
        Tile& tile = add_tile(program, 0, 2, chunk * 256, 256, 0);
        tile.stores = 0;
        tile.lane = chunk;
        tile.work.add(VectorOp::add, 7200);
    }
    // 1800 vectors: 900 cycles of 500 ps and 100 fixed on the fast core, 1800 cycles of 1 ns and 100 on the slow one:
    // 500 and 1900 ns. The fast core takes chunks 0, 2, 3, 4 until 2000 ns, the slow one chunk 1 until 1900 ns, so that
    // it takes chunk 5 and ends at 3800 ns.
    EXPECT_EQ(bench.run(program).completed, 11_us + 3800_ns + 2_us);
    for (Tile& tile : program.tiles) {
        tile.lane = 0;
    }
    EXPECT_EQ(alone.run(program).completed, 1_us + 6 * 500_ns) << "one core has nothing to share";
}

TEST(ComputeDevice, CoresHaveTheirOwnLinesInFlight) {
    CpuConfig config = small_cpu();
    config.clusters[0].lines_in_flight = 16;
    config.clusters[1].lines_in_flight = 4;
    DeviceBench bench("cpu0", cpu(config), 1_us, kUnlimited);
    TileProgram program;
    add_tile(program, 0, 2, 0, 8192, 0).stores = 0;
    // 16 lines are 1024 B per us, 4 lines 256 B.
    EXPECT_EQ(bench.run(program).completed, 1_us + 8_us + 48_ns);
    program.tiles[0].lane = 2;
    EXPECT_EQ(bench.run(program).completed, 1_us + 32_us + 96_ns);
}

TEST(ComputeDevice, UnloadedGpuLatencyIsTheClosedForm) {
    DeviceBench bench("gpu0", gpu(), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 0).work.matmuls[0] = {.m = 8, .n = 8, .k = 16, .format = MacFormat::fp16};
    // launch 10 + submit 50 + synchronise 400 us; load 356 ns; tile 1 us + 64 ns; store 356 ns; end 3 us.
    EXPECT_EQ(bench.run(program).completed, 460_us + 356_ns + 1064_ns + 356_ns + 3_us);
    EXPECT_EQ(bench.run(program, true).completed, 10_us + 356_ns + 1064_ns + 356_ns + 3_us);
}

TEST(ComputeDevice, DoubleBufferingHidesLoadsBehindCompute) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    // 7200 adds = 900 vectors on 2 threads of 2 ns = 900 ns, plus 100 ns per tile. A load takes 356 ns.
    EXPECT_EQ(bench.run(stream(10, 2, 7200)).completed, 52_us + 356_ns + 10 * 1_us + 3_us);
    EXPECT_EQ(bench.run(stream(10, 1, 7200)).completed, 52_us + 10 * 1356_ns + 3_us) << "a single buffer";
}

TEST(ComputeDevice, DoubleBufferingHidesComputeBehindLoads) {
    DeviceBench bench("npu0", npu(), 0_fs, kOneGigabyte);
    // Tiles of 100 ns compute; the bus is busy with 256 ns per tile throughout, the last tile's compute follows.
    EXPECT_EQ(bench.run(stream(10, 2, 0)).completed, 52_us + 10 * 256_ns + 100_ns + 3_us);
}

TEST(ComputeDevice, BandwidthIsOutstandingBytesOverLatency) {
    DeviceBench bench("npu0", npu(), 1_us, kUnlimited);
    TileProgram program;
    add_tile(program, 0, 2, 0, 32768, 0).stores = 0;
    // 1024 B in flight at 1 us: 32 round trips.
    EXPECT_EQ(bench.run(program).completed, 52_us + 32_us + 100_ns + 3_us);
    EXPECT_EQ(bench.memory.most_in_flight(), 1024_B);
    EXPECT_EQ(bench.counter("requests"), 32768U / 256);
}

TEST(ComputeDevice, DescriptorsDelayTheirTransfersUnlessAnotherQueueSendsMeanwhile) {
    const auto bench = [](const char* name, std::uint32_t queues, Femtoseconds descriptor) {
        NpuConfig config = small_npu();
        config.port.dma.queues = queues;
        config.port.dma.descriptor = descriptor;
        return std::make_unique<DeviceBench>(name, npu(config), 100_ns, kOneGigabyte);
    };
    // One tile with ten loads of 256 ns on the bus.
    TileProgram program;
    add_tile(program, 0, 2, 0, 2560, 0).stores = 0;
    program.transfers.assign(10, Transfer(program.transfers[0]));
    for (std::uint32_t i = 0; i < 10; ++i) {
        program.transfers[i].row_bytes = program.transfers[i].row_stride = 256;
        program.transfers[i].offset = program.transfers[i].local = std::uint64_t{i} * 256;
    }
    program.tiles[0].loads = 10;
    const auto none = bench("npu0", 1, 0_fs);
    const auto hidden = bench("npu1", 1, 200_ns);
    const auto exposed = bench("npu2", 1, 300_ns);
    const auto two = bench("npu3", 2, 300_ns);
    const Femtoseconds rest = 52_us + 100_ns + 3_us;
    EXPECT_EQ(none->run(program).completed, rest + 10 * 256_ns + 100_ns);
    EXPECT_EQ(hidden->run(program).completed, rest + 200_ns + 10 * 256_ns + 100_ns) << "shorter than the data before";
    EXPECT_EQ(exposed->run(program).completed, rest + 10 * 300_ns + 256_ns + 100_ns);
    EXPECT_EQ(two->run(program).completed, rest + 300_ns + 10 * 256_ns + 100_ns);
}

TEST(ComputeDevice, LoadsOfAPathKeepItsBytesInFlight) {
    NpuConfig config = small_npu();
    config.port.prefetch =
        PathConfig{.threads = 2, .burst = 64_B, .thread_outstanding = 128_B, .outstanding = 1_KiB, .row = {}};
    DeviceBench bench("npu0", npu(config), 1_us, kUnlimited);
    TileProgram program;
    add_tile(program, 0, 2, 0, 4096, 0).stores = 0;
    program.transfers[0].path = TransferPath::prefetch;
    // 256 B in flight at 1 us: 16 round trips.
    EXPECT_EQ(bench.run(program).completed, 52_us + 16_us + 100_ns + 3_us);
    EXPECT_EQ(bench.memory.most_in_flight(), 256_B);
    EXPECT_EQ(bench.counter("requests"), 64U);
}

TEST(ComputeDevice, ShortRowsWasteTheBytesInFlightOfWholeTransactions) {
    GpuConfig config = small_gpu();
    DeviceBench bytes("gpu0", gpu(config), 1_us, kUnlimited);
    config.port.transaction = 64_B;
    DeviceBench lines("gpu1", gpu(config), 1_us, kUnlimited);
    const auto program = [](std::uint64_t stride) {
        TileProgram p;
        add_tile(p, 0, 2, 0, 1024, 0).stores = 0;
        p.transfers[0].rows = 64;
        p.transfers[0].row_bytes = 16;
        p.transfers[0].row_stride = stride;
        return p;
    };
    const Femtoseconds fixed = 460_us + 1_us + 3_us;
    // 64 rows of 16 B, 256 B apart; 512 B in flight at 1 us: 32 rows at a time, or 8 when each holds 64 B.
    EXPECT_EQ(bytes.run(program(256)).completed, fixed + 2_us);
    EXPECT_EQ(lines.run(program(256)).completed, fixed + 8_us);
    EXPECT_EQ(lines.run(program(16)).completed, fixed + 2_us) << "one block: 1024 B in bursts of 256";
}

TEST(ComputeDevice, LanesHaveTheirOwnLimitUnderThatOfTheDevice) {
    DeviceBench bench("cpu0", cpu(), 1_us, kUnlimited);
    const auto program = [](std::uint32_t lanes) {
        TileProgram p;
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            Tile& tile = add_tile(p, 0, 2, lane * 4096, 4096, 0);
            tile.stores = 0;
            tile.lane = lane;
        }
        return p;
    };
    // 512 B per lane, 1024 B in all; a fast core's tile takes 48 ns, the slow one's 96 ns.
    EXPECT_EQ(bench.run(program(1)).completed, 1_us + 8_us + 48_ns);
    EXPECT_EQ(bench.memory.most_in_flight(), 512_B);
    EXPECT_EQ(bench.run(program(2)).completed, 11_us + 8_us + 48_ns + 2_us) << "twice the bytes in the same time";
    EXPECT_EQ(bench.memory.most_in_flight(), 1024_B);
    EXPECT_EQ(bench.run(program(3)).completed, 11_us + 12_us + 96_ns + 2_us) << "12 KiB at 1 KiB per us";
    EXPECT_EQ(bench.memory.most_in_flight(), 1024_B);
}

TEST(ComputeDevice, RequestsDoNotCrossBurstBoundaries) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 200, 400, 0).stores = 0;
    bench.run(program);
    std::vector<std::pair<Address, std::uint32_t>> requests;
    for (const TestMemory::Served& served : bench.memory.served) {
        requests.emplace_back(served.burst.address, served.burst.size);
    }
    // 200..255, 256..511, 512..599
    EXPECT_THAT(requests, testing::ElementsAre(std::pair{200, 56}, std::pair{256, 256}, std::pair{512, 88}));
}

TEST(ComputeDevice, EstimateOfAnUnloadedProgramIsTheLargerOfComputeAndMemory) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    // 10 x 1 us of compute against 2560 B at 1 GB/s.
    EXPECT_EQ(bench.device().estimate(stream(10, 2, 7200), false), 52_us + 10_us + 3_us);
    EXPECT_EQ(bench.device().estimate(stream(10, 2, 0), true), 2_us + 2560_ns + 3_us);
}

TEST(ComputeDevice, EnergyIsTheSumOfItsParts) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 0).work.matmuls[0] = {.m = 10, .n = 8, .k = 16, .format = MacFormat::int8};
    const DeviceBench::Run run = bench.run(program);
    // 1280 MACs x 100 fJ + 608 B x 2 pJ; 512 B x 1 pJ through the port; 100 mW while it runs; 10 mW always.
    EXPECT_EQ(bench.counter("energy_compute"), 128'000U + 1'216'000U);
    EXPECT_EQ(bench.counter("energy_port"), 512'000U);
    EXPECT_EQ(bench.counter("energy_active"), energy(100_mW, run.completed).count());
    EXPECT_EQ(run.usage.energy.count(),
              bench.counter("energy_compute") + bench.counter("energy_port") + bench.counter("energy_active"));
    bench.component().settle(simulated_now());
    bench.component().settle(1_ms);
    EXPECT_EQ(bench.counter("energy_idle"), energy(10_mW, 1_ms).count());
}

TEST(ComputeDevice, CoresDrawTheirPowerUntilTheirLastTile) {
    DeviceBench bench("cpu0", cpu(), 1_us, kUnlimited);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 0).stores = 0;
    add_tile(program, 0, 2, 256, 256, 0).stores = 0;
    program.tiles[1].lane = 2;
    const DeviceBench::Run run = bench.run(program);
    EXPECT_EQ(run.completed, 11_us + 1_us + 96_ns + 2_us);
    // Fast core 0 until 12.048 us at 1 W, fast core 1 without tiles until the launch is over at 11 us, slow core until
    // 12.096 us at 0.2 W; the device's own 100 mW throughout.
    const Femtojoules expected = energy(1000_mW, 12_us + 48_ns) + energy(1000_mW, 11_us) +
                                 energy(200_mW, 12_us + 96_ns) + energy(100_mW, run.completed);
    EXPECT_EQ(bench.counter("energy_active"), expected.count());
}

TEST(ComputeDevice, PreparationOccupiesTheDevice) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    const Preparation preparation = bench.device().preparation(TileProgram{}, 1000_B);
    EXPECT_EQ(preparation.time, 3_ms + 5_us);
    bench.device().prepare(bench.op.id, preparation.time);
    EXPECT_FALSE(bench.device().idle());
    EXPECT_THROW(bench.device().prepare(bench.op.id, preparation.time), ModelError);
    sc_core::sc_start();
    EXPECT_TRUE(bench.device().idle());
    EXPECT_EQ(simulated_now(), preparation.time);
    EXPECT_EQ(bench.counter("prepare_time"), preparation.time.count());
}

TEST(ComputeDevice, ProgramsThatDoNotFitAreRefused) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    TileProgram program;
    add_tile(program, 0, 2, 0, 256, 64 * 1024 - 255);
    EXPECT_THROW(bench.run(program), ModelError) << "one byte more than the scratchpad";
    TileProgram lane;
    add_tile(lane, 0, 2, 0, 256, 0).lane = 1;
    EXPECT_THROW(bench.run(lane), ModelError) << "an NPU has one lane";
}

TEST(ComputeDevice, TimelineHasOneSliceForOpLoadAndCompute) {
    DeviceBench bench("npu0", npu(), 100_ns, kOneGigabyte);
    bench.run(stream(2, 2, 0));
    ASSERT_EQ(bench.timeline.tracks().size(), 3U);
    ASSERT_EQ(bench.timeline.slices().size(), 5U) << "two loads, two computes, one op";
    const Timeline::Slice& load = bench.timeline.slices().front();
    EXPECT_EQ(bench.timeline.tracks()[load.track].second, "loads");
    EXPECT_EQ(load.begin, 52_us);
    EXPECT_EQ(load.end, 52_us + 356_ns);
    for (std::size_t i = 1; i < bench.timeline.slices().size(); ++i) {
        const Timeline::Slice& slice = bench.timeline.slices()[i];
        if (slice.track == load.track) {
            EXPECT_GE(slice.begin, load.end) << "slices of a track do not overlap";
        }
    }
}

}  // namespace
}  // namespace handset
