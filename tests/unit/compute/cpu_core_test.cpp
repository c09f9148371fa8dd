// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/cpu_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_devices.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Work matmul(std::uint32_t m, std::uint32_t n, std::uint32_t k, MacFormat format) {
    Work work;
    work.matmuls[0] = {.m = m, .n = n, .k = k, .format = format};
    return work;
}

TileProgram on_lanes(std::initializer_list<std::uint32_t> lanes) {
    TileProgram program;
    for (const std::uint32_t lane : lanes) {
        program.tiles.push_back({});
        program.tiles.back().lane = lane;
    }
    return program;
}

std::vector<std::string> problems(const CpuConfig& config) {
    Errors errors;
    config.check(errors);
    return errors.problems();
}

TEST(CpuCore, LanesAreTheUsedCoresInOrder) {
    const CpuCore core("cpu0", small_cpu());
    EXPECT_EQ(core.caps().kind, DeviceKind::cpu);
    // MHz x int8 MACs per cycle: 2000 x 64 and 1000 x 32.
    EXPECT_THAT(core.caps().lane_speed, ElementsAre(128000, 128000, 32000));
    EXPECT_EQ(core.caps().worker_count(), 3U);
    EXPECT_EQ(core.caps().local_bytes, 64_KiB) << "half of the smallest used L2";
    // fp32: 2 x 8 x 2 GHz + 4 x 1 GHz; no kernel for int4.
    EXPECT_THAT(core.caps().macs_per_second, ElementsAre(36'000'000'000, 72'000'000'000, 288'000'000'000, 0, 0, 0));
    EXPECT_EQ(core.lane_power(1), 1000_mW);
    EXPECT_EQ(core.lane_power(2), 200_mW);
    EXPECT_EQ(core.tile_energy(matmul(4, 4, 8, MacFormat::int8), 0), 0_fJ);
    EXPECT_TRUE(core.caps().folds_groups);
}

TEST(CpuCore, UnusedClustersDoNotCount) {
    CpuConfig config = small_cpu();
    config.clusters[1].use = 0;
    const CpuCore core("cpu0", config);
    EXPECT_EQ(core.caps().lane_speed.size(), 2U);
    EXPECT_EQ(core.caps().local_bytes, 256_KiB);
}

TEST(CpuCore, ThreadsRunOnTheFastestOfTheCoresOffered) {
    CpuConfig config = small_cpu();
    EXPECT_EQ(config.lanes(), 3U) << "2 fast, 1 of 2 slow ones";
    config.threads = 1;
    EXPECT_EQ(config.lanes(), 1U);
    EXPECT_EQ(config.used_cores()[0].cluster, 0U);
    config.affinity = Affinity::all;
    config.threads = 0;
    EXPECT_EQ(config.lanes(), 4U);
    config.affinity = Affinity::big;
    EXPECT_EQ(config.lanes(), 2U);
    std::swap(config.clusters[0], config.clusters[1]);
    EXPECT_EQ(config.used_cores()[0].cluster, 1U) << "by speed, not by order";
}

TEST(CpuCore, EqualSharesDoNotKnowTheSpeedsOfCores) {
    CpuConfig config = small_cpu();
    config.shares = Shares::equal;
    EXPECT_THAT(CpuCore("cpu0", config).caps().lane_speed, ElementsAre(1, 1, 1));
}

TEST(CpuCore, StolenChunksAreEqualAndMoreThanCores) {
    CpuConfig config = small_cpu();
    config.partition = Partition::stealing;
    config.chunks_per_core = 2;
    const CpuCore core("cpu0", config);
    EXPECT_THAT(core.caps().lane_speed, ElementsAre(1, 1, 1, 1, 1, 1));
    EXPECT_EQ(core.caps().worker_count(), 3U);
    config.threads = 1;
    EXPECT_EQ(CpuCore("cpu0", config).caps().lane_speed.size(), 1U) << "a single thread has nothing to steal";
}

TEST(CpuCore, TileTakesTheCyclesOfItsMicroKernel) {
    const CpuCore core("cpu0", small_cpu());
    // Fixed: 80 + 16 = 96 cycles of 500 ps.
    EXPECT_EQ(core.tile_time(Work{}, 0).total, 48_ns);
    // 4x4x8 int8: 4 SMMLA take 2 cycles; 2 + 2 vectors of operands and 4 of results on 2 load pipes take 4; 4 to start.
    EXPECT_EQ(core.tile_time(matmul(4, 4, 8, MacFormat::int8), 0).total, 48_ns + 4_ns);
    // The slow core: 8 vectors on one load pipe, 4 cycles to start, all at 1 ns.
    EXPECT_EQ(core.tile_time(matmul(4, 4, 8, MacFormat::int8), 2).total, 96_ns + 12_ns);
    // fp32 4x8x8: 256 MACs at 8 per cycle = 32; 8 + 16 vectors and 8 results take 16; 4 to start.
    EXPECT_EQ(core.tile_time(matmul(4, 8, 8, MacFormat::fp32), 0).total, 48_ns + 18_ns);
    EXPECT_THROW((void)core.tile_time(matmul(4, 4, 8, MacFormat::int4), 0), ModelError);
    EXPECT_THROW((void)core.tile_time(Work{}, 3), ModelError);
}

TEST(CpuCore, VectorWorkIssuesOnAllPipes) {
    CpuConfig config = small_cpu();
    config.vector_costs = {.fp32 = {.add = 3, .exp = 14}};
    const CpuCore core("cpu0", config);
    // 4 elements per vector: 9 elements are 3 vectors x 3 instructions on 2 pipes = 5 cycles of 500 ps.
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::add, 9), 0).total, 48_ns + 2500_ps);
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::exp, 4), 0).total, 48_ns + 3500_ps);
}

