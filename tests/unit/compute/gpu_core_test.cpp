// SPDX-License-Identifier: Apache-2.0
#include "hw_models/gpu/gpu_core.h"

#include <functional>

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

GpuConfig changed(const std::function<void(GpuConfig&)>& change) {
    GpuConfig config = small_gpu();
    change(config);
    return config;
}

TEST(GpuCore, DescribesItself) {
    const GpuCore core("gpu0", small_gpu());
    EXPECT_EQ(core.caps().name, "gpu0");
    EXPECT_EQ(core.caps().kind, DeviceKind::gpu);
    EXPECT_EQ(core.caps().local_bytes, 64_KiB) << "2 x 16 KiB local memory + 32 KiB of second-level cache";
    EXPECT_THAT(core.caps().macs_per_second, ElementsAre(16'000'000'000, 32'000'000'000, 0, 0, 0, 0));
    EXPECT_FALSE(core.caps().static_graphs);
    EXPECT_EQ(core.preparation(TileProgram{}, 1_MiB).time, 0_fs);
}

TEST(MatrixKernel, RegistersOfATileDecideHowManyWavesAreResident) {
    const GpuConfig config = small_gpu();
    // fp16: base 6 + 4 results in 2 registers + (2 + 2) x 4 operands in 8 = 16; x 4 B x 8 items = 512 B of 2 KiB.
    EXPECT_EQ(item_registers(config, config.gemm, MacFormat::fp16), 16U);
    EXPECT_EQ(resident_waves(config, config.gemm, MacFormat::fp16), 4U);
    // fp32: 6 + 4 + 16 = 26; 832 B.
    EXPECT_EQ(item_registers(config, config.gemm, MacFormat::fp32), 26U);
    EXPECT_EQ(resident_waves(config, config.gemm, MacFormat::fp32), 2U);
    // int8 sums in 32 bits: 6 + 4 + 4.
    EXPECT_EQ(item_registers(config, config.gemm, MacFormat::int8), 14U);
    // int4 weights with int8 activations: 6 + 4 + (2 x 8 + 2 x 4) x 4 bits = 3.
    EXPECT_EQ(item_registers(config, config.gemm, MacFormat::int4), 13U);
    const GpuConfig large = changed([](GpuConfig& c) { c.register_file = 1_MiB; });
    EXPECT_EQ(resident_waves(large, large.gemm, MacFormat::fp16), 16U) << "max_waves";
}

TEST(MatrixKernel, TiledProductsAreBoundByArithmeticDeliveryOrLatency) {
    // 8 x 8 x 16: 4 x 4 x 4 item steps = 8 wave steps, 4 per unit.
    const GpuConfig config = small_gpu();
    const MatrixCycles cycles = matrix_cycles(config, product(8, 8, 16));
    EXPECT_EQ(cycles.arithmetic, 32_cycles) << "4 x 128 MACs at 16";
    EXPECT_EQ(cycles.delivery, 64_cycles) << "4 x 256 B at 16 B";
    EXPECT_EQ(cycles.latency, 32_cycles) << "4 waves together: 24 + 8";
    EXPECT_EQ(cycles.longest(), 64_cycles);
    const GpuConfig local = changed([](GpuConfig& c) { c.operands = OperandPath::local; });
    EXPECT_EQ(matrix_cycles(local, product(8, 8, 16)).delivery, 16_cycles) << "4 x 256 B at 64 B";
    EXPECT_EQ(matrix_cycles(local, product(8, 8, 16)).longest(), 32_cycles);
    const GpuConfig far = changed([](GpuConfig& c) { c.load_latency = 100_cycles; });
    EXPECT_EQ(matrix_cycles(far, product(8, 8, 16)).longest(), 108_cycles);
    EXPECT_EQ(matrix_cycles(far, product(8, 8, 32)).longest(), 216_cycles) << "8 waves per unit, 4 at a time";
}

TEST(MatrixKernel, FewerResidentWavesStallInProportion) {
    // A wave step takes 1000 + 8 cycles; 16 steps per unit in groups of 4, 2 or 1.
    const auto cycles = [](Bytes registers) {
        const GpuConfig config = changed([&](GpuConfig& c) {
            c.load_latency = 1000_cycles;
            c.register_file = registers;
        });
        return matrix_cycles(config, product(8, 32, 16)).longest();
    };
    EXPECT_EQ(cycles(2_KiB), Cycles{4 * 1008});
    EXPECT_EQ(cycles(1_KiB), Cycles{8 * 1008});
    EXPECT_EQ(cycles(512_B), Cycles{16 * 1008});
}

