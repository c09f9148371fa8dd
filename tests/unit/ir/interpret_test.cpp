// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/ir/kernel.h"

namespace handset {
namespace {

using testing::HasSubstr;

/// Doubles every byte of the slot at local[0] into the slot at local[1]; region[0] bytes.
class Doubler final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "doubler"; }
    [[nodiscard]] std::string_view doc() const override { return "twice the input"; }
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override { return {op.inputs.at(0).shape}; }
    [[nodiscard]] bool supports(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return true; }
    [[nodiscard]] TileProgram lower(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return {}; }
    void compute(const OpNode& /*op*/, const Tile& tile, std::span<std::byte> local) const override {
        for (std::size_t i = 0; i < tile.region[0]; ++i) {
            local[tile.local[1] + i] = std::byte(2 * std::to_integer<unsigned>(local[tile.local[0] + i]));
        }
    }
};

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (const int value : values) {
        out.push_back(static_cast<std::byte>(value));
    }
    return out;
}

/// One tile: `in` to slot 0, doubled to the slot behind it, `out` from there.
TileProgram one_tile(Transfer in, Transfer out) {
    const auto size = static_cast<std::uint32_t>(in.bytes().count());
    TileProgram program;
    program.kernel = "doubler";
    program.local_bytes = Bytes{2 * std::uint64_t{size}};
    in.local = 0;
    out.operand = 1;
    out.local = size;
    program.transfers = {in, out};
    Tile tile;
    tile.loads = 1;
    tile.first_store = 1;
    tile.stores = 1;
    tile.region[0] = size;
    tile.local[1] = size;
    program.tiles = {tile};
    return program;
}

void run(const TileProgram& program, std::vector<std::byte>& input, std::vector<std::byte>& output,
         const OpNode& op = {}) {
    const std::array<std::span<std::byte>, 2> operands{input, output};
    interpret(Doubler{}, op, program, operands);
}

TEST(Interpret, MovesStridedRowsInAndOut) {
    std::vector<std::byte> input = bytes({1, 2, 9, 3, 4, 9});
    std::vector<std::byte> output(5);
    run(one_tile({.rows = 2, .row_bytes = 2, .row_stride = 3},
                 {.rows = 2, .row_bytes = 2, .row_stride = 2, .offset = 1}),
        input, output);
    EXPECT_EQ(output, bytes({0, 2, 4, 6, 8}));
}

TEST(Interpret, GatherAddsRowsOfTheOp) {
    std::vector<std::byte> input = bytes({1, 2, 3, 4, 5, 6});
    std::vector<std::byte> output(2);
    OpNode op;
    op.gather = {7, 2};
    run(one_tile({.row_bytes = 2, .row_stride = 2, .gather = 1}, {.row_bytes = 2, .row_stride = 2}), input, output, op);
    EXPECT_EQ(output, bytes({10, 12}));
}

TEST(Interpret, LanesHaveTheirOwnStores) {
    TileProgram program = one_tile({.row_bytes = 1, .row_stride = 1}, {.row_bytes = 1, .row_stride = 1});
    Tile other = program.tiles[0];
    other.lane = 1;
    other.loads = 0;  // lane 1 loads nothing and so doubles zero
    program.tiles.push_back(other);
    std::vector<std::byte> input = bytes({21});
    std::vector<std::byte> output(1);
    run(program, input, output);
    EXPECT_EQ(output, bytes({0}));
}

TEST(Interpret, TransferOneByteBehindItsOperandBreaksAnInvariant) {
    const TileProgram program =
        one_tile({.rows = 2, .row_bytes = 2, .row_stride = 3}, {.rows = 2, .row_bytes = 2, .row_stride = 2});
    std::vector<std::byte> output(4);
    std::vector<std::byte> exact(5);  // second row: 3 + 2
    EXPECT_NO_THROW(run(program, exact, output));
    std::vector<std::byte> small(4);
    OpNode op;
    op.kernel = "doubler";
    try {
        run(program, small, output, op);
        FAIL() << "did not throw";
    } catch (const ModelError& error) {
        EXPECT_THAT(error.what(), HasSubstr("doubler: transfer outside its operand"));
    }
}

}  // namespace
}  // namespace handset
