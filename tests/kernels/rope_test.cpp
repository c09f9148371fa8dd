// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

struct Setup {
    std::uint64_t rows = 1;
    std::int64_t heads = 1;
    std::int64_t head_dim = 8;
    std::string pairing = "interleaved";
    std::int64_t dims = 0;  // 0: head_dim
    std::int64_t position = 0;
    double base = 10000.0;
};

std::vector<Matrix> rotate(const Setup& s, const std::vector<Matrix>& in) {
    Matrix out = in[0];
    const std::int64_t dims = s.dims > 0 ? s.dims : s.head_dim;
    for (std::uint64_t row = 0; row < s.rows; ++row) {
        for (std::int64_t head = 0; head < s.heads; ++head) {
            for (std::int64_t i = 0; i < dims / 2; ++i) {
                const auto at = static_cast<std::uint64_t>(head * s.head_dim);
                const auto half = static_cast<std::uint64_t>(dims / 2);
                const auto pair = static_cast<std::uint64_t>(i);
                const std::uint64_t a = at + (s.pairing == "half" ? pair : 2 * pair);
                const std::uint64_t b = at + (s.pairing == "half" ? pair + half : 2 * pair + 1);
                double frequency = std::pow(s.base, -2.0 * static_cast<double>(i) / static_cast<double>(dims));
                frequency /= in.size() > 1 ? in[1].at(0, pair) : 1.0;
                const double angle = static_cast<double>(s.position + static_cast<std::int64_t>(row)) * frequency;
                out.at(row, a) = in[0].at(row, a) * std::cos(angle) - in[0].at(row, b) * std::sin(angle);
                out.at(row, b) = in[0].at(row, a) * std::sin(angle) + in[0].at(row, b) * std::cos(angle);
            }
        }
    }
    return {out};
}

KernelCase rope(const Setup& s, NumberFormat out = NumberFormat::fp32) {
    KernelCase c;
    c.name = "blk.1.rope";
    c.kernel = &rope_kernel();
    c.inputs = {{.shape = {s.rows, static_cast<std::uint64_t>(s.heads * s.head_dim)}, .fill = {}}};
    c.output_formats = {out};
    c.attrs.set("heads", s.heads).set("head_dim", s.head_dim).set("base", s.base).set("pairing", s.pairing);
    if (s.dims > 0) {
        c.attrs.set("rope_dims", s.dims);
    }
    c.runtime.set("position", s.position);
    c.oracle = [s](const OpNode&, const std::vector<Matrix>& in) { return rotate(s, in); };
    // fp32 angles: position * 2^-24 relative.
    c.tolerance = out == NumberFormat::fp32 ? 1e-5 + static_cast<double>(s.position) * 2e-7 : 1e-3;
    c.macs = 0;
    return c;
}

TEST(Rope, RotatesNeighboursWhenInterleaved) {
    check_kernel(rope({.rows = 1, .heads = 1, .head_dim = 2}));
    check_kernel(rope({.rows = 5, .heads = 3, .head_dim = 10, .position = 7}));
    check_kernel(rope({.rows = 131, .heads = 8, .head_dim = 64, .position = 100}));
}

TEST(Rope, RotatesHalvesWhenAsked) {
    check_kernel(rope({.rows = 1, .heads = 14, .head_dim = 64, .pairing = "half", .position = 5, .base = 1e6}));
    check_kernel(rope({.rows = 37, .heads = 2, .head_dim = 6, .pairing = "half", .position = 1}));
}

TEST(Rope, PassesTheRestOfTheHeadThrough) {
    check_kernel(rope({.rows = 3, .heads = 4, .head_dim = 20, .dims = 8, .position = 11}));
    check_kernel(rope({.rows = 3, .heads = 4, .head_dim = 20, .pairing = "half", .dims = 8, .position = 11}));
}

TEST(Rope, WritesHalfPrecisionForTheCache) {
    check_kernel(rope({.rows = 9, .heads = 4, .head_dim = 32, .position = 3}, NumberFormat::fp16));
}

