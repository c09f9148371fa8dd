// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/npu_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_devices.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Work matmul(std::uint32_t m, std::uint32_t n, std::uint32_t k, MacFormat format, std::uint32_t count = 1) {
    Work work;
    work.matmuls[0] = {.m = m, .n = n, .k = k, .count = count, .format = format};
    return work;
}

std::vector<std::string> problems(const NpuConfig& config) {
    Errors errors;
    config.check(errors);
    return errors.problems();
}

TEST(NpuCore, DescribesItself) {
    const NpuCore core("npu0", small_npu());
    EXPECT_EQ(core.caps().name, "npu0");
    EXPECT_EQ(core.caps().kind, DeviceKind::npu);
    EXPECT_THAT(core.caps().lane_speed, ElementsAre(1));
    EXPECT_EQ(core.caps().local_bytes, 64_KiB);
    EXPECT_EQ(core.caps().array_rows, 16U) << "8 rows of two int8 elements";
    EXPECT_EQ(core.caps().array_cols, 8U);
    EXPECT_THAT(core.caps().macs_per_second, ElementsAre(0, 64'000'000'000, 128'000'000'000, 0, 0, 0));
    EXPECT_TRUE(core.caps().static_graphs);
}

TEST(NpuCore, MatrixTileTakesItsFoldsPlusTheTileOverhead) {
    const NpuCore core("npu0", small_npu());
    // int8: k = 16 fills the 8 rows twice over: one fold, 10 + 2*8 + 8 - 2 - 1 = 31 cycles of 1 ns.
    EXPECT_EQ(core.tile_time(matmul(10, 8, 16, MacFormat::int8), 0).total, 131_ns);
    // fp16 takes one element per PE: two folds, 2*32 - 1.
    EXPECT_EQ(core.tile_time(matmul(10, 8, 16, MacFormat::fp16), 0).total, 163_ns);
    EXPECT_EQ(core.tile_time(Work{}, 0).total, 100_ns);
}

TEST(NpuCore, VectorClassesCostTheirInstructions) {
    const NpuCore core("npu0", small_npu());
    // 8 elements per vector, 2 threads, 2 ns per cycle.
    EXPECT_EQ(core.vector_time(Work{}.add(VectorOp::add, 8)), 2_ns) << "one vector on one of two threads";
    EXPECT_EQ(core.vector_time(Work{}.add(VectorOp::add, 16)), 2_ns);
    EXPECT_EQ(core.vector_time(Work{}.add(VectorOp::add, 17)), 4_ns) << "a third, partial vector";
    EXPECT_EQ(core.vector_time(Work{}.add(VectorOp::exp, 16)), 20_ns) << "2 vectors x 10 instructions / 2 threads";
    EXPECT_EQ(core.vector_time(Work{}.add(VectorOp::exp, 16).add(VectorOp::move, 16)), 22_ns);
}

TEST(NpuCore, VectorWorkFollowsMatrixWorkUnlessOverlapped) {
    NpuConfig config = small_npu();
    Work work = matmul(10, 8, 16, MacFormat::int8);  // 31 ns
    work.add(VectorOp::exp, 16);                     // 20 ns
    EXPECT_EQ(NpuCore("npu0", config).tile_time(work, 0).total, 151_ns);
    config.overlap_vector = true;
    EXPECT_EQ(NpuCore("npu0", config).tile_time(work, 0).total, 131_ns);
    work.add(VectorOp::exp, 16);  // 40 ns
    EXPECT_EQ(NpuCore("npu0", config).tile_time(work, 0).total, 140_ns);
}

TEST(NpuCore, ScratchpadBandwidthLimitsTheArrays) {
    NpuConfig config = small_npu();
    config.scratchpad.banks = 1;
    config.scratchpad.bank_width = 1_B;
    config.scratchpad.ports = 2;
    config.port.expected_rate = 1000_MBps;
    // int8 10x8x16: 160 + 128 operand bytes and 80 results of 4 bytes = 608 bytes at two bytes per cycle.
    EXPECT_EQ(NpuCore("npu0", config).tile_time(matmul(10, 8, 16, MacFormat::int8), 0).total, 404_ns);
    // One port of 2 bytes gives one of them to DMA of 1 GB/s at 1 GHz.
    config.scratchpad.ports = 1;
    config.scratchpad.bank_width = 2_B;
    EXPECT_EQ(NpuCore("npu0", config).tile_time(matmul(10, 8, 16, MacFormat::int8), 0).total, 708_ns);
}

