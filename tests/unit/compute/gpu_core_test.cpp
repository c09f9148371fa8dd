// SPDX-License-Identifier: Apache-2.0
#include "hw_models/gpu/gpu_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_devices.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MatmulWork product(std::uint32_t m, std::uint32_t n, std::uint32_t k, MacFormat format = MacFormat::fp16) {
    return {.m = m, .n = n, .k = k, .format = format};
}

Work tile(const MatmulWork& matmul) {
    Work work;
    work.matmuls[0] = matmul;
    return work;
}

std::vector<std::string> problems(const GpuConfig& config) {
    Errors errors;
    config.check(errors);
    return errors.problems();
}

TEST(GpuCore, DescribesItself) {
    const GpuCore core("gpu0", small_gpu());
    EXPECT_EQ(core.caps().name, "gpu0");
    EXPECT_EQ(core.caps().kind, DeviceKind::gpu);
    EXPECT_EQ(core.caps().local_bytes, 64_KiB) << "2 x (16 KiB local memory + 16 KiB of registers)";
    EXPECT_THAT(core.caps().macs_per_second, ElementsAre(16'000'000'000, 32'000'000'000, 0, 0, 0, 0));
    EXPECT_FALSE(core.caps().static_graphs);
    EXPECT_EQ(core.preparation(TileProgram{}, 1_MiB).time, 0_fs);
}

TEST(GpuCore, ProductsTakeWholeRoundsOfWaves) {
    const GpuCore core("gpu0", small_gpu());
    // A round: 2 units x 4 waves x 8 items x 16 MACs = 1024 MACs, 512 per unit / (16 x 50 %) = 64 cycles.
    EXPECT_EQ(core.matmul_cycles(product(1, 1, 1)), 64_cycles);
    EXPECT_EQ(core.matmul_cycles(product(8, 8, 16)), 64_cycles) << "exactly 1024 MACs";
    EXPECT_EQ(core.matmul_cycles(product(5, 5, 41)), Cycles{128}) << "1025 MACs";
    EXPECT_EQ(core.matmul_cycles(product(8, 8, 16, MacFormat::fp32)), 128_cycles);
    EXPECT_EQ(core.matmul_cycles(product(0, 8, 16)), 0_cycles);
    EXPECT_THROW((void)core.matmul_cycles(product(1, 1, 1, MacFormat::int4)), ModelError);
}

TEST(GpuCore, VectorWorkSpreadsOverAllUnits) {
    const GpuCore core("gpu0", small_gpu());
    // Waves of 8 on 2 x 8 lanes: two waves per cycle.
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::add, 16), 0).total, 1_us + 1_ns);
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::add, 17), 0).total, 1_us + 2_ns) << "a third, partial wave";
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::exp, 16), 0).total, 1_us + 4_ns);
    Work both = tile(product(8, 8, 16));
    both.add(VectorOp::exp, 16);
    EXPECT_EQ(core.tile_time(both, 0).total, 1_us + 64_ns + 4_ns);
}

TEST(GpuCore, NeverBeatsItsRooflineAndMoreHardwareIsNeverSlower) {
    GpuConfig config = small_gpu();
    config.efficiency = {};
    const GpuCore core("gpu0", config);
    config.clock = 1500_MHz;
    const GpuCore faster("gpu0", config);
    for (const std::uint32_t m : {1U, 16U, 33U}) {
        for (const std::uint32_t k : {1U, 64U, 100U}) {
            const Work work = tile(product(m, 31, k));
            EXPECT_GE((core.tile_time(work, 0).total - 1_us).count(),
                      mul_div_ceil(work.macs().count(), kFemtosecondsPerSecond, 32'000'000'000));
            EXPECT_LE(faster.tile_time(work, 0).total, core.tile_time(work, 0).total);
        }
    }
}

TEST(GpuCore, EnergyIsTheSumOfItsEvents) {
    const GpuCore core("gpu0", small_gpu());
    Work work = tile(product(2, 3, 5));
    work.add(VectorOp::exp, 7);
    // 30 MACs x 1 pJ, 7 x 4 x 500 fJ, (10 + 15) x 2 + 6 x 4 + 7 x 8 = 130 B x 1 pJ.
    EXPECT_EQ(core.tile_energy(work, 0), 30_pJ + 14_pJ + 130_pJ);
    EXPECT_EQ(core.lane_power(0), 0_uW);
}

TEST(GpuCore, SubmissionAndSynchronisationArePaidOncePerChain) {
    const GpuCore core("gpu0", small_gpu());
    const TileProgram program;
    EXPECT_EQ(core.launch_time(program, false), 460_us);
    EXPECT_EQ(core.launch_time(program, true), 10_us);
    EXPECT_EQ(core.completion_time(program), 3_us);
}

TEST(GpuConfig, RejectsImpossibleParts) {
    EXPECT_THAT(problems(small_gpu()), IsEmpty());
    GpuConfig config = small_gpu();
    config.macs_per_unit = {};
    EXPECT_THAT(problems(config), ElementsAre("macs_per_unit: at least one number format needs a rate"));
    config = small_gpu();
    config.energy_per_mac.fp16 = {};
    EXPECT_THAT(problems(config), ElementsAre("energy_per_mac: fp16 has a rate but no energy"));
    config = small_gpu();
    config.wave_size = 12;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("wave_size: must divide vector_lanes")));
}

}  // namespace
}  // namespace handset
