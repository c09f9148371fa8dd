// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/attention_cases.h"
#include "workloads/kernels/attention_plan.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;
using Dims = AttentionDims;

TEST(Attention, DecodesOneRowAgainstCachesOfEveryLength) {
    for (const std::uint64_t keys : {1, 2, 31, 32, 33, 127, 128, 129, 1021}) {
        check_kernel(attention({1, keys, 4, 2, 8}));
    }
}

TEST(Attention, PrefillsOddRowCounts) {
    for (const std::uint64_t rows : {1, 2, 31, 32, 33, 97}) {
        check_kernel(attention({rows, rows, 3, 1, 16}));
    }
}

TEST(Attention, AppendsAChunkToAnExistingCache) {
    check_kernel(attention({5, 70, 4, 4, 16}));
    check_kernel(attention({33, 64 + 33, 8, 2, 24}));
    check_kernel(attention({130, 180, 6, 3, 32}));
}

TEST(Attention, SharesKeysAmongTheHeadsOfAGroup) {
    check_kernel(attention({3, 50, 14, 2, 16}));  // fewer kv heads than lanes
    check_kernel(attention({3, 50, 16, 8, 16}));  // more
    check_kernel(attention({3, 50, 8, 1, 16}));   // one for all
}

TEST(Attention, ReadsAHalfPrecisionCache) {
    check_kernel(attention({1, 200, 8, 4, 32, NumberFormat::fp16}));
    check_kernel(attention({40, 200, 8, 4, 32, NumberFormat::fp16}));
}

TEST(Attention, SeesOnlyItsWindow) {
    for (const std::int64_t window : {1, 5, 32, 33, 500}) {
        check_kernel(attention({1, 150, 4, 2, 8, NumberFormat::fp32, window}));
        check_kernel(attention({70, 150, 4, 2, 8, NumberFormat::fp32, window}));
    }
}

TEST(Attention, SeesEverythingWhenNotCausal) {
    check_kernel(attention({40, 100, 4, 4, 16, NumberFormat::fp32, 0, false}));
    check_kernel(attention({100, 7, 4, 4, 16, NumberFormat::fp32, 0, false}));  // cross attention
}

/// Rows of the cache from `filled` on hold what was in memory before.
KernelCase part_filled(const Dims& d, std::uint64_t filled) {
    KernelCase c = attention(d);
    for (const std::size_t operand : {1U, 2U}) {
        c.inputs[operand].fill = [filled](std::uint64_t row, std::uint64_t col) {
            return row >= filled ? std::numeric_limits<float>::quiet_NaN()
                                 : static_cast<float>((row * 37 + col * 11) % 64) / 32.0F - 1.0F;
        };
    }
    return c;
}

TEST(Attention, MasksWhatACacheOfFixedLengthDoesNotHoldYet) {
    for (const std::int64_t position : {0, 1, 31, 32, 63, 99}) {
        const auto filled = static_cast<std::uint64_t>(position) + 1;
        check_kernel(part_filled({1, 100, 4, 2, 8, NumberFormat::fp16, 0, true, position}, filled));
        check_kernel(part_filled({1, 100, 4, 2, 8, NumberFormat::fp16, 20, true, position}, filled));
    }
    check_kernel(part_filled({40, 200, 4, 2, 16, NumberFormat::fp32, 0, true, 0}, 40));
    check_kernel(part_filled({40, 200, 4, 2, 16, NumberFormat::fp32, 0, true, 70}, 110));
    check_kernel(part_filled({40, 200, 4, 2, 16, NumberFormat::fp32, 33, true, 160}, 200));
}

TEST(Attention, AFixedCacheCostsTheSameAtEveryPosition) {
    // All 1000 keys and values of 2 heads of 64, 2 products of 8 heads.
    for (const char* device : {"npu", "cpu", "gpu"}) {
        const TileProgram first = lowered({1, 1000, 8, 2, 64, NumberFormat::fp16, 0, true, 0}, device);
        EXPECT_EQ(first, lowered({1, 1000, 8, 2, 64, NumberFormat::fp16, 0, true, 999}, device)) << device;
        EXPECT_EQ(first.macs().count(), 2U * 8 * 64 * 1000) << device;
        EXPECT_GE(first.bytes_loaded().count(), 8U * 64 * 4 + 2U * 1000 * 2 * 64 * 2) << device;
    }
    const OpNode early = make_op(attention({1, 1000, 8, 2, 64, NumberFormat::fp16, 0, true, 0}));
    OpNode late = make_op(attention({1, 1000, 8, 2, 64, NumberFormat::fp16, 0, true, 999}));
    EXPECT_EQ(signature(early), signature(late)) << "one static graph serves every step";
    late.attrs.set("fixed", std::int64_t{0});
    EXPECT_NE(signature(early), signature(late));
}