TEST(NpuCore, VectorTrafficStallsArraysThatShareTheirBanks) {
    NpuConfig config = small_npu();
    config.overlap_vector = true;
    config.scratchpad = {.size = 64_KiB, .banks = 8, .bank_width = 4_B, .energy_per_byte = 2_pJ};
    Work work = matmul(10, 8, 16, MacFormat::int8);  // 31 cycles; 608 bytes at 32 - 1 bytes per cycle: 20
    work.add(VectorOp::exp, 5);                      // 40 bytes; 10 instructions of 2 threads: 5 cycles of 2 ns
    // Two threads take the 10 lines in 5 cycles, of which ceil(5 x 20 / 31) = 4 find their banks taken.
    EXPECT_EQ(NpuCore("npu0", config).tile_time(work, 0).total, 135_ns);
    // A vector of one instruction works for 2 ns: the arrays wait no longer.
    Work quick = matmul(10, 8, 16, MacFormat::int8);
    quick.add(VectorOp::move, 5);
    EXPECT_EQ(NpuCore("npu0", config).tile_time(quick, 0).total, 133_ns);
    config.scratchpad.ports = 2;
    EXPECT_EQ(NpuCore("npu0", config).tile_time(work, 0).total, 131_ns);
}

TEST(NpuCore, WorkSideBySideIsNeverSlowerThanInSequence) {
    NpuConfig config = small_npu();
    config.scratchpad = {.size = 64_KiB, .banks = 2, .bank_width = 4_B, .energy_per_byte = 2_pJ};
    config.vector.thread_width = 16_B;
    for (const std::uint64_t elements : {1U, 40U, 1000U, 9999U}) {
        Work work = matmul(64, 64, 64, MacFormat::int8);
        work.add(VectorOp::add, elements).add(VectorOp::move, elements);
        config.overlap_vector = false;
        const Femtoseconds sequence = NpuCore("npu0", config).tile_time(work, 0).total;
        config.overlap_vector = true;
        EXPECT_LE(NpuCore("npu0", config).tile_time(work, 0).total, sequence) << elements << " elements";
    }
}

TEST(NpuCore, VectorThreadsWaitForTheirScratchpadPort) {
    NpuConfig config = small_npu();
    config.vector.thread_width = 8_B;
    // 32 fp32 elements: 256 bytes / (2 threads x 8 B) = 16 cycles of 2 ns, where 4 vectors on 2 threads take 2.
    EXPECT_EQ(NpuCore("npu0", config).vector_time(Work{}.add(VectorOp::add, 32)), 32_ns);
    EXPECT_EQ(NpuCore("npu0", config).vector_time(Work{}.add(VectorOp::exp, 32)), 40_ns) << "instructions last longer";
}

TEST(NpuCore, ExponentialsByTableHaveTheirOwnCost) {
    NpuConfig config = small_npu();
    config.vector.costs.fp16 = VectorOpCosts{.exp = 6};
    config.vector.table_exp = 3;
    const Work work = Work{}.add(VectorOp::exp, 16).add(VectorOp::exp, 32, ElementFormat::fp16);
    EXPECT_EQ(NpuCore("npu0", config).vector_time(work), 32_ns) << "(2 x 10 + 2 x 6) / 2 threads x 2 ns";
    config.vector.exponential = Exponential::table;
    EXPECT_EQ(NpuCore("npu0", config).vector_time(work), 12_ns) << "4 vectors x 3 / 2 threads x 2 ns";
    // Energy follows: 48 elements x 3 instructions x 50 fJ + 2 x (64 + 64) bytes x 2 pJ.
    EXPECT_EQ(NpuCore("npu0", config).tile_energy(work, 0), 144 * 50_fJ + 256 * 2_pJ);
}