TEST(Rope, DividesByItsFrequencyFactors) {
    for (const char* pairing : {"interleaved", "half"}) {
        KernelCase c = rope({.rows = 6, .heads = 2, .head_dim = 16, .pairing = pairing, .position = 40});
        c.inputs.push_back(
            {.shape = {1, 8}, .fill = [](std::uint64_t, std::uint64_t col) { return 1.0F + static_cast<float>(col); }});
        check_kernel(c);
    }
}

TEST(Rope, LeavesPositionZeroAlone) {
    KernelCase c = rope({.rows = 1, .heads = 4, .head_dim = 16});
    c.tolerance = 0.0;
    c.oracle = [](const OpNode&, const std::vector<Matrix>& in) { return std::vector<Matrix>{in[0]}; };
    check_kernel(c);
}

TEST(Rope, AgreesWithLlama2cToTheBit) {
    // The loop of llama2.c's forward(), run.c, on one row at position 123.
    const KernelCase c = rope({.rows = 1, .heads = 2, .head_dim = 8, .position = 123});
    const OpNode op = make_op(c);
    auto operands = make_operands(c, op);
    const Matrix x = decode(op.inputs[0], operands[0]);
    std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    interpret(rope_kernel(), op, rope_kernel().lower(op, test_device("npu")), views);
    const Matrix got = decode(op.outputs[0], operands[1]);
    for (int i = 0; i < 16; i += 2) {
        const int head_dim = i % 8;
        const float freq = 1.0F / powf(10000.0F, static_cast<float>(head_dim) / 8.0F);
        const float val = 123.0F * freq;
        const auto v0 = static_cast<float>(x.at(0, static_cast<std::uint64_t>(i)));
        const auto v1 = static_cast<float>(x.at(0, static_cast<std::uint64_t>(i) + 1));
        EXPECT_EQ(got.at(0, static_cast<std::uint64_t>(i)), double{v0 * cosf(val) - v1 * sinf(val)});
        EXPECT_EQ(got.at(0, static_cast<std::uint64_t>(i) + 1), double{v0 * sinf(val) + v1 * cosf(val)});
    }
}

TEST(Rope, OneProgramServesAllPositions) {
    const OpNode first = make_op(rope({.rows = 1, .heads = 4, .head_dim = 16, .position = 1}));
    const OpNode second = make_op(rope({.rows = 1, .heads = 4, .head_dim = 16, .position = 900}));
    EXPECT_EQ(signature(first), signature(second));
}

TEST(Rope, NamesWhatDoesNotFitTogether) {
    const auto message = [](const std::function<void(KernelCase&)>& change) {
        KernelCase c = rope({.rows = 2, .heads = 2, .head_dim = 8});
        change(c);
        return config_error([&] {
            const OpNode op = make_op(c);
            (void)rope_kernel().lower(op, test_device("npu"));
        });
    };
    EXPECT_EQ(message([](KernelCase& c) { c.attrs.set("pairing", std::string("neox")); }),
              "rope 'blk.1.rope': unknown pairing 'neox'; known: interleaved, half");
    EXPECT_EQ(message([](KernelCase& c) { c.attrs.set("rope_dims", std::int64_t{10}); }),
              "rope 'blk.1.rope': rope_dims must be even and at most head_dim 8, is 10");
    EXPECT_THAT(message([](KernelCase& c) { c.attrs.set("rope_dims", std::int64_t{3}); }), HasSubstr("is 3"));
    EXPECT_EQ(message([](KernelCase& c) { c.inputs[0].shape.cols = 15; }),
              "rope 'blk.1.rope': input 0 (x) must be 2x16, is 2x15");
    EXPECT_THAT(message([](KernelCase& c) { c.attrs.set("base", 0.0); }), HasSubstr("base must be"));
    EXPECT_THAT(message([](KernelCase& c) { c.attrs = {}; }), HasSubstr("needs the attribute 'heads'"));
    EXPECT_EQ(message([](KernelCase& c) { c.output_formats = {NumberFormat::int8}; }),
              "rope 'blk.1.rope': the output must be fp32 or fp16, is int8");
    EXPECT_THAT(message([](KernelCase& c) {
                    c.inputs.push_back({.shape = {1, 3}, .fill = {}});
                }),
                HasSubstr("input 1 (frequency factors) must be 1x4, is 1x3"));
}

}  // namespace
}  // namespace handset::test
