// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/micro_kernel.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

/// Two pipes of 128 bit as a Cortex-A720; L2 is as fast as L1 unless a test says otherwise.
CoreLimits core() {
    CoreLimits limits;
    limits.vector_pipes = 2;
    limits.load_pipes = 3;
    limits.issue_width = 6;
    limits.macs_per_cycle = {.fp32 = 8, .fp16 = 16, .dot = 32, .i8mm = 64};
    limits.l1_size = 64_KiB;
    limits.l2_rate = 1024;
    return limits;
}

constexpr MicroKernelConfig kMatrix{
    .instruction = MacInstruction::i8mm, .rows = 8, .columns = 4, .per_group = 6, .unpack = 1, .loop = 4};
constexpr MicroKernelConfig kDot{
    .instruction = MacInstruction::dot, .rows = 8, .columns = 4, .per_group = 5, .unpack = 1, .loop = 4};
constexpr MicroKernelConfig kRow{
    .instruction = MacInstruction::dot, .rows = 1, .columns = 4, .per_group = 5, .unpack = 1, .loop = 4};

MatmulWork work(std::uint32_t m, std::uint32_t n, std::uint32_t k, MacFormat format, std::uint32_t group = 0) {
    return {.m = m, .n = n, .k = k, .format = format, .group = group};
}

TEST(MicroKernel, CountsTheInstructionsOfAGroupOf4BitWeights) {
    const BlockCount block = count_block(work(8, 4, 32, MacFormat::int4, 32), kMatrix, core());
    EXPECT_EQ(block.mac_instructions, 32U) << "8 x 4 x 32 MACs, 32 per SMMLA";
    EXPECT_EQ(block.mac_cycles, 16U) << "two of them per cycle";
    EXPECT_EQ(block.simd, 8U + 8 * 6) << "4 columns x 32 B unpacked are 8 registers; 8 registers of results";
    // 8 rows x 32 B, 4 columns x 16 B of nibbles, 2 of scales, 8 results stored.
    EXPECT_EQ(block.loads, 16U + 4 + 2 + 8);
    // Pipes: 16 + 56 / 2 = 44 cycles; loads: 10; issue: (32 + 56 + 30 + 4) / 6 = 21.
    EXPECT_EQ(block.cycles(core()), 44U);
}

TEST(MicroKernel, GroupsCostMoreThanOneScalePerRow) {
    const auto time = [](std::uint32_t group) {
        return count_block(work(8, 4, 2048, MacFormat::int8, group), kMatrix, core()).cycles(core());
    };
    EXPECT_EQ(time(0), 1024U) << "64 MACs per cycle";
    EXPECT_EQ(time(64), 1024U + 32 * 8 * 6 / 2) << "32 groups, 8 registers of results, 6 slots on 2 pipes";
    EXPECT_EQ(time(32), 1024U + 64 * 8 * 6 / 2);
}

TEST(MicroKernel, SmallBlocksAreBoundByLoads) {
    // One row and one column of registers: two loads per SDOT, three loads per cycle: 1.5 SDOT instead of 2.
    const BlockCount block = count_block(work(1, 4, 3072, MacFormat::int8), kRow, core());
    EXPECT_EQ(block.mac_instructions, 768U);
    EXPECT_EQ(block.mac_cycles, 384U);
    // 3072 B of a row in 192 loads, 4 columns in 768, one result.
    EXPECT_EQ(block.loads, 192U + 768 + 1);
    CoreLimits one_load = core();
    one_load.load_pipes = 1;
    EXPECT_EQ(block.cycles(one_load), 961U);
}