TEST(NpuCore, SinglePrecisionRunsOnTheVectorUnitWhereThePartAllowsIt) {
    NpuConfig config = small_npu();
    const Work work = matmul(4, 9, 5, MacFormat::fp32);
    EXPECT_THROW((void)NpuCore("npu0", config).tile_time(work, 0).total, ModelError);
    config.vector.products.fp32 = 1;
    const NpuCore core("npu0", config);
    // 4 x 5 rows of ceil(9 / 8) = 2 vectors = 40 instructions on 2 threads of 2 ns.
    EXPECT_EQ(core.tile_time(work, 0).total, 140_ns);
    EXPECT_EQ(core.caps().macs_per_second[0], 2 * 8 * 500'000'000ULL);
    EXPECT_EQ(core.matrix_time(work), 0_fs);
    config.vector.products.fp32 = 3;
    EXPECT_EQ(NpuCore("npu0", config).tile_time(work, 0).total, 220_ns) << "three instructions per vector";
    EXPECT_EQ(NpuCore("npu0", config).caps().macs_per_second[0], 2 * 8 * 500'000'000ULL / 3);
    // 180 MACs x 50 fJ, (20 + 45) x 4 + 36 x 4 = 404 bytes x 2 pJ.
    EXPECT_EQ(core.tile_energy(work, 0), 180 * 50_fJ + 404 * 2_pJ);
}

TEST(NpuCore, HalfPrecisionFallsBackToTheVectorUnitWhenTheArraysHaveNoRate) {
    NpuConfig config = small_npu();
    config.vector.products.fp16 = 3;
    EXPECT_EQ(NpuCore("npu0", config).vector_time(matmul(4, 9, 5, MacFormat::fp16)), 0_fs) << "arrays come first";
    config.macs_per_pe.fp16 = 0;
    const NpuCore core("npu0", config);
    // 20 rows of one vector of 16 elements, 3 instructions each, on 2 threads of 2 ns.
    EXPECT_EQ(core.vector_time(matmul(4, 9, 5, MacFormat::fp16)), 60_ns);
    EXPECT_EQ(core.caps().macs_per_second[1], 2 * 16 * 500'000'000ULL / 3);
}

TEST(NpuCore, MixedFormatsHaveRatesOfTheirOwn) {
    NpuConfig config = small_npu();
    config.macs_per_pe.w8a16 = 1;
    config.macs_per_pe.w4a16 = 2;
    config.array.accumulators = 4_KiB;
    const NpuCore core("npu0", config);
    EXPECT_EQ(core.caps().accumulator_bytes, 4_KiB);
    EXPECT_EQ(core.tile_time(matmul(10, 8, 16, MacFormat::w4a16), 0).total, 131_ns);
    EXPECT_EQ(core.tile_time(matmul(10, 8, 16, MacFormat::w8a16), 0).total, 163_ns);
}

TEST(NpuCore, NeverBeatsItsRoofline) {
    const NpuCore core("npu0", small_npu());
    for (const MacFormat format : {MacFormat::fp16, MacFormat::int8}) {
        for (const std::uint32_t m : {1U, 8U, 33U}) {
            for (const std::uint32_t k : {1U, 16U, 65U}) {
                const Work work = matmul(m, 24, k, format, 2);
                const std::uint64_t peak = core.caps().macs_per_second[static_cast<std::size_t>(format)];
                EXPECT_GE(core.tile_time(work, 0).total.count(),
                          mul_div_ceil(work.macs().count(), kFemtosecondsPerSecond, peak));
            }
        }
    }
}

TEST(NpuCore, FasterHardwareIsNeverSlower) {
    const Work work = matmul(17, 40, 70, MacFormat::int8, 3);
    NpuConfig config = small_npu();
    Femtoseconds before = NpuCore("npu0", config).tile_time(work, 0).total;
    const auto expect_not_slower = [&](const char* what) {
        const Femtoseconds now = NpuCore("npu0", config).tile_time(work, 0).total;
        EXPECT_LE(now, before) << what;
        before = now;
    };
    config.clock = 2000_MHz;
    expect_not_slower("clock");
    config.array.count = 4;
    expect_not_slower("arrays");
    config.array.overlap = FoldOverlap::shadow_weights;
    expect_not_slower("shadow registers");
    config.array.overlap = FoldOverlap::pipelined;
    expect_not_slower("pipelined folds");
}

TEST(NpuCore, EnergyIsTheSumOfItsEvents) {
    const NpuCore core("npu0", small_npu());
    Work work = matmul(10, 8, 16, MacFormat::int8);
    work.matmuls[1] = {.m = 2, .n = 2, .k = 2, .count = 3, .format = MacFormat::fp16};
    work.add(VectorOp::exp, 5).add(VectorOp::add, 3);
    // MACs 1280 x 100 fJ + 24 x 700 fJ; vector (5 x 10 + 3 x 1) x 50 fJ;
    // bytes 608 + (8 x 3 elements x 2 B + 12 results x 4 B) + 8 elements x 8 B = 608 + 96 + 64, x 2 pJ.
    const Femtojoules expected = 1280 * 100_fJ + 24 * 700_fJ + 53 * 50_fJ + 768 * 2_pJ;
    EXPECT_EQ(core.tile_energy(work, 0), expected);
    EXPECT_EQ(core.tile_energy(Work{}, 0), 0_fJ);
    EXPECT_EQ(core.lane_power(0), 0_uW);
}

