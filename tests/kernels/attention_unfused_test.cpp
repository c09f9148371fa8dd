// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/attention_cases.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;
using Dims = AttentionDims;

struct ScratchTraffic {
    std::uint64_t loaded = 0;
    std::uint64_t stored = 0;
};

ScratchTraffic scratch_traffic(const TileProgram& program) {
    ScratchTraffic out;
    for (const Tile& tile : program.tiles) {
        for (std::uint32_t i = 0; i < tile.loads; ++i) {
            const Transfer& transfer = program.transfers[tile.first_load + i];
            out.loaded += transfer.operand == 4 ? transfer.bytes().count() : 0;
        }
        for (std::uint32_t i = 0; i < tile.stores; ++i) {
            const Transfer& transfer = program.transfers[tile.first_store + i];
            out.stored += transfer.operand == 4 ? transfer.bytes().count() : 0;
        }
    }
    return out;
}

TileProgram unfused(const Dims& d, const std::string& device) {
    return attention_kernel().lower(with_lowering(make_op(attention(d)), "unfused"), test_device(device));
}

TEST(UnfusedAttention, StoresAndLoadsEveryScoreTwice) {
    // Scores are stored, read by the softmax, stored as weights, read again: 4 bytes per head, row and key each time.
    for (const Dims& d : {Dims{1, 1000, 8, 2, 64}, Dims{97, 131, 6, 3, 32}, Dims{33, 33, 7, 7, 8}}) {
        const std::uint64_t scores = static_cast<std::uint64_t>(d.heads) * d.rows * d.kv_len * 4;
        for (const char* device : {"npu", "cpu", "gpu"}) {
            const TileProgram program = unfused(d, device);
            EXPECT_EQ(program.scratch.count(), scores) << device;
            EXPECT_EQ(scratch_traffic(program).loaded, 2 * scores) << device;
            EXPECT_EQ(scratch_traffic(program).stored, 2 * scores) << device;
            EXPECT_EQ(lowered(d, device).scratch, 0_B) << device;
        }
    }
}

TEST(UnfusedAttention, ComputesAllPairsMaskedOrNot) {
    // 2 products x heads x rows x keys x 64; the softmax looks at every pair: scale and 1 / sum, maximum and sum.
    for (const char* device : {"npu", "cpu", "gpu"}) {
        const TileProgram program = unfused({100, 300, 8, 2, 64}, device);
        constexpr std::uint64_t kPairs = std::uint64_t{8} * 100 * 300;
        EXPECT_EQ(program.macs().count(), 2 * kPairs * 64) << device;
        Work total;
        for (const Tile& tile : program.tiles) {
            for (std::size_t i = 0; i < kVectorOps; ++i) {
                total.add(static_cast<VectorOp>(i), tile.work.count(static_cast<VectorOp>(i)));
            }
        }
        EXPECT_EQ(total.count(VectorOp::exp), kPairs) << device;
        EXPECT_EQ(total.count(VectorOp::mul), 2 * kPairs) << device;
        EXPECT_EQ(total.count(VectorOp::reduce), 2 * kPairs) << device;
        EXPECT_EQ(total.count(VectorOp::add), kPairs) << device;
        EXPECT_EQ(total.count(VectorOp::divide), 8U * 100) << device;
    }
}

TEST(UnfusedAttention, GivesTheNumbersOfTheFusedFormWithinRounding) {
    const KernelCase c = attention({70, 150, 8, 2, 16});
    const OpNode fused = make_op(c);
    const OpNode apart = with_lowering(fused, "unfused");
    for (const char* device : {"npu", "cpu", "gpu"}) {
        auto one = make_operands(c, fused);
        auto other = one;
        std::vector<std::span<std::byte>> one_views(one.begin(), one.end());
        std::vector<std::span<std::byte>> other_views(other.begin(), other.end());
        interpret(attention_kernel(), fused, attention_kernel().lower(fused, test_device(device)), one_views);
        interpret(attention_kernel(), apart, attention_kernel().lower(apart, test_device(device)), other_views);
        const Matrix a = decode(fused.outputs[0], one[3]);
        const Matrix b = decode(fused.outputs[0], other[3]);
        for (std::size_t i = 0; i < a.values.size(); ++i) {
            ASSERT_NEAR(a.values[i], b.values[i], 1e-6) << device << " element " << i;
        }
    }
}

TEST(UnfusedAttention, LanesMeetBetweenTheStages) {
    const TileProgram program = unfused({1, 100, 12, 12, 16}, "cpu");
    std::size_t meetings = 0;
    for (const Tile& tile : program.tiles) {
        meetings += tile.barrier ? 1 : 0;
        EXPECT_TRUE(!tile.barrier || (tile.loads == 0 && tile.stores == 0));
    }
    EXPECT_EQ(meetings, 2U);
}

TEST(UnfusedAttention, ShowsAMissingBarrierInItsNumbers) {
    const KernelCase c = attention({40, 80, 4, 2, 16});
    const OpNode op = with_lowering(make_op(c), "unfused");
    TileProgram program = attention_kernel().lower(op, test_device("npu"));
    auto good = make_operands(c, op);
    auto bad = good;
    std::vector<std::span<std::byte>> good_views(good.begin(), good.end());
    std::vector<std::span<std::byte>> bad_views(bad.begin(), bad.end());
    interpret_eagerly(attention_kernel(), op, program, good_views);
    for (Tile& tile : program.tiles) {
        tile.barrier = false;
    }
    interpret_eagerly(attention_kernel(), op, program, bad_views);
    EXPECT_NE(good[3], bad[3]);
}

TEST(UnfusedAttention, NeedsRoomForOneRowOfScores) {
    const OpNode op = with_lowering(make_op(attention({1, 70000, 1, 1, 8})), "unfused");  // 280,000 bytes
    EXPECT_FALSE(attention_kernel().supports(op, test_device("cpu")));                    // has 256 KiB
    EXPECT_TRUE(attention_kernel().supports(op, test_device("gpu")));
    EXPECT_THAT(config_error([&] { (void)attention_kernel().lower(op, test_device("cpu")); }),
                HasSubstr("needs 280000 B of local store"));
}

}  // namespace
}  // namespace handset::test
