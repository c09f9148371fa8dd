// SPDX-License-Identifier: Apache-2.0
// Vector work of conversions against closed forms: as many elements as there are, in the wider of the two formats.
#include "workloads/kernels/conversion.h"

#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using enum NumberFormat;

Work converted(NumberFormat from, NumberFormat to) {
    Work work;
    add_conversion(work, from, to, 100);
    return work;
}

/// Of the whole program of an op on a device that takes it in one lane.
Work work_of(const Kernel& kernel, const OpNode& op) {
    Work total;
    for (const Tile& tile : kernel.lower(op, test_device("npu")).tiles) {
        for (std::size_t i = 0; i < kVectorOps; ++i) {
            for (std::size_t f = 0; f < kElementFormats; ++f) {
                total.elements[i][f] += tile.work.elements[i][f];
            }
        }
    }
    return total;
}

TEST(Conversion, CountsInTheWiderOfItsFormats) {
    EXPECT_EQ(converted(fp32, fp16), Work{}.add(VectorOp::quantise, 100));
    EXPECT_EQ(converted(fp32, q8_0), Work{}.add(VectorOp::quantise, 100));
    EXPECT_EQ(converted(fp16, int8), Work{}.add(VectorOp::quantise, 100, ElementFormat::fp16));
    EXPECT_EQ(converted(q4_0, fp32), Work{}.add(VectorOp::dequantise, 100));
    EXPECT_EQ(converted(q4_0, fp16), Work{}.add(VectorOp::dequantise, 100, ElementFormat::fp16));
    EXPECT_EQ(converted(bf16, fp16), Work{}.add(VectorOp::dequantise, 100, ElementFormat::fp16));
}

TEST(Conversion, CodesBecomeOtherCodesByWayOfFloats) {
    EXPECT_EQ(converted(int8, q8_0), Work{}.add(VectorOp::dequantise, 100).add(VectorOp::quantise, 100));
    EXPECT_EQ(converted(q8_0, q8_0), Work{}) << "nothing to do";
}

// 4 rows of 64: the largest magnitude and the scaled codes of each element, a division per scale.
TEST(Conversion, QuantisingReducesDividesScalesAndNarrows) {
    KernelCase c;
    c.name = "probe";
    c.kernel = &quantise_kernel();
    c.inputs = {{.shape = {4, 64}, .format = fp32, .fill = {}}};
    for (const auto& [format, scales] : {std::pair{int8, 4U}, std::pair{q8_0, 8U}}) {
        c.attrs.set("format", std::string(info(format).name));
        c.output_formats = {format};
        EXPECT_EQ(work_of(*c.kernel, make_op(c)), Work{}
                                                      .add(VectorOp::reduce, 256)
                                                      .add(VectorOp::divide, scales)
                                                      .add(VectorOp::mul, 256)
                                                      .add(VectorOp::quantise, 256));
    }
    c.attrs.set("format", std::string("int8"));
    c.attrs.set("granularity", std::string("tensor"));
    c.output_formats = {int8};
    EXPECT_EQ(work_of(*c.kernel, make_op(c)), Work{}
                                                  .add(VectorOp::reduce, 256)
                                                  .add(VectorOp::divide, 1)
                                                  .add(VectorOp::mul, 256)
                                                  .add(VectorOp::quantise, 256));
}

TEST(Conversion, DequantisingWidensAndScalesCodes) {
    for (const auto& [format, scaled] : {std::pair{int8, 256U}, std::pair{q4_0, 256U}, std::pair{fp16, 0U}}) {
        KernelCase c;
        c.name = "probe";
        c.kernel = &dequantise_kernel();
        c.inputs = {{.shape = {4, 64}, .format = format, .fill = {}}};
        EXPECT_EQ(work_of(*c.kernel, make_op(c)), Work{}.add(VectorOp::dequantise, 256).add(VectorOp::mul, scaled));
    }
}

}  // namespace
}  // namespace handset::test