TEST(Attention, DoesNotOverflowOnLargeScores) {
    KernelCase c = attention({4, 40, 2, 1, 8});
    c.inputs[0].fill = [](std::uint64_t, std::uint64_t) { return 300.0F; };
    c.inputs[1].fill = [](std::uint64_t row, std::uint64_t) { return static_cast<float>(row); };
    // Scores reach 300 * 39 * 8 / sqrt(8) = 33,094: the last visible key takes all the weight.
    c.oracle = [](const OpNode&, const std::vector<Matrix>& in) {
        Matrix out = zeros(in[0].shape);
        for (std::uint64_t row = 0; row < 4; ++row) {
            for (std::uint64_t col = 0; col < 16; ++col) {
                out.at(row, col) = in[2].at(36 + row, col % 8);
            }
        }
        return std::vector<Matrix>{out};
    };
    check_kernel(c);
}

TEST(Attention, CutsHeadsWhenWholeRowsDoNotFitTheLocalStore) {
    // 32 keys of 8 heads of 64 floats and their values alone are 128 KiB.
    DeviceCaps caps = test_device("npu");
    caps.local_bytes = 128_KiB;
    const KernelCase c = attention({40, 80, 8, 8, 64});
    const OpNode op = make_op(c);
    const TileProgram program = attention_kernel().lower(op, caps);
    EXPECT_LE(program.local_bytes, caps.local_bytes);
    EXPECT_LT(AttentionRegion::of(program.tiles[0]).heads.count, 8U);
    EXPECT_EQ(eager_output(c, op, program), eager_output(c, op, attention_kernel().lower(op, test_device("npu"))));
}

TEST(Attention, DecodeMacsAreTwoPerVisibleElement) {
    // 2 products x 8 heads x 64 x keys seen
    for (const char* device : {"npu", "cpu", "gpu"}) {
        EXPECT_EQ(lowered({1, 1000, 8, 2, 64}, device).macs().count(), 2U * 8 * 64 * 1000) << device;
        EXPECT_EQ(lowered({1, 1000, 8, 2, 64, NumberFormat::fp32, 100}, device).macs().count(), 2U * 8 * 64 * 100);
    }
}

TEST(Attention, PrefillMacsAreTheRectanglesThatTouchTheDiagonal) {
    // One tile of 100 keys sees all 100 rows. Of 300 keys in tiles of 128, 128, 44 the later ones are computed for the
    // rows from their first key on: 300 x 128 + 172 x 128 + 44 x 44.
    EXPECT_EQ(lowered({100, 100, 2, 2, 16}, "npu").macs().count(), 2U * 2 * 16 * 100 * 100);
    EXPECT_EQ(lowered({300, 300, 2, 2, 16}, "npu").macs().count(), 2U * 2 * 16 * (300 * 128 + 172 * 128 + 44 * 44));
}

TEST(Attention, NeverCountsFewerMacsThanItsPairsOrMoreThanABlockAboveTheDiagonal) {
    for (const Dims& d :
         {Dims{97, 97, 4, 2, 8}, Dims{64, 300, 4, 2, 8}, Dims{130, 200, 4, 2, 8, NumberFormat::fp32, 40}}) {
        for (const char* device : {"npu", "cpu", "gpu"}) {
            const std::uint64_t pairs = lowered(d, device).macs().count() / (2 * 4 * 8);
            EXPECT_GE(pairs, visible_pairs(d)) << device;
            // A tile reaches at most 128 keys past what a row sees, on either side.
            EXPECT_LE(pairs, visible_pairs(d) + d.rows * 2 * 128) << device;
        }
    }
}

