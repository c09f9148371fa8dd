// SPDX-License-Identifier: Apache-2.0
// What `handset op --data on` must not let pass: results are broken here by hand.
#include "sim/app/op_check.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "workloads/kernels/catalogue.h"

namespace handset {
namespace {

using ::testing::HasSubstr;

struct Computed {
    OpCase op_case;
    OperandBytes inputs;
    std::vector<std::byte> output;

    /// Of element i, which is fp32.
    void change(std::size_t i, float by) {
        float value = 0;
        std::memcpy(&value, output.data() + i * sizeof(value), sizeof(value));
        value += by;
        std::memcpy(output.data() + i * sizeof(value), &value, sizeof(value));
    }
    [[nodiscard]] std::string verdict() const { return check_numbers(op_case, inputs, output); }
    [[nodiscard]] std::string complaint() const {
        try {
            return "accepted: " + verdict();
        } catch (const ModelError& error) {
            return error.what();
        }
    }
};

/// As one lane with a large store computes it.
Computed computed(const std::string& kernel, const std::string& shape, const std::string& format) {
    Computed out{make_op_case(op_recipe(kernel), parse_shape(shape), format), {}, {}};
    out.inputs = random_inputs(out.op_case);
    OperandBytes operands = out.inputs;
    operands.emplace_back(out.op_case.tensors.back().bytes().count());
    DeviceCaps caps;
    caps.name = "host";
    caps.local_bytes = 256_MiB;
    caps.macs_per_second.fill(1);
    const std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    interpret(find_kernel(kernel), out.op_case.op, find_kernel(kernel).lower(out.op_case.op, caps), views);
    out.output = operands.back();
    return out;
}

TEST(OpCheck, RightNumbersAreExact) {
    EXPECT_EQ(computed("matmul", "m=3,n=40,k=64", "w8a8").verdict(), "exact");
    EXPECT_EQ(computed("add", "rows=3,cols=40", "").verdict(), "exact");
}

TEST(OpCheck, AnIntegerProductMayNotDifferAtAll) {
    Computed product = computed("matmul", "m=3,n=40,k=64", "w8a8");
    product.change(119, 1e-6F);  // the last element; rounding would pass
    EXPECT_THAT(product.complaint(), HasSubstr("wrong numbers: matmul m=3,n=40,k=64 in w8a8: integer results differ"));
    product.change(119, 1.0F);
    EXPECT_THAT(product.complaint(), HasSubstr("against a sum in double precision"));
}

TEST(OpCheck, AFloatProductMayDifferByRoundingOnly) {
    Computed product = computed("matmul", "m=3,n=40,k=64", "fp32");
    product.change(7, 1e-6F);
    EXPECT_THAT(product.verdict(), HasSubstr("largest relative error"));
    product.change(7, 1e-2F);
    EXPECT_THAT(product.complaint(), HasSubstr("wrong numbers: matmul"));
}

TEST(OpCheck, AVectorOpIsComparedWithTheInterpretedKernel) {
    Computed sum = computed("add", "rows=3,cols=40", "");
    sum.change(0, 1e-2F);
    EXPECT_THAT(sum.complaint(), HasSubstr("against the interpreted kernel"));
    std::fill(sum.output.begin(), sum.output.end(), std::byte{0xff});  // NaN
    EXPECT_THAT(sum.complaint(), HasSubstr("wrong numbers: add"));
}

}  // namespace
}  // namespace handset