TEST(NpuCore, CallIsPaidOnlyWhenTheHostHasToCall) {
    const NpuCore core("npu0", small_npu());
    const TileProgram program;
    EXPECT_EQ(core.launch_time(program, false), 52_us);
    EXPECT_EQ(core.launch_time(program, true), 2_us);
    EXPECT_EQ(core.completion_time(program), 3_us);
}

TEST(NpuCore, AnOpAfterOneOfTheHostResumesForLessWhereTheRuntimeSubmitsGraphs) {
    NpuConfig config = small_npu();
    const TileProgram program;
    EXPECT_EQ(NpuCore("npu0", config).resume_time(program), 52_us) << "as a call";
    config.resume = 10_us;
    EXPECT_EQ(NpuCore("npu0", config).resume_time(program), 12_us);
    EXPECT_EQ(NpuCore("npu0", config).launch_time(program, false), 52_us);
}

TEST(NpuCore, SessionsAndWeightPathAreInItsCaps) {
    NpuConfig config = small_npu();
    EXPECT_EQ(NpuCore("npu0", config).caps().sessions.address_space, 0_B) << "no limit";
    config.sessions = {.address_space = 2_GiB, .setup = 500_ms, .memory = 1_MiB};
    config.port.weight_path = TransferPath::load;
    const NpuCore core("npu0", config);
    EXPECT_EQ(core.caps().sessions.address_space, 2_GiB);
    EXPECT_EQ(core.caps().sessions.setup, 500_ms);
    EXPECT_EQ(core.caps().sessions.memory, 1_MiB);
    EXPECT_EQ(core.caps().weight_path, TransferPath::load);
}

TEST(NpuCore, PreparationGrowsWithTheWeights) {
    NpuConfig config = small_npu();
    const NpuCore core("npu0", config);
    const Preparation none = core.preparation(TileProgram{}, 0_B);
    EXPECT_EQ(none.time, 3_ms);
    EXPECT_EQ(none.memory, 1000_B);
    const Preparation some = core.preparation(TileProgram{}, 1001_B);
    EXPECT_EQ(some.time, 3_ms + 1001 * 5_ns);
    EXPECT_EQ(some.memory, Bytes{1000 + 301}) << "30 % of 1001 bytes, rounded up";
    config.static_graphs = false;
    EXPECT_EQ(NpuCore("npu0", config).preparation(TileProgram{}, 1001_B).time, 0_fs);
}

TEST(NpuConfig, AcceptsThePartOfTheTests) {
    EXPECT_THAT(problems(small_npu()), IsEmpty());
}

TEST(NpuConfig, RejectsImpossibleParts) {
    NpuConfig config = small_npu();
    config.macs_per_pe = {};
    EXPECT_THAT(problems(config), ElementsAre("macs_per_pe: at least one number format needs a rate"));
    config = small_npu();
    config.macs_per_pe.fp32 = 1;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("fp32 products belong to the vector unit")));
    config = small_npu();
    config.macs_per_pe.int4 = 4;
    EXPECT_THAT(problems(config), ElementsAre("energy_per_mac: int4 has a rate but no energy"));
    config = small_npu();
    config.macs_per_pe.w4a16 = 1;
    EXPECT_THAT(problems(config), ElementsAre("energy_per_mac: w4a16 has a rate but no energy"));
    config = small_npu();
    config.vector.width_bits = 100;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("multiple of 32")));
}

TEST(NpuConfig, RejectsAScratchpadSmallerThanOneTilePerBuffer) {
    NpuConfig config = small_npu();
    config.array.rows = 64;
    config.array.cols = 64;
    // 2 buffers x (64 x 64 weights + 64 x 64 activations + 4 x 64 x 64 results) = 49152 B.
    config.scratchpad.size = 49152_B;
    EXPECT_THAT(problems(config), IsEmpty());
    config.scratchpad.size = 49151_B;
    EXPECT_THAT(problems(config), ElementsAre(HasSubstr("needs at least 49152 B")));
}

}  // namespace
}  // namespace handset
