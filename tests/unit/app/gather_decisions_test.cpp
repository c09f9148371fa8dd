// SPDX-License-Identifier: Apache-2.0
#include "sim/app/gather_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

using ::testing::ElementsAre;

Tensor channels() {
    Tensor tensor;
    tensor.name = "x.channels";
    return tensor;
}

TEST(GatherDecisions, AreReadFromMemoryAndRepeatedWithoutData) {
    const Tensor tensor = channels();
    const GatherQuestion question{
        .phase = "prefill", .step = 0, .indices = tensor, .address = 100, .count = 3, .rows = 200};
    GatherDecisions on([](Address address) { return static_cast<std::uint32_t>(address); }, {}, 1);
    EXPECT_THAT(on.answer(question), ElementsAre(100U, 104U, 108U));
    (void)on.answer(question);
    ASSERT_EQ(on.records().size(), 1U) << "ops that share a tensor share its rows";
    GatherDecisions off({}, on.records(), 1);
    EXPECT_EQ(off.answer(question), on.answer(question));
    EXPECT_EQ(off.records(), on.records());
}

TEST(GatherDecisions, WithoutDataOrReplayAreGenerated) {
    const Tensor tensor = channels();
    const GatherQuestion question{
        .phase = "decode", .step = 4, .indices = tensor, .address = 0, .count = 5, .rows = 64};
    GatherDecisions first({}, {}, 1);
    GatherDecisions other({}, {}, 2);
    EXPECT_EQ(first.answer(question), OutlierChannels(1).pick("x.channels", "decode", 4, 5, 64));
    EXPECT_NE(first.answer(question), other.answer(question));
}

TEST(GatherDecisions, AReplayMustKnowTheTensor) {
    const Tensor tensor = channels();
    const GatherQuestion question{
        .phase = "decode", .step = 4, .indices = tensor, .address = 0, .count = 1, .rows = 64};
    GatherDecisions late({}, {{"decode", 3, "x.channels", {1}}}, 1);
    EXPECT_THROW((void)late.answer(question), ConfigError);
    GatherDecisions wide({}, {{"decode", 4, "x.channels", {64}}}, 1);
    EXPECT_THROW((void)wide.answer(question), ConfigError);
}

}  // namespace
}  // namespace handset