TEST(MatrixKernel, LargerRegisterTilesNeedFewerOperandsPerMac) {
    // Large product, delivery bound: (rows + columns) x 2 B per rows x columns MACs at 16 B per cycle and unit.
    const MatmulWork work = product(64, 512, 64);
    const std::uint64_t unit_macs = work.macs().count() / 2;
    Cycles previous{UINT64_MAX};
    for (const auto& [rows, columns] : {std::pair{2U, 2U}, {2U, 4U}, {4U, 4U}, {4U, 8U}, {8U, 8U}}) {
        const GpuConfig config = changed([&, r = rows, c = columns](GpuConfig& g) {
            g.register_file = 64_KiB;
            g.gemm = {.rows = r, .columns = c, .depth = 4};
        });
        const MatrixCycles cycles = matrix_cycles(config, work);
        EXPECT_EQ(cycles.delivery, Cycles{unit_macs * (rows + columns) * 2 / (rows * columns) / 16});
        EXPECT_LE(cycles.longest(), previous);
        previous = cycles.longest();
    }
}

TEST(MatrixKernel, FewRowsRunAsGemvWithTheirOwnTile) {
    const GpuConfig config = small_gpu();
    EXPECT_EQ(register_tile(config, 1).rows, 1U);
    EXPECT_EQ(register_tile(config, 2).rows, 2U);
    EXPECT_EQ(register_tile(config, 2).columns, 4U);
    EXPECT_EQ(register_tile(config, 3).columns, 2U) << "tiled";
    // 1 x 16 x 64: 4 column blocks x 16 depths = 64 items = 8 wave steps, 4 per unit, of 8 x 16 MACs (8 cycles) and
    // 8 x (1 + 4) x 4 operands of 2 B (20 cycles); items hold 6 + 2 + (1 + 4) x 4 / 2 = 18 registers: 576 B, 3 waves.
    const MatrixCycles cycles = matrix_cycles(config, product(1, 16, 64));
    EXPECT_EQ(cycles.arithmetic, 32_cycles);
    EXPECT_EQ(cycles.delivery, Cycles{4 * 20});
    EXPECT_EQ(cycles.resident, 3U);
    EXPECT_EQ(cycles.latency, Cycles{2 * 32});
}

TEST(GpuCore, ProductsTakeWholeWaveSteps) {
    const GpuCore core("gpu0", small_gpu());
    EXPECT_EQ(core.matmul_cycles(product(3, 1, 1)), 32_cycles) << "one padded step on one unit: 24 + 8";
    EXPECT_EQ(core.matmul_cycles(product(8, 8, 16)), 64_cycles);
    EXPECT_EQ(core.matmul_cycles(product(8, 8, 17)), 80_cycles) << "5 depths: 10 wave steps, 5 per unit";
    EXPECT_EQ(core.matmul_cycles(product(8, 8, 16, MacFormat::fp32)), 128_cycles) << "twice the operand bytes";
    EXPECT_EQ(core.matmul_cycles(product(0, 8, 16)), 0_cycles);
    EXPECT_THROW((void)core.matmul_cycles(product(1, 1, 1, MacFormat::int4)), ModelError);
}

TEST(GpuCore, VectorWorkSpreadsOverAllUnits) {
    const GpuCore core("gpu0", small_gpu());
    // Waves of 8 on 2 x 8 lanes: two waves per cycle.
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::add, 16), 0).total, 1_us + 1_ns);
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::add, 17), 0).total, 1_us + 2_ns) << "a third, partial wave";
    EXPECT_EQ(core.tile_time(Work{}.add(VectorOp::exp, 16), 0).total, 1_us + 4_ns);
}

