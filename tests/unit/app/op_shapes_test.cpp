// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/app/op_formats.h"
#include "sim/base/errors.h"
#include "tests/support/config_error.h"
#include "workloads/kernels/catalogue.h"

namespace handset {
namespace {

using test::config_error;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

OpCase make(std::string_view kernel, std::string_view shape, std::string_view format = "") {
    return make_op_case(op_recipe(kernel), parse_shape(shape), format);
}

TEST(OpShapes, TextBecomesValuesByKey) {
    EXPECT_THAT(parse_shape("n=4096,m=256"), ElementsAre(Pair("m", 256U), Pair("n", 4096U)));
}

TEST(OpShapes, BadTextIsRefused) {
    EXPECT_EQ(config_error([] { parse_shape("m"); }), "--shape: expected KEY=NUMBER, found 'm'");
    EXPECT_EQ(config_error([] { parse_shape("m=1,,n=2"); }), "--shape: expected KEY=NUMBER, found ''");
    EXPECT_EQ(config_error([] { parse_shape("=1"); }), "--shape: expected KEY=NUMBER, found '=1'");
    EXPECT_EQ(config_error([] { parse_shape("m=1.5"); }), "--shape: m must be a whole number, not '1.5'");
    EXPECT_EQ(config_error([] { parse_shape("m=-1"); }), "--shape: m must be a whole number, not '-1'");
    EXPECT_EQ(config_error([] { parse_shape("m=99999999999999999999"); }),
              "--shape: m must be a whole number, not '99999999999999999999'");
    EXPECT_EQ(config_error([] { parse_shape("m=1,m=2", "--tile"); }), "--tile: m is given twice");
}

TEST(OpShapes, ProductHasItsOperandsInTheFormatsOfItsName) {
    const OpCase made = make("matmul", "m=3,n=64,k=96", "w4a8");
    ASSERT_EQ(made.op.inputs.size(), 2U);
    EXPECT_EQ(made.op.inputs[0].shape, (Shape{3, 96}));
    EXPECT_EQ(made.op.inputs[0].format, NumberFormat::q8_0);
    EXPECT_EQ(made.op.inputs[1].shape, (Shape{64, 96}));
    EXPECT_EQ(made.op.inputs[1].format, NumberFormat::q4_0);
    EXPECT_EQ(made.op.inputs[1].tag, MemoryTag::weights);
    EXPECT_EQ(made.op.outputs.at(0).shape, (Shape{3, 64}));
    EXPECT_EQ(made.tensors.size(), 3U);
    EXPECT_EQ(made.shape, "m=3,n=64,k=96");
    EXPECT_EQ(make("matmul", "m=3,n=64,k=96").format, "w8a8") << "the first format is the default";
}

TEST(OpShapes, EveryFormatOfEveryRecipeMakesAnOpThatItsKernelAccepts) {
    for (const OpRecipe& recipe : op_recipes()) {
        ShapeValues shape;
        for (const ShapeKey& key : recipe.keys) {
            shape.emplace(key.name, 64);
        }
        for (const std::string& format : recipe.formats) {
            const OpCase made = make_op_case(recipe, shape, format);
            const Kernel& kernel = find_kernel(recipe.kernel);
            ASSERT_EQ(made.op.outputs.size(), 1U) << recipe.kernel << " " << format;
            EXPECT_EQ(kernel.infer_shapes(made.op).at(0), made.op.outputs[0].shape) << recipe.kernel << " " << format;
            EXPECT_EQ(made.tensors.size(), made.op.inputs.size() + 1) << recipe.kernel << " " << format;
        }
    }
}

TEST(OpShapes, EveryComputingKernelOfTheCatalogueHasARecipe) {
    for (const Kernel* kernel : kernel_catalogue()) {
        if (kernel->name() != "load") {  // moves bytes from flash, which is no operator on a device
            EXPECT_NO_THROW((void)op_recipe(kernel->name())) << kernel->name();
        }
    }
}

TEST(OpShapes, OptionalKeysHaveDefaults) {
    const OpCase attention = make("attention", "rows=4,heads=8,head_dim=16");
    EXPECT_EQ(attention.op.inputs[1].shape, (Shape{4, 128})) << "as many keys as rows, as many kv_heads as heads";
    EXPECT_EQ(make("rope", "rows=2,cols=64").op.attrs.integer("heads"), 1);
    EXPECT_EQ(make("rope", "rows=2,cols=64,head_dim=16").op.attrs.integer("heads"), 4);
}

TEST(OpShapes, UnknownAndMissingKeysListTheKnownOnes) {
    EXPECT_THAT(config_error([] { make("matmul", "m=1,n=2"); }), "the shape of matmul lacks 'k' (keys: m, n, k)");
    EXPECT_THAT(config_error([] { make("matmul", "m=1,n=2,k=3,b=4"); }),
                AllOf(HasSubstr("unknown shape key of matmul 'b'"), HasSubstr("m, n, k")));
    EXPECT_THAT(config_error([] { make("attention", "kv=4"); }),
                HasSubstr("(keys: rows, [kv], heads, [kv_heads], head_dim, [window])"));
}

TEST(OpShapes, SizesOutOfRangeAreRefused) {
    EXPECT_EQ(config_error([] { make("add", "rows=0,cols=3"); }),
              "the shape of add: rows=0 is out of range (1 to 2147483647)");
    EXPECT_NO_THROW(make("add", "rows=2147483647,cols=1"));
    EXPECT_THAT(config_error([] { make("add", "rows=2147483648,cols=1"); }), HasSubstr("rows=2147483648 is out of"));
    EXPECT_THAT(config_error([] { make("rope", "rows=1,cols=10,head_dim=4"); }),
                HasSubstr("cols=10 is not a multiple of head_dim=4"));
    EXPECT_THAT(config_error([] { make("matmul", "m=1,n=1,k=33", "w4a8"); }), HasSubstr("not a multiple of 32"));
    EXPECT_THAT(config_error([] { make("embedding", "rows=2000000,vocab=1,cols=1"); }), HasSubstr("more than 1048576"));
}

TEST(OpShapes, UnknownNamesListTheKnownOnes) {
    EXPECT_THAT(config_error([] { (void)op_recipe("matmull"); }),
                AllOf(HasSubstr("unknown operator 'matmull'"), HasSubstr("did you mean 'matmul'")));
    EXPECT_THAT(config_error([] { make("matmul", "m=1,n=2,k=3", "w9a9"); }), HasSubstr("w8a8, w8a8h, w8a8g, w4a8"));
    EXPECT_THAT(config_error([] { make("softmax", "rows=1,cols=2", "fp16"); }),
                HasSubstr("unknown format of softmax 'fp16'"));
    EXPECT_THAT(config_error([] { (void)product_format("w5"); }), HasSubstr("unknown format 'w5'"));
}

}  // namespace
}  // namespace handset