TEST(MicroKernel, DotProductsOfSingleResultsPayForEveryGroupAndSum) {
    constexpr MicroKernelConfig kVecDot{.instruction = MacInstruction::dot,
                                        .rows = 1,
                                        .columns = 1,
                                        .along_contraction = true,
                                        .per_group = 4,
                                        .unpack = 1};
    const BlockCount block = count_block(work(1, 1, 64, MacFormat::int4, 32), kVecDot, core());
    EXPECT_EQ(block.mac_instructions, 4U) << "16 products of one result each";
    EXPECT_EQ(block.mac_cycles, 2U);
    EXPECT_EQ(block.simd, 4U + 2 * 4 + 3) << "unpacking, two groups of one register, the sum across it";
    EXPECT_EQ(block.loads, 4U + 2 + 2 * 2 + 1);
    // 2 + 15 / 2 = 10 cycles for 64 MACs: a tenth of the peak of its instruction.
    EXPECT_EQ(block.cycles(core()), 10U);
    EXPECT_EQ(matmul_cycles(work(3, 5, 64, MacFormat::int4, 32), {kVecDot, kVecDot, kVecDot}, core()), 150_cycles);
}

TEST(MicroKernel, IssueWidthBoundsABlock) {
    CoreLimits narrow = core();
    narrow.issue_width = 2;
    // 32 SMMLA, 30 loads and stores less the scales, 4 scalar: 64 instructions of 8 bit operands, without groups.
    const BlockCount block = count_block(work(8, 4, 32, MacFormat::int8), kMatrix, narrow);
    EXPECT_EQ(block.mac_instructions + block.simd + block.loads + block.scalar, 32U + 16 + 8 + 8 + 4);
    EXPECT_EQ(block.cycles(narrow), 34U);
}

TEST(MicroKernel, ExposedLatenciesAreAdded) {
    CoreLimits in_order = core();
    in_order.group_drain = 12_cycles;
    in_order.l1_latency = 3_cycles;
    const MatmulWork product = work(8, 4, 64, MacFormat::int4, 32);
    const BlockCount block = count_block(product, kMatrix, core());
    EXPECT_EQ(block.cycles(in_order), block.cycles(core()) + 2 * 12 + 3);
}

TEST(MicroKernel, EdgesArePaddedToTheBlock) {
    const auto time = [](std::uint32_t m, std::uint32_t n) {
        return matmul_cycles(work(m, n, 256, MacFormat::int8), {kMatrix, kMatrix, kMatrix}, core());
    };
    EXPECT_EQ(time(8, 1), time(8, 4));
    EXPECT_EQ(time(8, 5), time(8, 8));
    EXPECT_EQ(time(9, 4), time(16, 4));
    EXPECT_EQ(matmul_cycles({}, {kMatrix, kMatrix, kMatrix}, core()), 0_cycles);
}

TEST(MicroKernel, RowsLeftOverTakeTheFasterOfBothKernels) {
    const auto time = [](std::uint32_t m) {
        return matmul_cycles(work(m, 4, 256, MacFormat::int8), {kMatrix, kMatrix, kRow}, core());
    };
    const auto alone = [](const MicroKernelConfig& kernel, std::uint32_t m) {
        return matmul_cycles(work(m, 4, 256, MacFormat::int8), {kernel, kernel, kernel}, core());
    };
    EXPECT_EQ(time(1), alone(kRow, 1));
    EXPECT_LT(alone(kRow, 1), alone(kMatrix, 1));
    EXPECT_EQ(time(9), alone(kMatrix, 8) + alone(kRow, 1));
    EXPECT_EQ(time(7), alone(kMatrix, 8)) << "seven single rows take longer";
}

TEST(MicroKernel, AnEdgeKernelTakesTheRowsThatBlocksLeaveOver) {
    constexpr MicroKernelConfig kEdge{.instruction = MacInstruction::i8mm, .rows = 4, .columns = 4, .loop = 4};
    const auto time = [&](std::uint32_t m, const MicroKernelConfig& gemm, const MicroKernelConfig& edge) {
        return matmul_cycles(work(m, 4, 256, MacFormat::int8), {gemm, edge, kRow}, core());
    };
    EXPECT_EQ(time(12, kMatrix, kEdge), time(8, kMatrix, kMatrix) + time(4, kEdge, kEdge));
    EXPECT_LT(time(12, kMatrix, kEdge), time(16, kMatrix, kMatrix));
    EXPECT_EQ(time(5, kMatrix, kEdge), time(4, kEdge, kEdge) + time(1, kRow, kRow));
}