TEST(GpuCore, VectorWorkSharesIssueSlotsWithMacsAndHidesBehindDelivery) {
    const GpuCore core("gpu0", small_gpu());
    Work both = tile(product(8, 8, 16));  // 32 cycles of MACs, 64 of delivery
    both.add(VectorOp::exp, 128);         // 16 waves x 4 instructions, two per cycle: 32 cycles
    const TileTime hidden = core.tile_time(both, 0);
    EXPECT_EQ(hidden.matrix, 64_ns);
    EXPECT_EQ(hidden.vector, 32_ns);
    EXPECT_EQ(hidden.overhead, 1_us);
    EXPECT_EQ(hidden.total, 1_us + 64_ns);
    both.add(VectorOp::exp, 128);
    EXPECT_EQ(core.tile_time(both, 0).total, 1_us + 32_ns + 64_ns) << "instructions are the longest now";
}

TEST(GpuCore, UnpackingWeightsBoundsTheirStream) {
    // A weight of a gemv costs 1 / (2 x 16) cycles of MACs and 4 instructions / 16 lanes of unpacking.
    const GpuCore core("gpu0", changed([](GpuConfig& c) {
                           c.vector_costs.fp32.dequantise = 4;
                           c.register_file = 64_KiB;
                       }));
    Work work = tile(product(1, 256, 256));
    work.add(VectorOp::dequantise, 65536);
    EXPECT_EQ(core.tile_time(work, 0).total, 1_us + duration(Cycles{65536 / 32 + 65536 / 4}, 1000_MHz));
}

TEST(GpuCore, NeverBeatsItsRooflineAndMoreHardwareIsNeverSlower) {
    const GpuCore core("gpu0", small_gpu());
    const std::vector<GpuCore> better{GpuCore("clock", changed([](GpuConfig& c) { c.clock = 1500_MHz; })),
                                      GpuCore("units", changed([](GpuConfig& c) { c.compute_units = 3; })),
                                      GpuCore("cache", changed([](GpuConfig& c) { c.cache_bandwidth = 24_B; })),
                                      GpuCore("registers", changed([](GpuConfig& c) { c.register_file = 3_KiB; })),
                                      GpuCore("latency", changed([](GpuConfig& c) { c.load_latency = 10_cycles; })),
                                      GpuCore("rate", changed([](GpuConfig& c) { c.macs_per_unit.fp16 = 32; })),
                                      GpuCore("lanes", changed([](GpuConfig& c) { c.vector_lanes = 16; }))};
    for (const std::uint32_t m : {1U, 2U, 3U, 16U, 33U}) {
        for (const std::uint32_t k : {1U, 64U, 100U}) {
            Work work = tile(product(m, 31, k));
            work.add(VectorOp::dequantise, 31 * k);
            const TileTime time = core.tile_time(work, 0);
            EXPECT_GE((time.total - 1_us).count(),
                      mul_div_ceil(work.macs().count(), kFemtosecondsPerSecond, 32'000'000'000));
            EXPECT_LE(time.total, time.overhead + time.matrix + time.vector);
            for (const GpuCore& other : better) {
                EXPECT_LE(other.tile_time(work, 0).total, time.total) << other.caps().name << " " << m << " " << k;
            }
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

TEST(GpuCore, HostsThatPollOrSpinKnowEarlier) {
    const TileProgram program;
    const auto launch = [&](HostWait mode) {
        return GpuCore("gpu0", changed([&](GpuConfig& c) { c.synchronise.mode = mode; })).launch_time(program, false);
    };
    EXPECT_EQ(launch(HostWait::poll), 10_us + 50_us + 90_us);
    EXPECT_EQ(launch(HostWait::fence), 10_us + 50_us + 20_us);
}

TEST(GpuCore, LimitedCommandBuffersSpreadTheirSubmissionOverLaunches) {
    const GpuCore core("gpu0", changed([](GpuConfig& c) { c.batch = 8; }));
    EXPECT_EQ(core.launch_time(TileProgram{}, true), 10_us + 6250_ns) << "50 us per 8 launches";
    EXPECT_EQ(core.launch_time(TileProgram{}, false), 460_us);
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
    config = small_gpu();
    config.gemm = {.rows = 8, .columns = 8, .depth = 4};
    // fp32: 6 + 64 + 64 registers x 4 B x 8 items; fp16 needs 6 + 32 + 32.
    EXPECT_THAT(problems(config),
                ElementsAre("gemm: one fp32 wave needs 4288 B of registers, a compute unit has 2048 B",
                            "gemm: one fp16 wave needs 2240 B of registers, a compute unit has 2048 B"));
}

}  // namespace
}  // namespace handset
