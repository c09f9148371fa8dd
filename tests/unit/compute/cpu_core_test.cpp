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
    EXPECT_EQ(core.caps().local_bytes, 64_KiB) << "half of the smallest used L2";
    // fp32: 2 x 8 x 2 GHz + 4 x 1 GHz; no int4.
    EXPECT_THAT(core.caps().macs_per_second, ElementsAre(36'000'000'000, 72'000'000'000, 288'000'000'000, 0, 0, 0));
    EXPECT_EQ(core.lane_power(1), 1000_mW);
    EXPECT_EQ(core.lane_power(2), 200_mW);
    EXPECT_EQ(core.tile_energy(matmul(4, 4, 8, MacFormat::int8), 0), 0_fJ);
}

TEST(CpuCore, UnusedClustersDoNotCount) {
    CpuConfig config = small_cpu();
    config.clusters[1].use = 0;
    const CpuCore core("cpu0", config);
    EXPECT_EQ(core.caps().lane_speed.size(), 2U);
    EXPECT_EQ(core.caps().local_bytes, 256_KiB);
}

TEST(CpuCore, TileTakesItsMacsAtTheEfficiencyOfTheInnerLoop) {
    const CpuCore core("cpu0", small_cpu());
    // Fixed: 80 + 4 + 16 = 100 cycles of 500 ps. 4x4x8 int8 = 128 MACs / (64 x 25 %) = 8 cycles.
    EXPECT_EQ(core.tile_time(Work{}, 0).total, 50_ns);
    EXPECT_EQ(core.tile_time(matmul(4, 4, 8, MacFormat::int8), 0).total, 54_ns);
    // The slow core: 128 / (32 x 25 %) = 16 cycles of 1 ns, and its fixed cycles take 1 ns each.
    EXPECT_EQ(core.tile_time(matmul(4, 4, 8, MacFormat::int8), 2).total, 116_ns);
    // fp32: 4x4x8 = 128 / (8 x 50 %) = 32 cycles.
    EXPECT_EQ(core.tile_time(matmul(4, 4, 8, MacFormat::fp32), 0).total, 66_ns);
    EXPECT_THROW((void)core.tile_time(matmul(4, 4, 8, MacFormat::int4), 0).total, ModelError);
    EXPECT_THROW((void)core.tile_time(Work{}, 3).total, std::out_of_range);
}

TEST(CpuCore, EdgesArePaddedToTheInstructionsBlock) {
    CpuConfig config = small_cpu();
    const CpuCore matrix("cpu0", config);
    const auto padded = [](const CpuCore& core, std::uint32_t m, std::uint32_t n, std::uint32_t k, MacFormat f) {
        return core.padded_macs({.m = m, .n = n, .k = k, .format = f}, 0).count();
    };
    // SMMLA takes 2 rows, 2 columns, 8 elements.
    EXPECT_EQ(padded(matrix, 2, 2, 8, MacFormat::int8), 32U);
    EXPECT_EQ(padded(matrix, 1, 2, 8, MacFormat::int8), 32U) << "a vector of activations wastes half";
    EXPECT_EQ(padded(matrix, 3, 3, 9, MacFormat::int8), 4U * 4 * 16);
    config.int8_matrix = false;
    const CpuCore dot("cpu0", config);
    // SDOT: 4 columns of 4 elements.
    EXPECT_EQ(padded(dot, 1, 4, 4, MacFormat::int8), 16U);
    EXPECT_EQ(padded(dot, 1, 5, 5, MacFormat::int8), 64U);
    // FMLA: 4 fp32 or 8 fp16 columns.
    EXPECT_EQ(padded(dot, 3, 5, 7, MacFormat::fp32), 3U * 8 * 7);
    EXPECT_EQ(padded(dot, 3, 9, 7, MacFormat::fp16), 3U * 16 * 7);
}

TEST(CpuCore, VectorWorkIssuesOnAllPipes) {
    CpuConfig config = small_cpu();
    config.vector_costs = {.fp32 = {.add = 3, .exp = 14}};
    const CpuCore core("cpu0", config);
    // 4 elements per vector: 9 elements are 3 vectors x 3 instructions on 2 pipes = 5 cycles of 500 ps.
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::add, 9), 0).total, 50_ns + 2500_ps);
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::exp, 4), 0).total, 50_ns + 3500_ps);
}

TEST(CpuCore, NeverBeatsItsRooflineAndFasterClocksAreNeverSlower) {
    CpuConfig config = small_cpu();
    config.efficiency = {};
    config.tile_overhead = {};
    const CpuCore core("cpu0", config);
    config.clusters[0].clock = 2500_MHz;
    const CpuCore faster("cpu0", config);
    for (const std::uint32_t m : {1U, 2U, 31U}) {
        for (const std::uint32_t k : {1U, 8U, 129U}) {
            const Work work = matmul(m, 33, k, MacFormat::int8);
            EXPECT_GE(core.tile_time(work, 0).total.count(),
                      mul_div_ceil(work.macs().count(), kFemtosecondsPerSecond, 128'000'000'000));
            EXPECT_LE(faster.tile_time(work, 0).total, core.tile_time(work, 0).total);
        }
    }
}

TEST(CpuCore, OnlySeveralLanesWakeAndMeet) {
    const CpuCore core("cpu0", small_cpu());
    EXPECT_EQ(core.launch_time(on_lanes({0, 1, 0}), false), 11_us);
    EXPECT_EQ(core.launch_time(on_lanes({0, 1, 0}), true), 1_us);
    EXPECT_EQ(core.completion_time(on_lanes({0, 1, 0})), 2_us);
    EXPECT_EQ(core.launch_time(on_lanes({1, 1}), false), 1_us) << "a single lane runs on the calling thread";
    EXPECT_EQ(core.completion_time(on_lanes({1, 1})), 0_fs);
}

TEST(CpuConfig, AcceptsThePartOfTheTests) {
    EXPECT_THAT(problems(small_cpu()), IsEmpty());
}

TEST(CpuConfig, RejectsImpossibleParts) {
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
    config.clusters[1].macs_per_cycle.int8 = 0;
    EXPECT_THAT(problems(config), ElementsAre("clusters[1].macs_per_cycle: used clusters must agree on having int8"));
    config = small_cpu();
    config.clusters[1].macs_per_cycle.fp32 = 0;
    EXPECT_THAT(problems(config), testing::Contains(HasSubstr("every core computes fp32")));
    config = small_cpu();
    config.clusters[1].vector_bits = 96;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("clusters[1].vector_bits: must be a multiple of 64")));
    config = small_cpu();
    config.clusters[1].l2_per_core = 16_KiB;
    config.tile_share = 24;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("clusters[1].l2_per_core: tile_share leaves less than 4 KiB")));
}

}  // namespace
}  // namespace handset
