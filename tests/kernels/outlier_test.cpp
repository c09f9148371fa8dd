// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

double column_largest(const Matrix& x, std::uint64_t column) {
    double largest = 0;
    for (std::uint64_t row = 0; row < x.shape.rows; ++row) {
        largest = std::max(largest, std::fabs(x.at(row, column)));
    }
    return largest;
}

/// The channels by falling magnitude.
std::vector<std::uint64_t> by_magnitude(const Matrix& x) {
    std::vector<std::uint64_t> order(x.shape.cols);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint64_t a, std::uint64_t b) { return column_largest(x, a) > column_largest(x, b); });
    return order;
}

/// Quantised, residual, indices.
std::vector<Matrix> set_apart(const Matrix& x, std::uint64_t channels, bool drop) {
    std::vector<std::uint64_t> order = by_magnitude(x);
    const double scale = static_cast<double>(static_cast<float>(column_largest(x, order[channels])) / 127.0F);
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(channels));
    std::vector<Matrix> out{x, zeros({x.shape.rows, channels}), zeros({1, channels})};
    for (double& value : out[0].values) {
        const double code = scale > 0 ? std::clamp(std::round(value / scale), -127.0, 127.0) : 0.0;
        value = code * scale;
    }
    for (std::uint64_t i = 0; i < channels; ++i) {
        out[2].at(0, i) = static_cast<double>(order[i]);
        for (std::uint64_t row = 0; row < x.shape.rows; ++row) {
            out[1].at(row, i) = x.at(row, order[i]) - out[0].at(row, order[i]);
        }
    }
    out.resize(drop ? 1 : 3);
    return out;
}

KernelCase quantisation(Shape shape, std::int64_t channels, bool drop) {
    KernelCase out;
    out.name = "outliers";
    out.kernel = &quantise_kernel();
    // Every seventh channel reaches 30, and each row has another factor.
    out.inputs = {{.shape = shape, .fill = [](std::uint64_t row, std::uint64_t col) {
                       const auto mixed = static_cast<float>((row * 37 + col * 101) % 211) / 211.0F - 0.5F;
                       return mixed * (col % 7 == 3 ? 60.0F : 2.0F);
                   }}};
    out.output_formats = {NumberFormat::int8, NumberFormat::fp32, NumberFormat::int32};
    out.attrs.set("format", std::string("int8")).set("granularity", std::string("outlier"));
    out.attrs.set("channels", channels);
    if (drop) {
        out.attrs.set("drop", std::int64_t{1});
        out.output_formats.resize(1);
    }
    out.macs = 0;
    out.oracle = [channels, drop](const OpNode& /*op*/, const std::vector<Matrix>& in) {
        return set_apart(in[0], static_cast<std::uint64_t>(channels), drop);
    };
    return out;
}

TEST(QuantiseOutliers, ScalesByTheOthersAndKeepsWhatClampingTook) {
    for (const Shape shape : {Shape{1, 5}, Shape{7, 97}, Shape{300, 250}}) {
        check_kernel(quantisation(shape, 3, false));
        check_kernel(quantisation(shape, 3, true));
    }
    check_kernel(quantisation({31, 64}, 63, false));
}

// One channel of -1000 beside values up to 2: with it, a step is 1000 / 127 and all others round to zero.
TEST(QuantiseOutliers, AreNotPartOfTheScaleAndComeBackInTheResidual) {
    KernelCase one = quantisation({5, 40}, 1, false);
    one.inputs[0].fill = [](std::uint64_t row, std::uint64_t col) {
        return col == 17 ? -1000.0F : static_cast<float>((row + col) % 3);
    };
    const OpNode op = make_op(one);
    auto operands = make_operands(one, op);
    std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    interpret(quantise_kernel(), op, quantise_kernel().lower(op, test_device("cpu")), views);
    EXPECT_EQ(decode(op.outputs[2], operands[3]).values, std::vector<double>{17});
    const Matrix codes = decode(op.outputs[0], operands[1]);
    EXPECT_NEAR(codes.at(0, 17), -2.0, 1e-6) << "clamped to 127 steps of 2 / 127";
    EXPECT_NEAR(codes.at(0, 2), 2.0, 1e-6);
    EXPECT_NEAR(decode(op.outputs[1], operands[2]).at(0, 0), -998.0, 1e-4);
}

