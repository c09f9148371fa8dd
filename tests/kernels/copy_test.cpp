// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/row_codec.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

KernelCase copy(Shape shape, NumberFormat from, NumberFormat to) {
    KernelCase c;
    c.name = "kv.append";
    c.kernel = &copy_kernel();
    c.inputs = {{.shape = shape, .format = from, .fill = {}}};
    c.output_formats = {to};
    c.tolerance = 0.0;
    c.macs = 0;
    // What the codec makes of each whole row.
    c.oracle = [to](const OpNode& op, const std::vector<Matrix>& in) {
        const std::size_t cols = in[0].shape.cols;
        Matrix out = zeros(op.outputs[0].shape);
        std::vector<float> values(cols);
        std::vector<std::byte> row(row_bytes(to, cols).count());
        for (std::uint64_t r = 0; r < out.shape.rows; ++r) {
            for (std::size_t i = 0; i < cols; ++i) {
                values[i] = static_cast<float>(in[0].at(r, i));
            }
            if (op.inputs[0].format != to) {  // equal formats keep their bytes
                encode_row(to, values, row);
                decode_row(to, row, values);
            }
            for (std::size_t i = 0; i < cols; ++i) {
                out.at(r, i) = double{values[i]};
            }
        }
        return std::vector<Matrix>{out};
    };
    return c;
}

TEST(Copy, ConvertsBetweenAllFormats) {
    for (const NumberFormatInfo& from : number_formats()) {
        for (const NumberFormatInfo& to : number_formats()) {
            if ((from.id == NumberFormat::int32) == (to.id == NumberFormat::int32)) {
                SCOPED_TRACE(std::string(from.name) + " to " + std::string(to.name));
                check_kernel(copy({5, 96}, from.id, to.id));
            }
        }
    }
}

TEST(Copy, TakesAnyShapeOfPlainFormats) {
    for (const Shape shape : {Shape{1, 1}, Shape{1, 70001}, Shape{31, 97}, Shape{1025, 3}}) {
        KernelCase c = copy(shape, NumberFormat::fp32, NumberFormat::fp16);
        c.devices = test_devices().size();
        check_kernel(c);
        check_kernel(copy(shape, NumberFormat::fp32, NumberFormat::fp32));
        check_kernel(copy(shape, NumberFormat::bf16, NumberFormat::fp32));
    }
}

TEST(Copy, CountsConversionsAndMoves) {
    const TileProgram converted =
        copy_kernel().lower(make_op(copy({2, 64}, NumberFormat::fp32, NumberFormat::fp16)), test_device("npu"));
    EXPECT_EQ(converted.tiles[0].work.count(VectorOp::quantise), 128U);
    EXPECT_EQ(converted.bytes_loaded(), 512_B);
    EXPECT_EQ(converted.bytes_stored(), 256_B);
    const TileProgram moved =
        copy_kernel().lower(make_op(copy({2, 64}, NumberFormat::fp32, NumberFormat::fp32)), test_device("npu"));
    EXPECT_EQ(moved.tiles[0].work.count(VectorOp::move), 128U);
    EXPECT_EQ(moved.tiles[0].work.count(VectorOp::quantise), 0U);
}

TEST(Copy, MovesRowsInTheWidthTheyAreStoredIn) {
    const auto work = [](NumberFormat format) {
        return copy_kernel().lower(make_op(copy({2, 64}, format, format)), test_device("npu")).tiles[0].work;
    };
    EXPECT_EQ(work(NumberFormat::fp32), Work{}.add(VectorOp::move, 128));
    EXPECT_EQ(work(NumberFormat::fp16), Work{}.add(VectorOp::move, 128, ElementFormat::fp16));
    // Codes go byte by byte: rows of 64 and a scale of 4, groups of 32 nibbles and a scale of 2.
    EXPECT_EQ(work(NumberFormat::int8), Work{}.add(VectorOp::move, 2 * 68, ElementFormat::int8));
    EXPECT_EQ(work(NumberFormat::q4_0), Work{}.add(VectorOp::move, 4 * 18, ElementFormat::int8));
}

TEST(Copy, NamesWhatCannotBeCopied) {
    const auto message = [](const KernelCase& c) {
        return config_error([&] { (void)copy_kernel().lower(make_op(c), test_device("npu")); });
    };
    EXPECT_EQ(message(copy({2, 32}, NumberFormat::fp32, NumberFormat::int32)),
              "copy 'kv.append': int32 is copied to int32 only");
    EXPECT_THAT(message(copy({2, 33}, NumberFormat::fp32, NumberFormat::q8_0)), HasSubstr("not a multiple of 32"));
    EXPECT_THAT(message(copy({0, 32}, NumberFormat::fp32, NumberFormat::fp16)), HasSubstr("is empty: 0x32"));
    OpNode op = make_op(copy({2, 32}, NumberFormat::fp32, NumberFormat::fp16));
    op.outputs[0].shape.rows = 3;
    EXPECT_EQ(config_error([&] { (void)copy_kernel().lower(op, test_device("npu")); }),
              "copy 'kv.append': the output must be 2x32, is 3x32");
}

}  // namespace
}  // namespace handset::test