TEST(CpuCore, FasterClocksAreNeverSlower) {
    CpuConfig config = small_cpu();
    const CpuCore core("cpu0", config);
    config.clusters[0].clock = 2500_MHz;
    const CpuCore faster("cpu0", config);
    for (const std::uint32_t m : {1U, 2U, 31U}) {
        const Work work = matmul(m, 33, 129, MacFormat::int8);
        EXPECT_LT(faster.tile_time(work, 0).total, core.tile_time(work, 0).total);
    }
}

TEST(CpuCore, L2DeliversWhatItsLatencyAndWidthAllow) {
    CpuClusterConfig cluster = small_cpu().clusters[0];
    // 16 lines of 64 B under way: 1024 B every 16 cycles are 64 B per cycle, more than the 32 B of its port.
    EXPECT_EQ(cluster.limits().l2_rate, 32U);
    cluster.l2_latency = 64_cycles;
    EXPECT_EQ(cluster.limits().l2_rate, 16U);
    cluster.l1_misses = 8;
    EXPECT_EQ(cluster.limits().l2_rate, 8U);
    cluster.l2_width = 4;
    EXPECT_EQ(cluster.limits().l2_rate, 4U);
}

TEST(CpuCore, BackgroundLoadStretchesTheLastCoresOfACluster) {
    CpuConfig config = small_cpu();
    config.clusters[0].background = {.cores = 1, .share = 50};
    config.clusters[0].lines_in_flight = 16;
    const CpuCore core("cpu0", config);
    EXPECT_EQ(core.tile_time(Work{}, 0).total, 48_ns);
    EXPECT_EQ(core.tile_time(Work{}, 1).total, 96_ns) << "half of its time";
    EXPECT_EQ(core.lane_outstanding(0), 1024_B);
    EXPECT_EQ(core.lane_outstanding(1), 512_B) << "it asks memory half of the time";
    EXPECT_EQ(core.lane_outstanding(2), 512_B) << "as the port says";
}

TEST(CpuCore, OnlySeveralLanesWakeAndMeet) {
    CpuConfig config = small_cpu();
    const CpuCore core("cpu0", config);
    EXPECT_EQ(core.launch_time(on_lanes({0, 1, 0}), false), 11_us);
    EXPECT_EQ(core.launch_time(on_lanes({0, 1, 0}), true), 1_us);
    EXPECT_EQ(core.completion_time(on_lanes({0, 1, 0})), 2_us);
    EXPECT_EQ(core.launch_time(on_lanes({1, 1}), false), 1_us) << "a single lane runs on the calling thread";
    EXPECT_EQ(core.completion_time(on_lanes({1, 1})), 0_fs);
    config.wake_per_thread = 3_us;
    config.barrier_per_thread = 500_ns;
    const CpuCore more("cpu0", config);
    EXPECT_EQ(more.launch_time(on_lanes({0, 1, 2}), false), 1_us + 10_us + 2 * 3_us);
    EXPECT_EQ(more.completion_time(on_lanes({0, 1, 2})), 2_us + 2 * 500_ns);
    config.partition = Partition::stealing;
    const CpuCore chunks("cpu0", config);
    EXPECT_EQ(chunks.completion_time(on_lanes({0, 1, 2, 3, 4, 5})), 2_us + 2 * 500_ns) << "chunks are no threads";
}