TEST(QuantiseOutliers, RejectsMoreChannelsThanThereAre) {
    const auto message = [](const KernelCase& c) {
        return config_error([&] { (void)quantise_kernel().lower(make_op(c), test_device("npu")); });
    };
    EXPECT_THAT(message(quantisation({2, 8}, 8, false)), HasSubstr("cannot set 8 of 8 channels apart"));
    EXPECT_THAT(message(quantisation({2, 8}, 0, false)), HasSubstr("channels must be at least 1, is 0"));
    KernelCase groups = quantisation({2, 64}, 2, false);
    groups.attrs.set("format", std::string("q8_0"));
    EXPECT_THAT(message(groups), HasSubstr("one scale per tensor needs the format int8"));
}

KernelCase product(std::uint64_t m, std::uint64_t n, std::uint64_t k, std::vector<std::uint32_t> channels,
                   NumberFormat format) {
    KernelCase out;
    out.name = "compact";
    out.kernel = &outlier_matmul_kernel();
    const std::uint64_t count = channels.size();
    out.inputs = {{.shape = {k, n}, .format = format},
                  {.shape = {m, count}},
                  {.shape = {1, count},
                   .format = NumberFormat::int32,
                   .fill = [channels](std::uint64_t, std::uint64_t c) { return static_cast<float>(channels.at(c)); }}};
    out.gather = channels;
    out.attrs.set("gather_from", std::int64_t{2});
    out.macs = m * n * count;
    out.min_loaded = count * row_bytes(format, n).count() + (m + 1) * count * sizeof(float);
    out.devices = 2;  // CPU and GPU
    out.oracle = [](const OpNode& op, const std::vector<Matrix>& in) {
        Matrix want = zeros({in[1].shape.rows, in[0].shape.cols});
        for (std::uint64_t row = 0; row < want.shape.rows; ++row) {
            for (std::uint64_t col = 0; col < want.shape.cols; ++col) {
                for (std::uint64_t i = 0; i < op.gather.size(); ++i) {
                    want.at(row, col) += in[1].at(row, i) * in[0].at(op.gather[i], col);
                }
            }
        }
        return std::vector<Matrix>{want};
    };
    return out;
}

TEST(OutlierMatmul, MultipliesTheRowsThatItsIndicesName) {
    using enum NumberFormat;
    for (const NumberFormat format : {int8, fp32, fp16, bf16}) {
        check_kernel(product(1, 1, 1, {0}, format));
        check_kernel(product(7, 97, 31, {30, 2, 17}, format));
        check_kernel(product(1, 2053, 64, {1, 5, 9, 63}, format));
        check_kernel(product(131, 509, 40, {0, 39}, format));
    }
    check_kernel(product(67, 5003, 130, {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 127}, int8));
}

TEST(OutlierMatmul, AsksForRowsAfterTheirIndicesHaveCome) {
    const OpNode op = make_op(product(64, 300, 50, {4, 7}, NumberFormat::int8));
    for (const char* device : {"cpu", "gpu"}) {
        const TileProgram program = outlier_matmul_kernel().lower(op, test_device(device));
        std::vector<bool> indices(program.tiles.size());
        for (std::size_t i = 0; i < program.tiles.size(); ++i) {
            const Tile& tile = program.tiles[i];
            for (std::uint32_t at = tile.first_load; at < tile.first_load + tile.loads; ++at) {
                indices[i] = indices[i] || program.transfers[at].operand == 2;
                if (program.transfers[at].gather != kNone) {
                    ASSERT_NE(tile.loads_after, kNone);
                    EXPECT_TRUE(indices[tile.loads_after]);
                }
            }
        }
    }
}

TEST(OutlierMatmul, RejectsWhatDoesNotFitTogether) {
    const auto message = [](const KernelCase& c, const std::string& device = "cpu") {
        return config_error([&] { (void)outlier_matmul_kernel().lower(make_op(c), test_device(device)); });
    };
    const KernelCase good = product(3, 8, 8, {1, 2}, NumberFormat::int8);
    EXPECT_THAT(message(good, "npu"), HasSubstr("runs on CPU or GPU only"));
    KernelCase bad = good;
    bad.inputs[0].format = NumberFormat::q8_0;
    bad.inputs[0].shape.cols = 32;
    EXPECT_THAT(message(bad), HasSubstr("must be int8, fp16, bf16 or fp32, is q8_0"));
    bad = good;
    bad.inputs[0].shape.rows = 1;
    EXPECT_THAT(message(bad), HasSubstr("has 2 channels of 1"));
    bad = good;
    bad.inputs[2].shape.cols = 3;
    EXPECT_THAT(message(bad), HasSubstr("input 2 (indices) must be 1x2, is 1x3"));
    bad = good;
    bad.attrs = {};
    EXPECT_THAT(message(bad), HasSubstr("gather_from = 2"));
}

}  // namespace
}  // namespace handset::test
