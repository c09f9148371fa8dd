// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

KernelCase embedding(Shape table, NumberFormat format, std::vector<std::uint32_t> tokens) {
    KernelCase c;
    c.name = "embed";
    c.kernel = &embedding_kernel();
    c.inputs = {{.shape = table, .format = format, .fill = {}}};
    c.gather = std::move(tokens);
    c.tolerance = 0.0;
    c.macs = 0;
    c.min_loaded = c.gather.size() * row_bytes(format, table.cols).count();
    c.oracle = [](const OpNode& op, const std::vector<Matrix>& in) {
        Matrix out = zeros({op.gather.size(), in[0].shape.cols});
        for (std::uint64_t row = 0; row < out.shape.rows; ++row) {
            for (std::uint64_t col = 0; col < out.shape.cols; ++col) {
                out.at(row, col) = in[0].at(op.gather[row], col);
            }
        }
        return std::vector<Matrix>{out};
    };
    return c;
}

TEST(Embedding, CopiesTheRowsOfItsTokensInOrder) {
    check_kernel(embedding({1, 1}, NumberFormat::fp32, {0}));
    check_kernel(embedding({100, 7}, NumberFormat::fp32, {99, 0, 50, 50, 1}));
    check_kernel(embedding({41, 97}, NumberFormat::fp32, std::vector<std::uint32_t>(131, 40)));
}

TEST(Embedding, DecodesEveryWeightFormat) {
    for (const NumberFormat format :
         {NumberFormat::fp16, NumberFormat::bf16, NumberFormat::int8, NumberFormat::q8_0, NumberFormat::q4_0}) {
        check_kernel(embedding({50, 96}, format, {3, 49, 0, 17}));
    }
}

TEST(Embedding, MultipliesByItsScale) {
    KernelCase c = embedding({41, 97}, NumberFormat::fp16, {40, 0, 7});
    const auto plain = c.oracle;
    c.oracle = [plain](const OpNode& op, const std::vector<Matrix>& in) {
        std::vector<Matrix> out = plain(op, in);
        for (double& value : out[0].values) {
            value *= 45.25;
        }
        return out;
    };
    c.tolerance = 1e-6;
    c.attrs.set("scale", 45.25);
    check_kernel(c);
    // 97 multiplications a row.
    const TileProgram program = embedding_kernel().lower(make_op(c), test_device("npu"));
    std::uint64_t products = 0;
    for (const Tile& tile : program.tiles) {
        products += tile.work.count(VectorOp::mul);
    }
    EXPECT_EQ(products, 3U * 97);
    c.attrs.set("scale", std::numeric_limits<double>::infinity());
    EXPECT_THAT(config_error([&] { (void)make_op(c); }), HasSubstr("scale must be a finite number"));
}

TEST(Embedding, OneProgramServesAllTokensOfEqualCount) {
    const OpNode first = make_op(embedding({100, 32}, NumberFormat::q8_0, {1, 2, 3}));
    const OpNode second = make_op(embedding({100, 32}, NumberFormat::q8_0, {97, 98, 99}));
    EXPECT_EQ(embedding_kernel().lower(first, test_device("npu")),
              embedding_kernel().lower(second, test_device("npu")));
}

TEST(Embedding, LoadsOnlyTheRowsItNeeds) {
    const OpNode op = make_op(embedding({32000, 2048}, NumberFormat::q8_0, {7}));
    const TileProgram program = embedding_kernel().lower(op, test_device("npu"));
    EXPECT_EQ(program.bytes_loaded(), Bytes{2048 / 32 * 34});
    EXPECT_EQ(program.bytes_stored(), Bytes{2048 * 4});
}

TEST(Embedding, GathersInTheFormatOfTheTableAndWidensToFloats) {
    const auto work = [](NumberFormat format) {
        const OpNode op = make_op(embedding({100, 64}, format, {7, 8, 9}));
        return embedding_kernel().lower(op, test_device("npu")).tiles.at(0).work;
    };
    EXPECT_EQ(work(NumberFormat::fp32), Work{}.add(VectorOp::gather, 3 * 64));
    EXPECT_EQ(work(NumberFormat::fp16),
              Work{}.add(VectorOp::gather, 3 * 64, ElementFormat::fp16).add(VectorOp::dequantise, 3 * 64));
    EXPECT_EQ(work(NumberFormat::q8_0),
              Work{}.add(VectorOp::gather, 3 * 64, ElementFormat::int8).add(VectorOp::dequantise, 3 * 64));
}

TEST(Embedding, NamesTokensOutsideTheTable) {
    const KernelCase outside = embedding({100, 4}, NumberFormat::fp32, {5, 100});
    EXPECT_EQ(config_error([&] { (void)make_op(outside); }),
              "embedding 'embed': token 100 is outside the table of 100 rows");
    const KernelCase none = embedding({100, 4}, NumberFormat::fp32, {});
    EXPECT_THAT(config_error([&] { (void)make_op(none); }), HasSubstr("needs at least one token"));
    const KernelCase integers = embedding({100, 4}, NumberFormat::int32, {1});
    EXPECT_THAT(config_error([&] { (void)make_op(integers); }), HasSubstr("must hold numbers, not int32"));
}

TEST(Embedding, RefusesAnOutputOfAnotherShapeOrFormat) {
    OpNode op = make_op(embedding({100, 4}, NumberFormat::fp32, {5, 6}));
    op.outputs[0].format = NumberFormat::fp16;
    EXPECT_EQ(config_error([&] { (void)embedding_kernel().lower(op, test_device("npu")); }),
              "embedding 'embed': the output must be fp32, is fp16");
    op.outputs[0].format = NumberFormat::fp32;
    op.outputs[0].shape.rows = 3;
    EXPECT_EQ(config_error([&] { (void)embedding_kernel().lower(op, test_device("npu")); }),
              "embedding 'embed': the output must be 2x4, is 3x4");
}

}  // namespace
}  // namespace handset::test
