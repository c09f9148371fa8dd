// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_models/common/port_config.h"

namespace handset {
namespace {

TEST(Rates, EveryFormatFindsItsOwnValue) {
    const MacRates rates{.fp32 = 1, .fp16 = 2, .int8 = 3, .int4 = 4, .w8a16 = 5, .w4a16 = 6};
    const MacEnergies energies{.fp32 = 1_fJ, .fp16 = 2_fJ, .int8 = 3_fJ, .int4 = 4_fJ, .w8a16 = 5_fJ, .w4a16 = 6_fJ};
    for (std::uint32_t i = 0; i < kMacFormats; ++i) {
        const auto format = static_cast<MacFormat>(i);
        EXPECT_EQ(rates[format], i + 1);
        EXPECT_EQ(energies[format], Femtojoules{i + 1});
    }
    EXPECT_FALSE(MacRates{}.any());
    EXPECT_TRUE(MacRates{.int4 = 1}.any());
}

TEST(Rates, EveryVectorClassFindsItsOwnCost) {
    const VectorOpCosts costs{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    for (std::uint32_t i = 0; i < kVectorOps; ++i) {
        EXPECT_EQ(costs[static_cast<VectorOp>(i)], i + 1);
    }
}

TEST(Rates, PartialVectorsCostAsMuchAsFullOnes) {
    const VectorCosts costs{.fp32 = {.exp = 10}, .fp16 = VectorOpCosts{.exp = 7}, .int8 = {}};
    EXPECT_EQ(vector_instructions(Work{}, costs, 128), 0U);
    EXPECT_EQ(vector_instructions(Work{}.add(VectorOp::exp, 1), costs, 128), 10U);
    EXPECT_EQ(vector_instructions(Work{}.add(VectorOp::exp, 4), costs, 128), 10U);
    EXPECT_EQ(vector_instructions(Work{}.add(VectorOp::exp, 5), costs, 128), 20U);
    EXPECT_EQ(vector_instructions(Work{}.add(VectorOp::exp, 1).add(VectorOp::move, 1), costs, 128), 11U)
        << "classes do not share a vector";
    EXPECT_EQ(vector_instructions(Work{}.add(VectorOp::exp, 9, ElementFormat::fp16), costs, 128), 14U)
        << "8 to a vector";
    EXPECT_EQ(vector_instructions(Work{}.add(VectorOp::exp, 17, ElementFormat::int8), costs, 128), 20U) << "as fp32";
    EXPECT_EQ(vector_element_operations(Work{}.add(VectorOp::exp, 5).add(VectorOp::move, 2), costs), 52U);
}

TEST(Rates, TouchedBytesCountOperandsOnceAndResultsAsAccumulators) {
    Work work;
    work.matmuls[0] = {.m = 3, .n = 5, .k = 7, .count = 2, .format = MacFormat::int4};
    // 21 x 2 activations of 8 bit, 35 x 2 weights of 4 bit = 77 B, 30 results x 4 B.
    EXPECT_EQ(local_bytes_touched(work), Bytes{77 + 120});
    work.add(VectorOp::dequantise, 10);
    EXPECT_EQ(local_bytes_touched(work), Bytes{197 + 80});
    work.add(VectorOp::gather, 10, ElementFormat::int8);
    EXPECT_EQ(local_bytes_touched(work), Bytes{277 + 20});
}

TEST(PortConfig, RejectsLimitsThatCannotHold) {
    PortConfig port;
    port.burst = 512_B;
    port.lane_outstanding = 512_B;
    port.outstanding = 512_B;
    Errors errors;
    port.check(errors);
    EXPECT_TRUE(errors.empty());
    port.lane_outstanding = 511_B;
    port.check(errors);
    EXPECT_THAT(errors.problems(), testing::ElementsAre(testing::HasSubstr("burst: a request larger")));
    port.lane_outstanding = 513_B;
    Errors more;
    port.check(more);
    EXPECT_THAT(more.problems(), testing::ElementsAre(testing::HasSubstr("lane_outstanding: a lane cannot")));
}

}  // namespace
}  // namespace handset
