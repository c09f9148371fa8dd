// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using enum NumberFormat;

OpNode product(std::uint64_t m, NumberFormat a, NumberFormat w, const std::string& lowering = "") {
    KernelCase c;
    c.name = "probe";
    c.kernel = &matmul_kernel();
    c.inputs = {{.shape = {m, 1024}, .format = a, .fill = {}}, {.shape = {512, 1024}, .format = w, .fill = {}}};
    if (!lowering.empty()) {
        for (const char* kind : {"cpu", "gpu", "npu"}) {
            c.attrs.set(std::string("lowering.") + kind, lowering);
        }
    }
    return make_op(c);
}

TileProgram lower(const OpNode& op, const char* device) {
    return matmul_kernel().lower(op, test_device(device));
}

std::uint64_t elements(const TileProgram& program, VectorOp op) {
    std::uint64_t total = 0;
    for (const Tile& tile : program.tiles) {
        total += tile.work.count(op);
    }
    return total;
}

TEST(MatmulLowering, DecodeAndPrefillAreLoweredDifferently) {
    EXPECT_THAT(lower(product(1, q8_0, q8_0), "cpu").mapping, StartsWith("gemv: "));
    EXPECT_THAT(lower(product(64, q8_0, q8_0), "cpu").mapping, StartsWith("packed_gemm: "));
    EXPECT_THAT(lower(product(1, fp16, fp16), "gpu").mapping, StartsWith("gemv_wave: "));
    EXPECT_THAT(lower(product(64, fp16, fp16), "gpu").mapping, StartsWith("tiled_gemm: "));
}

TEST(MatmulLowering, NamedLoweringsSayWhatTheyDo) {
    const TileProgram packed = lower(product(8, fp32, fp32, "packed_gemm"), "cpu");
    EXPECT_GE(elements(packed, VectorOp::move), 8U * 1024U) << "activations are packed at least once";
    const TileProgram gemv = lower(product(8, fp32, fp32, "gemv"), "cpu");
    EXPECT_EQ(elements(gemv, VectorOp::move), 0U) << "a whole contraction is neither packed nor added up in parts";
    EXPECT_EQ(gemv.tiles[0].work.matmuls[0].m, 1U);
    EXPECT_EQ(gemv.tiles[0].work.matmuls[0].count, gemv.tiles[0].region[1]);
    // A wave of 64 lanes adds up its sums, for every part of the contraction.
    const TileProgram wave = lower(product(1, fp32, fp32, "gemv_wave"), "gpu");
    EXPECT_EQ(elements(wave, VectorOp::reduce) % (512U * 64U), 0U);
    EXPECT_GT(elements(wave, VectorOp::reduce), 0U);
    for (const char* name : {"resident_weights", "resident_activations"}) {
        EXPECT_THAT(lower(product(64, int8, int8, name), "npu").mapping,
                    HasSubstr(name == std::string("resident_weights") ? "weights resident" : "activations resident"));
    }
}

// Every lane packs the activations that it loads, once, in their own width; the blocks of weights that meet them then
// use the same panels.
TEST(MatmulLowering, PackedActivationsAreMovedOncePerLaneAndLoad) {
    for (const auto& [format, width] : {std::pair{fp32, ElementFormat::fp32}, std::pair{fp16, ElementFormat::fp16},
                                        std::pair{q8_0, ElementFormat::int8}}) {
        OpNode op = product(64, format, format, "packed_gemm");
        op.attrs.set("tile.order", "activations");
        op.attrs.set("tile.k", std::int64_t{1024});
        op.attrs.set("tile.m", std::int64_t{16});
        op.attrs.set("tile.n", std::int64_t{8});
        const TileProgram program = lower(op, "cpu");
        std::uint64_t moved = 0;
        std::set<std::uint32_t> lanes;
        for (const Tile& tile : program.tiles) {
            moved += tile.work.elements[static_cast<std::size_t>(VectorOp::move)][static_cast<std::size_t>(width)];
            lanes.insert(tile.lane);
        }
        EXPECT_GT(lanes.size(), 1U);
        EXPECT_EQ(moved, lanes.size() * 64 * 1024);
        EXPECT_EQ(elements(program, VectorOp::move), moved) << "no moves in another width";
    }
}

// 1024 / 32 groups: each a product of depth 32, and for each of its 64 x 512 sums a conversion, two products and an
// addition in float. Per row: one conversion and two products per result.
TEST(MatmulLowering, SplitGroupsAreProductsOfTheirOwnAddedInFloat) {
    const TileProgram split = lower(product(64, q8_0, q8_0, "group_split"), "npu");
    const MatmulWork& work = split.tiles[0].work.matmuls[0];
    EXPECT_EQ(work.k, 32U);
    EXPECT_EQ(work.count * 32U, split.tiles[0].region[5]);
    EXPECT_EQ(split.macs().count(), 64U * 512U * 1024U);
    EXPECT_EQ(split.vector_elements(), 4U * 64U * 512U * 32U);
    const TileProgram whole = lower(product(64, int8, int8), "npu");
    EXPECT_EQ(whole.vector_elements(), 3U * 64U * 512U);
}