TEST(MicroKernel, SlotsThatIssueDoesNotFillAreLost) {
    CoreLimits leaky = core();
    leaky.issue_fill = 50;
    const BlockCount block = count_block(work(8, 4, 32, MacFormat::int4, 32), kMatrix, leaky);
    EXPECT_EQ(block.cycles(leaky), 88U) << "44 cycles of full pipes";
}

TEST(MicroKernel, PanelsThatLeaveL1AreBoundByL2) {
    CoreLimits slow = core();
    slow.l2_rate = 4;
    // 8 rows of 16 KiB and 4 columns of 16 KiB leave 64 KiB: both panels come anew for each of 2 x 3 blocks.
    const MatmulWork big = work(16, 12, 16384, MacFormat::int8);
    EXPECT_EQ(matmul_cycles(big, {kMatrix, kMatrix, kMatrix}, slow).count(), 6U * (8 + 4) * 16384 / 4);
    // At 2 KiB they stay, but not all 64 rows (128 KiB): rows come for each of three panels, each panel comes once.
    const MatmulWork middle = work(64, 12, 2048, MacFormat::int8);
    slow.l2_rate = 1;
    EXPECT_EQ(matmul_cycles(middle, {kMatrix, kMatrix, kMatrix}, slow).count(), 3U * (64 + 4) * 2048);
    // 16 rows stay (32 KiB): everything comes once.
    const MatmulWork small = work(16, 12, 2048, MacFormat::int8);
    EXPECT_EQ(matmul_cycles(small, {kMatrix, kMatrix, kMatrix}, slow).count(),
              std::max<std::uint64_t>((16 + 12) * 2048, 6 * count_block(small, kMatrix, slow).cycles(slow)));
}

TEST(MicroKernel, MoreOfAnythingIsNeverSlower) {
    const MicroKernelConfig kernels[] = {kMatrix, kDot, kRow};
    for (const MicroKernelConfig& kernel : kernels) {
        for (const std::uint32_t m : {1U, 7U, 64U}) {
            const MatmulWork product = work(m, 100, 1024, MacFormat::int4, 32);
            CoreLimits better = core();
            Cycles before = matmul_cycles(product, {kernel, kernel, kRow}, better);
            const auto no_slower = [&](const char* what) {
                const Cycles now = matmul_cycles(product, {kernel, kernel, kRow}, better);
                EXPECT_LE(now, before) << what;
                before = now;
            };
            better.load_pipes = 4;
            no_slower("load pipes");
            better.issue_width = 12;
            no_slower("issue width");
            better.vector_pipes = 4;
            better.macs_per_cycle = {.fp32 = 16, .fp16 = 32, .dot = 64, .i8mm = 128};
            no_slower("pipes");
            better.vector_bits = 256;
            better.macs_per_cycle = {.fp32 = 32, .fp16 = 64, .dot = 128, .i8mm = 256};
            no_slower("width");
            better.l2_rate = 4096;
            no_slower("L2");
        }
    }
}

TEST(MicroKernel, NeverBeatsThePeakOfItsInstruction) {
    for (const std::uint32_t m : {1U, 2U, 31U}) {
        for (const std::uint32_t k : {1U, 8U, 129U}) {
            const MatmulWork product = work(m, 33, k, MacFormat::int8);
            EXPECT_GE(matmul_cycles(product, {kMatrix, kMatrix, kRow}, core()).count() * 64, product.macs().count());
        }
    }
}

TEST(MicroKernel, BlocksNeedRegisters) {
    EXPECT_EQ(registers_needed(kMatrix, 128), 8U + 2);
    EXPECT_EQ(registers_needed({.instruction = MacInstruction::dot, .rows = 8, .columns = 12}, 128), 24U + 2);
    EXPECT_EQ(registers_needed({.instruction = MacInstruction::fp16, .rows = 6, .columns = 16}, 128), 12U + 2);
}

}  // namespace
}  // namespace handset
