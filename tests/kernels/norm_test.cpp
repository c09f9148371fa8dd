// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

constexpr double kEps = 1e-5;

const std::vector<Shape> kShapes{{1, 1}, {1, 97}, {7, 64}, {33, 17}, {129, 31}, {1, 641}, {400, 100}};

std::vector<Matrix> rms(const OpNode& /*op*/, const std::vector<Matrix>& in) {
    Matrix out = zeros(in[0].shape);
    const std::uint64_t cols = out.shape.cols;
    for (std::uint64_t row = 0; row < out.shape.rows; ++row) {
        double squares = 0.0;
        for (std::uint64_t col = 0; col < cols; ++col) {
            squares += in[0].at(row, col) * in[0].at(row, col);
        }
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(cols) + kEps);
        for (std::uint64_t col = 0; col < cols; ++col) {
            out.at(row, col) = in[0].at(row, col) * scale * in[1].at(0, col);
        }
    }
    return {out};
}

std::vector<Matrix> layer(const OpNode& /*op*/, const std::vector<Matrix>& in) {
    Matrix out = zeros(in[0].shape);
    const std::uint64_t cols = out.shape.cols;
    const auto count = static_cast<double>(cols);
    for (std::uint64_t row = 0; row < out.shape.rows; ++row) {
        double mean = 0.0;
        double variance = 0.0;
        for (std::uint64_t col = 0; col < cols; ++col) {
            mean += in[0].at(row, col) / count;
        }
        for (std::uint64_t col = 0; col < cols; ++col) {
            variance += (in[0].at(row, col) - mean) * (in[0].at(row, col) - mean) / count;
        }
        for (std::uint64_t col = 0; col < cols; ++col) {
            out.at(row, col) =
                (in[0].at(row, col) - mean) / std::sqrt(variance + kEps) * in[1].at(0, col) + in[2].at(0, col);
        }
    }
    return {out};
}

std::vector<Matrix> soft(const OpNode& /*op*/, const std::vector<Matrix>& in) {
    Matrix out = zeros(in[0].shape);
    for (std::uint64_t row = 0; row < out.shape.rows; ++row) {
        double maximum = in[0].at(row, 0);
        double sum = 0.0;
        for (std::uint64_t col = 0; col < out.shape.cols; ++col) {
            maximum = std::max(maximum, in[0].at(row, col));
        }
        for (std::uint64_t col = 0; col < out.shape.cols; ++col) {
            out.at(row, col) = std::exp(in[0].at(row, col) - maximum);
            sum += out.at(row, col);
        }
        for (std::uint64_t col = 0; col < out.shape.cols; ++col) {
            out.at(row, col) /= sum;
        }
    }
    return {out};
}

KernelCase norm_case(const Kernel& kernel, Shape shape, std::size_t parameters,
                     std::vector<Matrix> (*oracle)(const OpNode&, const std::vector<Matrix>&)) {
    KernelCase c;
    c.name = "blk.0.norm";
    c.kernel = &kernel;
    c.inputs = {{.shape = shape, .fill = {}}};
    for (std::size_t i = 0; i < parameters; ++i) {
        c.inputs.push_back({.shape = {1, shape.cols}, .fill = {}});
    }
    if (parameters > 0) {
        c.attrs.set("eps", kEps);
    }
    c.oracle = oracle;
    c.macs = 0;
    return c;
}

KernelCase rmsnorm(Shape shape) {
    return norm_case(rmsnorm_kernel(), shape, 1, rms);
}
KernelCase layernorm(Shape shape) {
    return norm_case(layernorm_kernel(), shape, 2, layer);
}
KernelCase softmax(Shape shape) {
    return norm_case(softmax_kernel(), shape, 0, soft);
}

TEST(RmsNorm, MatchesItsFormulaOnOddShapes) {
    for (const Shape shape : kShapes) {
        check_kernel(rmsnorm(shape));
    }
}

TEST(RmsNorm, KeepsARowOfZerosAtZero) {
    KernelCase c = rmsnorm({3, 65});
    c.inputs[0].fill = [](std::uint64_t, std::uint64_t) { return 0.0F; };
    c.tolerance = 0.0;
    check_kernel(c);
}