TEST(CpuCore, ThreadsShareThePagesThatTheyTouchFirst) {
    CpuConfig config = small_cpu();
    EXPECT_EQ(CpuCore("cpu0", config).touch_time(on_lanes({0}), 1_MiB), 0_fs) << "costs nothing unless told";
    config.first_touch = 500_ns;
    const CpuCore core("cpu0", config);
    EXPECT_EQ(core.touch_time(on_lanes({0, 1}), 0_B), 0_fs);
    EXPECT_EQ(core.touch_time(on_lanes({0}), 4_KiB), 500_ns);
    EXPECT_EQ(core.touch_time(on_lanes({0, 0}), 5 * 4_KiB), 2500_ns) << "one thread";
    EXPECT_EQ(core.touch_time(on_lanes({0, 1}), 5 * 4_KiB), 1500_ns) << "three of five pages";
    EXPECT_EQ(core.touch_time(TileProgram{}, 4_KiB), 500_ns);
}

TEST(CpuConfig, AcceptsThePartOfTheTests) {
    EXPECT_THAT(problems(small_cpu()), IsEmpty());
}

TEST(CpuConfig, RejectsImpossibleClusters) {
    CpuConfig config = small_cpu();
    config.clusters[0].use = 3;
    EXPECT_THAT(problems(config), ElementsAre("clusters[0].use: uses 3 of 2 cores"));
    config = small_cpu();
    config.clusters[0].use = 0;
    config.clusters[1].use = 0;
    EXPECT_THAT(problems(config), ElementsAre("clusters: at least one core must be used"));
    config.clusters.clear();
    EXPECT_THAT(problems(config), ElementsAre("clusters: at least one core must be used"));
    config = small_cpu();
    config.clusters[1].vector_bits = 192;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("clusters[1].vector_bits: must be a multiple of 128")));
    config = small_cpu();
    config.clusters[1].l2_per_core = 16_KiB;
    config.tile_share = 24;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("clusters[1].l2_per_core: tile_share leaves less than 4 KiB")));
    config = small_cpu();
    config.clusters[0].lines_in_flight = 3;
    EXPECT_THAT(problems(config), ElementsAre("clusters[0].lines_in_flight: a burst of the port is larger"));
    config.clusters[0].lines_in_flight = 17;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("a core cannot have more bytes in flight than the device")));
    config = small_cpu();
    config.clusters[0].background = {.cores = 3, .share = 10};
    EXPECT_THAT(problems(config), ElementsAre("clusters[0].background.cores: the cluster has 2 cores"));
}

TEST(CpuConfig, RejectsKernelsThatCannotRun) {
    CpuConfig config = small_cpu();
    config.kernels.int8->gemm = "i8mm_64x64";
    EXPECT_THAT(problems(config),
                ElementsAre("kernels.int8.gemm: no micro-kernel 'i8mm_64x64' (there are: dot_1x4, fp16_4x16, fp32_1x8, "
                            "fp32_4x8, i8mm_4x4)"));
    config = small_cpu();
    config.clusters[1].macs_per_cycle.i8mm = 0;
    EXPECT_THAT(problems(config),
                ElementsAre("kernels.int8.gemm: 'i8mm_4x4' needs an instruction that slow does not have"));
    config.clusters[1].use = 0;
    EXPECT_THAT(problems(config), IsEmpty()) << "cores that are not used need not have it";
    config = small_cpu();
    config.micro_kernels["fp32_4x8"].rows = 16;
    EXPECT_THAT(problems(config), ElementsAre("kernels.fp32.gemm: 'fp32_4x8' needs 34 of 32 vector registers"));
    config = small_cpu();
    config.kernels.fp32 = std::nullopt;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("every CPU computes fp32")));
}

}  // namespace
}  // namespace handset
