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

/// Codes in units of `scale`, rounded half away from zero; the scale itself is rounded to fp32 as in storage.
void quantise_block(Matrix& values, std::uint64_t first, std::uint64_t count, double largest) {
    const auto scale = static_cast<float>(largest) / 127.0F;
    for (std::uint64_t i = first; i < first + count && scale > 0.0F; ++i) {
        const float code = std::round(static_cast<float>(values.values[i]) / scale);
        values.values[i] = static_cast<double>(code) * static_cast<double>(scale);
    }
}

double largest_in(const Matrix& values, std::uint64_t first, std::uint64_t count) {
    double largest = 0;
    for (std::uint64_t i = first; i < first + count; ++i) {
        largest = std::max(largest, std::fabs(values.values[i]));
    }
    return largest;
}

KernelCase quantisation(Shape shape, const std::string& format, const std::string& granularity) {
    KernelCase out;
    out.name = "to " + format + " per " + granularity;
    out.kernel = &quantise_kernel();
    out.inputs = {{.shape = shape, .format = NumberFormat::fp32}};
    out.output_formats = {number_format(format)};
    out.attrs.set("format", format);
    if (granularity != "group") {
        out.attrs.set("granularity", granularity);
    }
    out.macs = 0;
    out.oracle = [granularity](const OpNode& /*op*/, const std::vector<Matrix>& in) {
        Matrix want = in[0];
        const std::uint64_t all = want.values.size();
        const std::uint64_t block = granularity == "tensor" ? all : granularity == "row" ? want.shape.cols : 32;
        for (std::uint64_t first = 0; first < all; first += block) {
            quantise_block(want, first, block, largest_in(want, first, block));
        }
        return std::vector<Matrix>{want};
    };
    // A q8_0 scale is rounded to fp16 and codes are found with the reciprocal: at most one code (1/127) off its
    // neighbour.
    out.tolerance = granularity == "group" ? 8.5e-3 : 1e-6;
    return out;
}

TEST(Quantise, ScalesEachRow) {
    for (const Shape shape : {Shape{1, 1}, Shape{7, 97}, Shape{31, 128}, Shape{1, 1500}, Shape{600, 33}}) {
        check_kernel(quantisation(shape, "int8", "row"));
    }
}

TEST(Quantise, ScalesEachGroup) {
    for (const Shape shape : {Shape{1, 32}, Shape{7, 96}, Shape{1, 40960}, Shape{600, 64}}) {
        check_kernel(quantisation(shape, "q8_0", "group"));
    }
}

TEST(Quantise, ScalesTheWholeTensorInTwoPasses) {
    for (const Shape shape : {Shape{1, 5}, Shape{7, 97}, Shape{300, 250}}) {
        const KernelCase kernel_case = quantisation(shape, "int8", "tensor");
        check_kernel(kernel_case);
        const OpNode op = make_op(kernel_case);
        const TileProgram program = quantise_kernel().lower(op, test_device("cpu"));
        EXPECT_EQ(program.bytes_loaded(), 2 * op.inputs[0].bytes()) << "the data is read once per pass";
        for (const Tile& tile : program.tiles) {
            EXPECT_EQ(tile.lane, 0U) << "lane 0 is the fastest";
        }
    }
}

TEST(Quantise, TensorScaleComesFromTheLargestElementWhereverItIs) {
    KernelCase last = quantisation({300, 250}, "int8", "tensor");
    last.inputs[0].fill = [](std::uint64_t row, std::uint64_t col) {
        return row == 299 && col == 249 ? -127.0F : static_cast<float>((row + col) % 5);
    };
    last.tolerance = 0;  // the scale is 1
    check_kernel(last);
}

std::string rejection(const KernelCase& kernel_case) {
    return config_error([&] { (void)quantise_kernel().lower(make_op(kernel_case), test_device("npu")); });
}

TEST(Quantise, RejectsWhatItCannotDo) {
    KernelCase kernel_case = quantisation({2, 64}, "int8", "row");
    kernel_case.attrs = {};
    EXPECT_THAT(rejection(kernel_case), HasSubstr("needs the attribute 'format' (int8 or q8_0)"));
    EXPECT_THAT(rejection(quantisation({2, 64}, "q4_0", "row")), HasSubstr("cannot quantise to q4_0"));
    EXPECT_THAT(rejection(quantisation({2, 64}, "int8", "column")), HasSubstr("unknown granularity 'column'"));
    EXPECT_THAT(rejection(quantisation({2, 64}, "q8_0", "tensor")), HasSubstr("one scale per tensor needs"));
    EXPECT_THAT(rejection(quantisation({2, 63}, "q8_0", "group")), HasSubstr("not a multiple of 32"));
    kernel_case = quantisation({2, 64}, "int8", "row");
    kernel_case.output_formats = {NumberFormat::fp32};
    EXPECT_THAT(rejection(kernel_case), HasSubstr("writes int8, not fp32"));
    kernel_case.inputs[0].format = NumberFormat::fp16;
    EXPECT_THAT(rejection(kernel_case), HasSubstr("takes one fp32 input"));
}

TEST(Quantise, SmallestTileIsOneRow) {
    const KernelCase row = quantisation({2, 1024}, "int8", "row");
    DeviceCaps caps = test_device("tiny");
    caps.local_bytes = Bytes{4096 + 1088 - 1};  // 4096 B in, 1028 B out rounded up to 64
    EXPECT_EQ(config_error([&] { (void)quantise_kernel().lower(make_op(row), caps); }),
              "quantise 'to int8 per row' needs 5184 B of local store for its smallest tile, tiny has 5183 B");
    caps.local_bytes = Bytes{4096 + 1088};
    EXPECT_TRUE(quantise_kernel().supports(make_op(row), caps));
}

KernelCase decoding(Shape shape, NumberFormat format) {
    KernelCase out;
    out.name = "from " + std::string(info(format).name);
    out.kernel = &dequantise_kernel();
    out.inputs = {{.shape = shape, .format = format}};
    out.oracle = [](const OpNode& /*op*/, const std::vector<Matrix>& in) { return in; };
    out.tolerance = 0;
    out.macs = 0;
    return out;
}

TEST(Dequantise, IsExactForEveryFormat) {
    using enum NumberFormat;
    for (const NumberFormat format : {int8, q8_0, q4_0, fp16, bf16}) {
        for (const Shape shape : {Shape{1, 32}, Shape{7, 96}, Shape{300, 160}}) {
            check_kernel(decoding(shape, format));
        }
    }
    for (const NumberFormat format : {int8, fp16, bf16}) {
        for (const Shape shape : {Shape{1, 1}, Shape{9, 1}, Shape{31, 97}}) {
            check_kernel(decoding(shape, format));
        }
    }
}

TEST(Dequantise, RejectsWhatItCannotDo) {
    const auto message = [](const KernelCase& kernel_case) {
        return config_error([&] { (void)dequantise_kernel().lower(make_op(kernel_case), test_device("npu")); });
    };
    EXPECT_THAT(message(decoding({2, 64}, NumberFormat::int32)), HasSubstr("cannot decode int32"));
    KernelCase narrow = decoding({2, 64}, NumberFormat::int8);
    narrow.output_formats = {NumberFormat::fp16};
    EXPECT_THAT(message(narrow), HasSubstr("writes fp32, not fp16"));
}

}  // namespace
}  // namespace handset::test
