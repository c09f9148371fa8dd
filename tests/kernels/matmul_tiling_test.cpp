// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/kernels/harness.h"
#include "workloads/kernels/tiling.h"

namespace handset::test {
namespace {

OpNode plain_op(Shape shape) {
    OpNode op;
    op.name = "probe";
    op.kernel = "probe";
    const TensorUse use{.tensor = TensorId{0}, .shape = shape, .format = NumberFormat::fp32, .offset = Bytes{}};
    op.inputs = {use, use};
    op.outputs = {use};
    return op;
}

std::vector<std::uint64_t> counts(const std::vector<Range>& ranges) {
    std::vector<std::uint64_t> out;
    std::uint64_t at = 0;
    for (const Range& range : ranges) {
        EXPECT_EQ(range.first, at) << "ranges follow one another";
        at += range.count;
        out.push_back(range.count);
    }
    return out;
}

TEST(SplitBySpeed, SharesInProportion) {
    using testing::ElementsAre;
    EXPECT_THAT(counts(split_by_speed(100, {3, 1}, 1)), ElementsAre(75, 25));
    EXPECT_THAT(counts(split_by_speed(1, {3, 7, 5}, 1)), ElementsAre(0, 1, 0));   // the fastest
    EXPECT_THAT(counts(split_by_speed(10, {1, 1, 1}, 4)), ElementsAre(4, 4, 2));  // the end is not a multiple
    EXPECT_THAT(counts(split_by_speed(9, {1, 1}, 4)), ElementsAre(8, 1));         // 3 units: 2 and 1
    EXPECT_THAT(counts(split_by_speed(5, {0, 1}, 1)), ElementsAre(0, 5));
    EXPECT_THROW(split_by_speed(5, {0}, 1), ModelError);
}

TEST(ProgramBuilder, WaitsForTheLastUserOfABuffer) {
    const OpNode op = plain_op({8, 16});
    DeviceCaps caps = test_device("tiny");
    ProgramBuilder builder(op, caps);
    const Ring ring = builder.reserve(100, 2);  // stride 128
    for (std::uint64_t row = 0; row < 4; ++row) {
        builder.begin(0);
        EXPECT_EQ(builder.take(ring), row % 2 * 128);
        builder.load_rows(0, {row, 1}, 64, ring.base);
    }
    const TileProgram program = builder.finish();
    EXPECT_EQ(program.local_bytes, Bytes{256});
    EXPECT_EQ(program.tiles[0].loads_after, kNone);
    EXPECT_EQ(program.tiles[1].loads_after, kNone);
    EXPECT_EQ(program.tiles[2].loads_after, 0U);
    EXPECT_EQ(program.tiles[3].loads_after, 1U);
}

TEST(ProgramBuilder, KeepingABufferMovesItsLastUser) {
    const OpNode op = plain_op({8, 16});
    const DeviceCaps caps = test_device("tiny");
    ProgramBuilder builder(op, caps);
    const Ring ring = builder.reserve(64);
    builder.begin(0);
    builder.take(ring);
    builder.begin(0);
    EXPECT_EQ(builder.keep(ring), ring.base);
    EXPECT_TRUE(builder.take_waits(ring, 0));
    builder.begin(0);
    builder.take(ring);
    EXPECT_EQ(builder.finish().tiles[2].loads_after, 1U);
}

TEST(ProgramBuilder, RefusesATileThatWouldWaitForTwoStores) {
    const OpNode op = plain_op({8, 16});
    const DeviceCaps caps = test_device("tiny");
    ProgramBuilder builder(op, caps);
    const Ring one = builder.reserve(64);
    const Ring other = builder.reserve(64);
    builder.begin(0);
    builder.store_rows(2, {0, 1}, 64, builder.take(one));
    builder.begin(0);
    builder.store_rows(2, {1, 1}, 64, builder.take(other));
    builder.begin(0);
    builder.take(other);
    EXPECT_THROW(builder.take(one), ModelError);
}

TEST(ProgramBuilder, InterleavesLanesAndSeparatesSegments) {
    const OpNode op = plain_op({8, 16});
    const DeviceCaps caps = test_device("cpu");
    ProgramBuilder builder(op, caps);
    const Ring ring = builder.reserve(64);
    for (const std::uint32_t lane : {0U, 0U, 1U}) {
        builder.begin(lane);
        builder.take(ring);
    }
    builder.barrier();
    builder.begin(1);
    const TileProgram program = builder.finish();
    std::vector<std::uint32_t> lanes;
    for (const Tile& tile : program.tiles) {
        lanes.push_back(tile.lane);
    }
    EXPECT_THAT(lanes, testing::ElementsAre(0, 1, 0, 1));
    EXPECT_EQ(program.tiles[2].loads_after, 0U) << "indices are those of the joined program";
    EXPECT_FALSE(program.tiles[2].barrier);
    EXPECT_TRUE(program.tiles[3].barrier);
}

TEST(ProgramBuilder, FullLocalStoreNamesTheOpAndTheDevice) {
    const OpNode op = plain_op({8, 16});
    const DeviceCaps caps = test_device("tiny");
    ProgramBuilder builder(op, caps);
    EXPECT_EQ(config_error([&] { builder.reserve(8193); }),
              "probe 'probe' needs 8256 B of local store for its smallest tile, tiny has 8192 B");
}

RowwiseSpec add_rows(const OpNode& op) {
    const std::uint64_t row = op.inputs[0].shape.cols * 4;
    RowwiseSpec spec;
    spec.rows = op.inputs[0].shape.rows;
    spec.loads = {{.operand = 0, .row_bytes = row}, {.operand = 1, .row_bytes = row}};
    spec.stores = {{.operand = 2, .row_bytes = row}};
    spec.work_per_row.add(VectorOp::add, op.inputs[0].shape.cols);
    return spec;
}

TEST(LowerRowwise, CoversEveryRowOnceOnEveryDevice) {
    for (const Shape shape : {Shape{1, 16}, Shape{1000, 97}, Shape{31, 129}}) {
        const OpNode op = plain_op(shape);
        for (const DeviceCaps& caps : test_devices()) {
            const TileProgram program = lower_rowwise(op, caps, add_rows(op));
            EXPECT_EQ(program.bytes_loaded(), 2 * op.inputs[0].bytes()) << caps.name;
            EXPECT_EQ(program.bytes_stored(), op.inputs[0].bytes()) << caps.name;
            EXPECT_EQ(program.vector_elements(), shape.rows * shape.cols) << caps.name;
            EXPECT_LE(program.local_bytes, caps.local_bytes) << caps.name;
            std::vector<int> seen(shape.rows);
            for (const Tile& tile : program.tiles) {
                for (std::uint32_t row = 0; row < tile.region[1]; ++row) {
                    ++seen.at(tile.region[0] + row);
                }
            }
            EXPECT_THAT(seen, testing::Each(1)) << caps.name;
        }
    }
}

TEST(LowerRowwise, LoadsResidentOperandsOncePerLaneThatWorks) {
    const OpNode op = plain_op({64, 256});  // 64 KiB per operand
    RowwiseSpec spec = add_rows(op);
    spec.loads.pop_back();
    spec.resident = {1};
    const DeviceCaps npu = test_device("npu");
    EXPECT_EQ(lower_rowwise(op, npu, spec).bytes_loaded(), 2 * op.inputs[0].bytes());
    EXPECT_EQ(lower_rowwise(op, test_device("cpu"), spec).bytes_loaded(), 7 * op.inputs[0].bytes());
}

TEST(LowerRowwise, CutsLargeOpsForOverlapAndKeepsSmallOnesWhole) {
    const DeviceCaps npu = test_device("npu");
    const OpNode large = plain_op({1024, 256});  // 3 KiB per row over all operands, 3 MiB: a quarter each
    EXPECT_EQ(lower_rowwise(large, npu, add_rows(large)).tiles.size(), 4U);
    const OpNode small = plain_op({16, 256});  // 48 KiB
    EXPECT_EQ(lower_rowwise(small, npu, add_rows(small)).tiles.size(), 1U);
}

TEST(LowerRowwise, FallsBackToFewerBuffersBeforeItFails) {
    const OpNode op = plain_op({4, 500});  // rows of 2000 B take 2048 B: 6144 B a tile, twice do not fit 8 KiB
    const TileProgram program = lower_rowwise(op, test_device("tiny"), add_rows(op));
    ASSERT_EQ(program.tiles.size(), 4U);
    EXPECT_EQ(program.tiles[1].loads_after, 0U);
    const OpNode wide = plain_op({4, 1000});
    EXPECT_EQ(config_error([&] { (void)lower_rowwise(wide, test_device("tiny"), add_rows(wide)); }),
              "probe 'probe' needs 12096 B of local store for its smallest tile, tiny has 8192 B");
}

}  // namespace
}  // namespace handset::test
