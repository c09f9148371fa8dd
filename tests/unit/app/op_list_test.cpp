// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset {
namespace {

using test::config_error;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

ShapeValues product(std::uint64_t m, std::uint64_t n, std::uint64_t k) {
    return {{"m", m}, {"n", n}, {"k", k}};
}

class OpList : public ::testing::Test {
  protected:
    std::vector<OpListEntry> list(const std::string& text) {
        return read_op_list(folder_.write("x.csv", text), op_recipe("matmul"));
    }
    std::vector<OpListEntry> layers(const std::string& text) {
        return read_scalesim_layers(folder_.write("x.csv", text));
    }
    std::string list_error(const std::string& text) {
        return config_error([&] { (void)list(text); });
    }
    std::string layers_error(const std::string& text) {
        return config_error([&] { (void)layers(text); });
    }

  private:
    test::TemporaryDirectory folder_;
};

TEST_F(OpList, ColumnsMayStandInAnyOrderBesideNamesAndFormats) {
    const auto entries = list("format,k,name,m,n\n# remark\n\nw4a8,96,up,1,64\n,32, down ,2,3\r\n");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].label, "up");
    EXPECT_EQ(entries[0].format, "w4a8");
    EXPECT_EQ(entries[0].shape, product(1, 64, 96));
    EXPECT_EQ(entries[1].label, "down");
    EXPECT_EQ(entries[1].format, "");
    EXPECT_THAT(entries[1].where, EndsWith("x.csv:5"));
}

TEST_F(OpList, ShapesWithoutNamesAreCalledByTheirLine) {
    EXPECT_EQ(list("m,n,k\n1,2,3\n").at(0).label, "2");
}

TEST_F(OpList, BadHeadersAreRefused) {
    EXPECT_THAT(list_error("m,n\n1,2\n"), HasSubstr("x.csv:1: the header lacks the column 'k'"));
    EXPECT_THAT(list_error("m,n,k,batch\n1,2,3,4\n"), HasSubstr("unknown column 'batch'"));
    EXPECT_THAT(list_error("m,n,k,m\n1,2,3,4\n"), HasSubstr("the column 'm' stands twice"));
    EXPECT_THAT(list_error(""), HasSubstr("is empty"));
    EXPECT_THAT(list_error("m,n,k\n"), HasSubstr("holds a header and no shapes"));
    EXPECT_THAT(config_error([] { (void)read_op_list("/nowhere.csv", op_recipe("matmul")); }),
                "cannot read '/nowhere.csv'");
}

TEST_F(OpList, EveryBadLineIsNamed) {
    EXPECT_THAT(list_error("m,n,k\n1,2,x\n1,2,3\n1,2,3,4\n1\n"),
                AllOf(HasSubstr("x.csv:2: k must be a whole number, not 'x'"),
                      HasSubstr("x.csv:4: has 4 cells, the header 3"), HasSubstr("x.csv:5: has 1 cells")));
}

TEST_F(OpList, ScaleSimProductsKeepTheirSizes) {
    const auto entries = layers("Layer, M, N, K,\nqkv, 256, 3072, 1024,\nup,1,2,3\n");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].label, "qkv");
    EXPECT_EQ(entries[0].shape, product(256, 3072, 1024));
}

TEST_F(OpList, ScaleSimConvolutionsBecomeProductsByIm2col) {
    // 230 = 224 and its padding: (230 - 7) / 2 = 111.5, so 113 positions with the partial one; 7 * 7 * 3 = 147.
    const auto entries = layers(
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
        "Conv1, 230, 229, 7, 7, 3, 64, 2,\n"
        "FC, 1, 1, 1, 1, 2048, 1000, 1,\n");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].shape, product(113U * 112U, 64, 147));
    EXPECT_EQ(entries[1].shape, product(1, 1000, 2048));
}

TEST_F(OpList, ScaleSimStridesMayDifferByDirection) {
    const auto entries = layers(
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, Strides "
        "W,\n"
        "Conv1, 9, 9, 3, 3, 1, 1, 2, 3,\n");
    EXPECT_EQ(entries.at(0).shape.at("m"), 4U * 3U);  // (9 - 3) / 2 + 1 and (9 - 3) / 3 + 1
}

TEST_F(OpList, BadScaleSimFilesAreRefused) {
    EXPECT_THAT(layers_error("m,n,k\n1,2,3\n"), HasSubstr("x.csv:1: expected the header 'Layer, M, N, K,'"));
    EXPECT_THAT(layers_error("Layer, M, N, K,\na, 1, 0, 3,\nb, 1, 2,\nc, 1, 2, -3,\n"),
                AllOf(HasSubstr("x.csv:2: N must be a positive whole number, not '0'"),
                      HasSubstr("x.csv:3: has 3 cells, the header 4"),
                      HasSubstr("x.csv:4: K must be a positive whole number, not '-3'")));
    EXPECT_THAT(layers_error("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num "
                             "Filter, Strides,\nConv1, 3, 3, 5, 3, 1, 1, 1,\n"),
                HasSubstr("x.csv:2: the filter is larger than its input"));
}

}  // namespace
}  // namespace handset
