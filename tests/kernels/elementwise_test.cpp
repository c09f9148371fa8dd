// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;
using Function = std::function<double(double, double)>;

const std::vector<Shape> kShapes{{1, 1}, {1, 4099}, {7, 64}, {33, 17}, {257, 31}, {1, 100003}};

double silu(double x) {
    return x / (1.0 + std::exp(-x));
}
double gelu(double x) {
    return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

KernelCase elementwise(const Kernel& kernel, Shape shape, std::size_t inputs, Function function) {
    KernelCase c;
    c.name = "blk.2.ffn";
    c.kernel = &kernel;
    for (std::size_t i = 0; i < inputs; ++i) {
        c.inputs.push_back({.shape = shape, .fill = {}});
    }
    c.devices = test_devices().size();  // any local store will do
    c.macs = 0;
    c.oracle = [function = std::move(function)](const OpNode&, const std::vector<Matrix>& in) {
        Matrix out = zeros(in[0].shape);
        for (std::uint64_t row = 0; row < out.shape.rows; ++row) {
            for (std::uint64_t col = 0; col < out.shape.cols; ++col) {
                const Matrix& other = in.back();
                out.at(row, col) = function(in[0].at(row, col), other.at(other.shape.rows == 1 ? 0 : row, col));
            }
        }
        return std::vector<Matrix>{out};
    };
    return c;
}

KernelCase gated(Shape shape, const std::string& activation) {
    KernelCase c = elementwise(gated_kernel(), shape, 2, [activation](double gate, double up) {
        return (activation == "silu" ? silu(gate) : gelu(gate)) * up;
    });
    c.attrs.set("activation", activation);
    return c;
}

KernelCase sum(Shape shape) {
    return elementwise(add_kernel(), shape, 2, [](double a, double b) { return a + b; });
}

TEST(Silu, MatchesItsFormula) {
    for (const Shape shape : kShapes) {
        check_kernel(elementwise(silu_kernel(), shape, 1, [](double x, double) { return silu(x); }));
    }
}

TEST(Silu, SaturatesAtBothEnds) {
    KernelCase c = elementwise(silu_kernel(), {2, 9}, 1, [](double x, double) { return x > 0 ? x : 0.0; });
    c.inputs[0].fill = [](std::uint64_t row, std::uint64_t) { return row == 0 ? 200.0F : -200.0F; };
    check_kernel(c);
}

TEST(Gelu, MatchesTheTanhApproximation) {
    for (const Shape shape : kShapes) {
        check_kernel(elementwise(gelu_kernel(), shape, 1, [](double x, double) { return gelu(x); }));
    }
}

TEST(Gated, MultipliesTheActivatedGateWithTheOtherBranch) {
    for (const Shape shape : kShapes) {
        check_kernel(gated(shape, "silu"));
        check_kernel(gated(shape, "gelu"));
    }
}

TEST(Gated, CountsOneExponentialPerElement) {
    const TileProgram program = gated_kernel().lower(make_op(gated({3, 100}, "silu")), test_device("npu"));
    ASSERT_EQ(program.tiles.size(), 1U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::exp), 300U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::divide), 300U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::mul), 600U);
    EXPECT_EQ(program.bytes_loaded(), 2400_B);
    EXPECT_EQ(program.bytes_stored(), 1200_B);
}

TEST(Add, IsExact) {
    for (const Shape shape : kShapes) {
        KernelCase c = sum(shape);
        c.tolerance = 0.0;
        check_kernel(c);
    }
}

TEST(Add, AddsABiasRowToEveryRow) {
    for (const Shape shape : {Shape{2, 1}, Shape{33, 97}, Shape{300, 64}}) {
        KernelCase c = sum(shape);
        c.inputs[1].shape.rows = 1;
        c.tolerance = 0.0;
        check_kernel(c);
        // The bias comes once to the only lane.
        const TileProgram program = add_kernel().lower(make_op(c), test_device("gpu"));
        EXPECT_EQ(program.bytes_loaded().count(), (shape.rows + 1) * shape.cols * 4);
    }
}

TEST(Mul, IsExact) {
    for (const Shape shape : kShapes) {
        KernelCase c = elementwise(mul_kernel(), shape, 2, [](double a, double b) { return a * b; });
        c.tolerance = 0.0;
        check_kernel(c);
    }
}

TEST(Elementwise, SplitsALongRowAmongLanes) {
    const TileProgram program = add_kernel().lower(make_op(sum({1, 100000})), test_device("cpu"));
    std::uint64_t lanes = 0;
    for (const Tile& tile : program.tiles) {
        lanes |= std::uint64_t{1} << tile.lane;
    }
    EXPECT_EQ(lanes, 0b111111U);
}

TEST(Elementwise, NamesWhatDoesNotFitTogether) {
    const auto message = [](KernelCase c, const std::function<void(KernelCase&)>& change) {
        change(c);
        return config_error([&] { (void)make_op(c); });
    };
    EXPECT_EQ(message(sum({4, 8}), [](KernelCase& c) { c.inputs[1].shape.rows = 3; }),
              "add 'blk.2.ffn': input 1 (y) must be 4x8, is 3x8");
    EXPECT_EQ(message(sum({4, 8}),
                      [](KernelCase& c) {
                          c.inputs[1].shape = {1, 7};
                      }),
              "add 'blk.2.ffn': input 1 (y) must be 1x8, is 1x7");
    EXPECT_EQ(message(sum({4, 8}), [](KernelCase& c) { c.inputs.pop_back(); }),
              "add 'blk.2.ffn': needs 2 inputs, has 1");
    EXPECT_EQ(message(sum({4, 8}), [](KernelCase& c) { c.inputs[1].format = NumberFormat::bf16; }),
              "add 'blk.2.ffn': input 1 (y) must be fp32, is bf16");
    EXPECT_EQ(message(gated({4, 8}, "relu"), [](KernelCase&) {}),
              "gated 'blk.2.ffn': unknown activation 'relu'; known: silu, gelu");
    EXPECT_THAT(message(gated({4, 8}, "silu"), [](KernelCase& c) { c.attrs = {}; }),
                HasSubstr("needs the attribute 'activation'"));
    EXPECT_THAT(message(gated({4, 8}, "silu"), [](KernelCase& c) { c.inputs[1].shape.rows = 1; }),
                HasSubstr("input 1 (y) must be 4x8, is 1x8"));
    EXPECT_THAT(message(gated({4, 0}, "silu"), [](KernelCase&) {}), HasSubstr("is empty: 4x0"));
}

}  // namespace
}  // namespace handset::test