TEST(Attention, CountsVectorWorkOfADecodeTile) {
    // 40 keys in one tile of one kv head: 2 heads x 40 pairs, 2 blocks of 32 keys, vectors of 8.
    DeviceCaps caps = test_device("npu");
    caps.macs_per_second = {1, 0, 0, 0};
    const KernelCase c = attention({1, 40, 2, 1, 8, NumberFormat::fp16});
    const TileProgram program = attention_kernel().lower(make_op(c), caps);
    ASSERT_EQ(program.tiles.size(), 2U);  // 32 keys, 8 keys
    const Work total = vector_work(program);
    EXPECT_EQ(total.count(VectorOp::exp), 80U + 2 * 2);
    EXPECT_EQ(total.count(VectorOp::reduce), 2U * 80);
    EXPECT_EQ(total.count(VectorOp::add), 80U);
    EXPECT_EQ(total.count(VectorOp::mul), 80U + 2 * 2 * 9 + 16);  // scale; rescale 8 + 1 per block; final
    EXPECT_EQ(total.count(VectorOp::divide), 2U);
    EXPECT_EQ(total.count(VectorOp::dequantise), 2U * 40 * 8);  // fp16 cache on fp32 units
    EXPECT_EQ(total.count(VectorOp::move), 16U);
}

TEST(Attention, AsksForHalfPrecisionMacsOnlyWhenTheCacheIsHalf) {
    EXPECT_EQ(lowered({1, 40, 2, 1, 8}, "npu").tiles[0].work.matmuls[0].format, MacFormat::fp32);
    EXPECT_EQ(lowered({1, 40, 2, 1, 8, NumberFormat::fp16}, "npu").tiles[0].work.matmuls[0].format, MacFormat::fp16);
}

TEST(Attention, LoadsWholeRowsOfKeysInOnePieceOnOneLane) {
    const TileProgram program = lowered({1, 1024, 32, 8, 64, NumberFormat::fp16}, "npu");
    EXPECT_EQ(program.tiles.size(), 4U);
    for (const Transfer& transfer : program.transfers) {
        EXPECT_EQ(transfer.row_bytes, transfer.row_stride);
    }
    // Queries 32 x 64 x 4 once, keys and values once.
    EXPECT_EQ(program.bytes_loaded().count(), 32U * 64 * 4 + 2U * 1024 * 8 * 64 * 2);
}

TEST(Attention, LoadsOnlyTheKeysOfItsWindow) {
    for (const char* device : {"npu", "cpu", "gpu"}) {
        // 8 heads on 8, so that no lane loads a key twice: queries, then keys and values 901 to 1000 of 1000.
        EXPECT_EQ(lowered({1, 1000, 8, 8, 64, NumberFormat::fp16, 100}, device).bytes_loaded().count(),
                  8U * 64 * 4 + 2U * 100 * 8 * 64 * 2)
            << device;
    }
    // 4 rows see 103 keys between them.
    EXPECT_EQ(lowered({4, 1000, 8, 8, 64, NumberFormat::fp16, 100}, "npu").bytes_loaded().count(),
              4U * 8 * 64 * 4 + 2U * 103 * 8 * 64 * 2);
}

TEST(Attention, LanesOfAGroupedCacheLoadEveryKeyOnce) {
    const TileProgram program = lowered({1, 300, 16, 8, 32}, "cpu");
    EXPECT_EQ(program.bytes_loaded().count(), 16U * 32 * 4 + 2U * 300 * 8 * 32 * 4);
    std::uint32_t lanes = 0;
    for (const Tile& tile : program.tiles) {
        lanes = std::max(lanes, tile.lane + 1);
    }
    EXPECT_GT(lanes, 3U);
}

TEST(Attention, FasterLanesTakeMoreHeads) {
    const AttentionShape shape = attention_shape(make_op(attention({1, 10, 37, 37, 8})));
    const std::vector<HeadRange> split = split_heads(shape, test_device("cpu"));
    // Speeds 10 7 7 7 3 3 sum to 37.
    std::vector<std::uint32_t> counts;
    for (const HeadRange& range : split) {
        counts.push_back(range.count);
    }
    EXPECT_THAT(counts, testing::ElementsAre(10, 7, 7, 7, 3, 3));
}

/// What keeps the tiles of a lowering in order, to be taken away.
struct Ordering {
    const char* lowering;
    Dims dims;
    void (*drop)(Tile& tile);
};
class OrderedAttention : public testing::TestWithParam<Ordering> {};

