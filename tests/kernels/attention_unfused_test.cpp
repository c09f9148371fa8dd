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
        const Work total = vector_work(program);
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
        const auto output = [&](const OpNode& op) {
            return decode(op.outputs[0], eager_output(c, op, attention_kernel().lower(op, test_device(device))));
        };
        const Matrix a = output(fused);
        const Matrix b = output(apart);
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

TEST(UnfusedAttention, NeedsRoomForOneRowOfScores) {
    const OpNode op = with_lowering(make_op(attention({1, 70000, 1, 1, 8})), "unfused");  // 280,000 bytes
    EXPECT_FALSE(attention_kernel().supports(op, test_device("cpu")));                    // has 256 KiB
    EXPECT_TRUE(attention_kernel().supports(op, test_device("gpu")));
    EXPECT_THAT(config_error([&] { (void)attention_kernel().lower(op, test_device("cpu")); }),
                HasSubstr("needs 280000 B of local store"));
}

}  // namespace
}  // namespace handset::test