TEST(RmsNorm, CountsItsVectorWork) {
    const OpNode op = make_op(rmsnorm({2, 100}));
    const TileProgram program = rmsnorm_kernel().lower(op, test_device("npu"));
    ASSERT_EQ(program.tiles.size(), 1U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::mul), 600U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::reduce), 200U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::divide), 2U);
    EXPECT_EQ(program.tiles[0].work.count(VectorOp::rsqrt), 2U);
    // x twice 400 B, the weight once.
    EXPECT_EQ(program.bytes_loaded(), 1200_B);
}

TEST(LayerNorm, MatchesItsFormulaOnOddShapes) {
    for (const Shape shape : kShapes) {
        check_kernel(layernorm(shape));
    }
}

TEST(LayerNorm, SurvivesALargeMean) {
    KernelCase c = layernorm({2, 96});
    c.inputs[0].fill = [](std::uint64_t, std::uint64_t col) { return 1000.0F + static_cast<float>(col % 3); };
    c.tolerance = 1e-4;
    check_kernel(c);
}

TEST(Softmax, MatchesItsFormulaOnOddShapes) {
    for (const Shape shape : kShapes) {
        check_kernel(softmax(shape));
    }
}

TEST(Softmax, DoesNotOverflow) {
    KernelCase c = softmax({2, 40});
    c.inputs[0].fill = [](std::uint64_t, std::uint64_t col) { return 1e4F * static_cast<float>(col); };
    check_kernel(c);
}

TEST(Norms, NameWhatDoesNotFitTogether) {
    const auto message = [](KernelCase c, const std::function<void(KernelCase&)>& change) {
        change(c);
        return config_error([&] { (void)make_op(c); });
    };
    EXPECT_EQ(message(rmsnorm({2, 8}), [](KernelCase& c) { c.inputs[1].shape.cols = 9; }),
              "rmsnorm 'blk.0.norm': input 1 (weight) must be 1x8, is 1x9");
    EXPECT_EQ(message(rmsnorm({2, 8}), [](KernelCase& c) { c.inputs[1].format = NumberFormat::fp16; }),
              "rmsnorm 'blk.0.norm': input 1 (weight) must be fp32, is fp16");
    EXPECT_THAT(message(rmsnorm({2, 8}), [](KernelCase& c) { c.attrs = {}; }), HasSubstr("needs the attribute 'eps'"));
    EXPECT_THAT(message(rmsnorm({2, 8}), [](KernelCase& c) { c.attrs.set("eps", -1.0); }), HasSubstr("eps must be"));
    EXPECT_THAT(message(rmsnorm({0, 8}), [](KernelCase&) {}), HasSubstr("input 0 (x) is empty: 0x8"));
    EXPECT_EQ(message(layernorm({2, 8}), [](KernelCase& c) { c.inputs.pop_back(); }),
              "layernorm 'blk.0.norm': needs 3 inputs, has 2");
    EXPECT_THAT(message(layernorm({2, 8}), [](KernelCase& c) { c.inputs[2].shape.rows = 2; }),
                HasSubstr("input 2 (bias) must be 1x8, is 2x8"));
    EXPECT_EQ(message(softmax({2, 8}), [](KernelCase& c) { c.inputs[0].format = NumberFormat::int8; }),
              "softmax 'blk.0.norm': input 0 (x) must be fp32, is int8");
}

TEST(Norms, NeedAWholeRowInTheLocalStore) {
    // Row in and out of 4 x 1000 B and the weight are more than 8 KiB.
    const OpNode op = make_op(rmsnorm({2, 1000}));
    EXPECT_FALSE(rmsnorm_kernel().supports(op, test_device("tiny")));
    EXPECT_THAT(config_error([&] { (void)rmsnorm_kernel().lower(op, test_device("tiny")); }),
                HasSubstr("of local store for its smallest tile, tiny has 8192 B"));
    DeviceCaps storage = test_device("npu");
    storage.kind = DeviceKind::storage;
    EXPECT_FALSE(rmsnorm_kernel().supports(op, storage));
    EXPECT_THAT(config_error([&] { (void)rmsnorm_kernel().lower(op, storage); }), HasSubstr("storage device"));
}

}  // namespace
}  // namespace handset::test