TEST_P(OrderedAttention, ShowsInItsNumbersWhenOrderIsMissing) {
    const KernelCase c = attention(GetParam().dims);
    const OpNode op = with_lowering(make_op(c), GetParam().lowering);
    TileProgram program = attention_kernel().lower(op, test_device("npu"));
    const std::vector<std::byte> good = eager_output(c, op, program);
    for (Tile& tile : program.tiles) {
        GetParam().drop(tile);
    }
    EXPECT_NE(good, eager_output(c, op, program));
}

const Ordering kOrderings[] = {
    {"fused", {1, 256, 2, 2, 8}, [](Tile& tile) { tile.loads_after = kNone; }},  // reuse of buffers
    {"unfused", {40, 80, 4, 2, 16}, [](Tile& tile) { tile.barrier = false; }},   // stages
};
INSTANTIATE_TEST_SUITE_P(Lowerings, OrderedAttention, testing::ValuesIn(kOrderings),
                         [](const auto& test) { return std::string(test.param.lowering); });

TEST(Attention, NamesTheLoweringsItKnows) {
    const OpNode op = with_lowering(make_op(attention({1, 10, 1, 1, 8})), "blocked");
    EXPECT_THAT(config_error([&] { (void)attention_kernel().lower(op, test_device("cpu")); }),
                HasSubstr("unknown lowering 'blocked'; known: auto, fused, unfused"));
}

std::string error_of(const std::function<void(KernelCase&)>& change) {
    KernelCase c = attention({2, 10, 4, 2, 8});
    change(c);
    return config_error([&] { (void)make_op(c); });
}

TEST(Attention, NamesWhatDoesNotFitTogether) {
    EXPECT_THAT(error_of([](KernelCase& c) { c.attrs = {}; }), HasSubstr("attention '2 rows"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.attrs = {}; }), HasSubstr("needs the attribute 'heads'"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.attrs.set("heads", std::int64_t{0}); }),
                HasSubstr("heads must be at least 1, is 0"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.attrs.set("kv_heads", std::int64_t{3}); }),
                HasSubstr("4 heads are not a multiple of 3 kv_heads"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[0].shape.cols = 31; }), HasSubstr("queries have 31 columns"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[1].shape.cols = 8; }), HasSubstr("keys have 8 columns"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[2].shape.rows = 9; }), HasSubstr("differ in shape"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[2].format = NumberFormat::fp16; }),
                HasSubstr("differ in format"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[1].format = c.inputs[2].format = NumberFormat::int8; }),
                HasSubstr("must be fp32 or fp16, not int8"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[0].format = NumberFormat::fp16; }),
                HasSubstr("queries must be fp32"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs[0].shape.rows = 11; }), HasSubstr("there are 10"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.attrs.set("scale", -1.0); }), HasSubstr("scale must be"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.attrs.set("window", std::int64_t{-1}); }), HasSubstr("window must be"));
    EXPECT_THAT(error_of([](KernelCase& c) { c.inputs.pop_back(); }), HasSubstr("needs 3 inputs, has 2"));
    const auto fixed = [](KernelCase& c) { c.attrs.set("fixed", std::int64_t{1}); };
    EXPECT_THAT(error_of([&](KernelCase& c) {
                    fixed(c);
                    c.runtime.set("position", std::int64_t{9});
                }),
                HasSubstr("rows from position 9 end behind the 10 fixed keys"));
    EXPECT_THAT(error_of([&](KernelCase& c) {
                    fixed(c);
                    c.attrs.set("causal", std::int64_t{0});
                }),
                HasSubstr("need causal = 1"));
}

TEST(Attention, RefusesDevicesItCannotRunOn) {
    const OpNode op = make_op(attention({1, 10, 4, 2, 64}));
    DeviceCaps storage = test_device("npu");
    storage.kind = DeviceKind::storage;
    EXPECT_FALSE(attention_kernel().supports(op, storage));
    DeviceCaps integer_only = test_device("npu");
    integer_only.macs_per_second = {0, 0, 1, 1};
    EXPECT_FALSE(attention_kernel().supports(op, integer_only));
    // 32 keys and values of one head of 64 floats are 16 KiB.
    EXPECT_FALSE(attention_kernel().supports(op, test_device("tiny")));
    EXPECT_THAT(config_error([&] { (void)attention_kernel().lower(op, test_device("tiny")); }),
                HasSubstr("local store"));
}

}  // namespace
}  // namespace handset::test