TEST(MatmulLowering, NarrowWeightsAreDequantisedOrLookedUpForHalfPrecision) {
    // Every weight at least once; none when the array unpacks them.
    EXPECT_GE(elements(lower(product(4, fp16, q4_0, "lut"), "npu"), VectorOp::gather), 512U * 1024U);
    EXPECT_GE(elements(lower(product(64, q8_0, q4_0, "fold_scales"), "npu"), VectorOp::dequantise), 512U * 1024U);
    DeviceCaps mixed = test_device("npu");
    mixed.macs_per_second = {0, 1, 1, 1, 1, 1};
    const TileProgram unpacked = matmul_kernel().lower(product(4, fp16, q4_0), mixed);
    EXPECT_EQ(unpacked.tiles[0].work.matmuls[0].format, MacFormat::w4a16);
    EXPECT_EQ(elements(unpacked, VectorOp::dequantise), 0U);
}

// The pass loads what is stored and stores two bytes per weight; the product then reads the copy as
// often as the tiled product reads fp16 weights, of which it differs only in where they lie.
TEST(MatmulLowering, RelaidWeightsCostTheirStoredBytesAndTwiceTheirCopy) {
    constexpr std::uint64_t kWeights = std::uint64_t{512} * 1024;
    for (const auto& [format, stored] : {std::pair{fp16, 2 * kWeights}, std::pair{int8, kWeights + 512 * 4},
                                         std::pair{q8_0, kWeights / 32 * 34}, std::pair{q4_0, kWeights / 32 * 18}}) {
        const TileProgram direct = lower(product(64, fp16, fp16, "tiled_gemm"), "gpu");
        const TileProgram relaid = lower(product(64, fp16, format, "relayout_gemm"), "gpu");
        EXPECT_THAT(relaid.mapping, StartsWith("relayout_gemm: fp16 copy of the weights, then tiled_gemm: "));
        EXPECT_EQ(relaid.scratch, Bytes{2 * kWeights});
        EXPECT_EQ(relaid.bytes_loaded(), direct.bytes_loaded() + Bytes{stored});
        EXPECT_EQ(relaid.bytes_stored(), direct.bytes_stored() + Bytes{2 * kWeights});
        EXPECT_EQ(relaid.macs().count(), 64 * kWeights);
        const VectorOp pass = format == fp16 ? VectorOp::move : VectorOp::dequantise;
        EXPECT_EQ(elements(relaid, pass), elements(direct, pass) + kWeights) << "each weight is converted once";
        std::uint64_t copied = 0;
        for (const Transfer& transfer : relaid.transfers) {
            copied += transfer.operand == 3 ? transfer.bytes().count() : 0;
        }
        EXPECT_GE(copied, 2 * 2 * kWeights) << "written once, read at least once";
    }
}

TEST(MatmulLowering, NoProductTileStartsBeforeTheCopyIsWhole) {
    const TileProgram program = lower(product(64, fp16, q4_0, "relayout_gemm"), "gpu");
    std::size_t meeting = 0;
    while (meeting < program.tiles.size() && !program.tiles[meeting].barrier) {
        EXPECT_EQ(program.tiles[meeting].work.macs(), Macs{}) << "tile " << meeting;
        ++meeting;
    }
    ASSERT_LT(meeting, program.tiles.size());
    for (std::size_t i = meeting + 1; i < program.tiles.size(); ++i) {
        EXPECT_NE(program.tiles[i].loads_after, kNone);
        EXPECT_GE(program.tiles[i].loads_after, meeting) << "tile " << i;
    }
}

TEST(MatmulLowering, UnknownOrImpossibleLoweringsAreRejected) {
    const auto error = [](const OpNode& op, const char* device) {
        return config_error([&] { (void)lower(op, device); });
    };
    EXPECT_THAT(error(product(1, fp32, fp32, "gemv_wave"), "npu"),
                HasSubstr("matmul 'probe' on npu: unknown lowering 'gemv_wave'"));
    EXPECT_THAT(error(product(1, fp32, fp32, "group_split"), "npu"),
                HasSubstr("lowering 'group_split' is none for fp32 x fp32 on npu; these are: resident_weights, "
                          "resident_activations"));
    EXPECT_THAT(error(product(4, int8, int8, "relayout_gemm"), "gpu"),
                HasSubstr("lowering 'relayout_gemm' is none for int8 x int8 on gpu; these are: tiled_gemm, gemv_wave"));
    EXPECT_THAT(error(product(4, fp32, bf16, "relayout_gemm"), "gpu"), HasSubstr("'relayout_gemm' is none for"));
    EXPECT_THAT(error(product(4, fp16, fp16, "relayout_gemm"), "npu"), HasSubstr("unknown lowering 'relayout_gemm'"));
}

}  // namespace
}  // namespace handset::test
