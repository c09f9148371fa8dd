// SPDX-License-Identifier: Apache-2.0
#include "sim/ir/tile_program.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/ir/op_graph.h"

namespace handset {
namespace {

using testing::EndsWith;

/// Two tiles of one lane: each loads 2 rows of 16 B and 1 of 8 B, multiplies [2,4]x[4,3] twice and stores 24 B.
TileProgram two_tiles() {
    TileProgram program;
    program.kernel = "matmul";
    program.local_bytes = 64_B;
    for (std::uint32_t i = 0; i < 2; ++i) {
        program.transfers.push_back({.operand = 0, .rows = 2, .row_bytes = 16, .row_stride = 32, .offset = i * 16});
        program.transfers.push_back({.operand = 1, .row_bytes = 8, .row_stride = 8, .local = 32});
        program.transfers.push_back({.operand = 2, .row_bytes = 24, .row_stride = 24, .offset = i * 24, .local = 40});
        Tile tile;
        tile.first_load = i * 3;
        tile.loads = 2;
        tile.first_store = i * 3 + 2;
        tile.stores = 1;
        tile.work.matmuls[0] = {.m = 2, .n = 3, .k = 4, .count = 2, .format = MacFormat::int8};
        tile.work.matmuls[1] = {.m = 1, .n = 1, .k = 5, .format = MacFormat::fp16};
        tile.work.add(VectorOp::quantise, 6).add(VectorOp::mul, 10).add(VectorOp::mul, 1);
        program.tiles.push_back(tile);
    }
    program.tiles[1].loads_after = 0;
    return program;
}

TEST(TileProgram, TotalsAreSumsOverTiles) {
    const TileProgram program = two_tiles();
    EXPECT_EQ(program.bytes_loaded(), 80_B);    // 2 * (2*16 + 8)
    EXPECT_EQ(program.bytes_stored(), 48_B);    // 2 * 24
    EXPECT_EQ(program.macs(), 106_macs);        // 2 * (2*3*4*2 + 5)
    EXPECT_EQ(program.vector_elements(), 34U);  // 2 * (6 + 11)
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::mul), 11U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::exp), 0U);
}

TEST(TileProgram, MacsOfLargeProductsDoNotOverflow) {
    const MatmulWork work{.m = 65536, .n = 65536, .k = 4};
    EXPECT_EQ(work.macs(), Macs{17'179'869'184});  // 2^16 * 2^16 * 4
}

TEST(TileProgram, SharedTransfersCountOncePerTile) {
    TileProgram program = two_tiles();
    program.tiles[1].first_load = 0;
    EXPECT_EQ(program.bytes_loaded(), 80_B);
}

TEST(TileProgram, TextHasALinePerTile) {
    TileProgram program = two_tiles();
    program.tiles[1].barrier = true;
    EXPECT_EQ(to_text(program),
              "matmul: 2 tiles, 64 B local\n"
              "  0 lane 0 loads 2 macs 53 stores 1\n"
              "  1 lane 0 loads 2 macs 53 stores 1 after 0 barrier\n");
}

TEST(TileProgram, GoodProgramPassesWithSlotsEndingAtTheLocalStore) {
    EXPECT_NO_THROW(validate(two_tiles(), 3, 1));  // the store ends at 40 + 24 = 64
}

TEST(TileProgram, ScratchIsTheOperandAfterTheLastOutput) {
    TileProgram program = two_tiles();
    program.transfers[0].operand = 3;
    EXPECT_THROW(validate(program, 3, 1), ModelError);
    program.scratch = 1_KiB;
    EXPECT_NO_THROW(validate(program, 3, 1));
    EXPECT_THROW(validate(program, 2, 1), ModelError);
}

TEST(TileProgram, OperandsSayWhatMemoryTheyLieIn) {
    OpNode op;
    op.inputs.resize(2);
    op.inputs[1].tag = MemoryTag::kv;
    op.outputs.resize(1);
    EXPECT_EQ(operand_tag(op, 0), MemoryTag::activations);
    EXPECT_EQ(operand_tag(op, 1), MemoryTag::kv);
    EXPECT_EQ(operand_tag(op, 2), MemoryTag::activations);
    EXPECT_EQ(operand_tag(op, 3), MemoryTag::scratch);
}

struct BadProgram {
    std::string name;
    std::function<void(TileProgram&)> spoil;
    std::string message;
};

class Validate : public testing::TestWithParam<BadProgram> {};

TEST_P(Validate, NamesTheBrokenLaw) {
    TileProgram program = two_tiles();
    GetParam().spoil(program);
    try {
        validate(program, 3, 1);
        FAIL() << "did not throw";
    } catch (const ModelError& error) {
        EXPECT_THAT(error.what(), EndsWith(GetParam().message));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Laws, Validate,
    testing::Values(
        BadProgram{"NoTiles", [](TileProgram& p) { p.tiles.clear(); }, "a program needs at least one tile"},
        BadProgram{"Lane", [](TileProgram& p) { p.tiles[1].lane = 1; }, "tile on a lane that does not exist"},
        BadProgram{"WaitsForItself", [](TileProgram& p) { p.tiles[1].loads_after = 1; }, "tile waits for a later tile"},
        BadProgram{"MissingLoads", [](TileProgram& p) { p.tiles[1].loads = 4; },
                   "tile names transfers that do not exist"},
        BadProgram{"MissingStores", [](TileProgram& p) { p.tiles[0].first_store = kNone; },
                   "tile names transfers that do not exist"},
        BadProgram{"Operand", [](TileProgram& p) { p.transfers[2].operand = 3; },
                   "transfer of an operand that does not exist"},
        BadProgram{"OneByteOutsideTheStore", [](TileProgram& p) { p.transfers[2].local = 41; },
                   "transfer outside the local store"},
        BadProgram{"EmptyTransfer", [](TileProgram& p) { p.transfers[0].rows = 0; }, "empty transfer"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace handset
