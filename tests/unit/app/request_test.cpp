// SPDX-License-Identifier: Apache-2.0
#include "sim/app/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/models/small_decoder.h"

namespace handset {
namespace {

using ::testing::ElementsAre;

using Tokens = std::vector<std::uint32_t>;

const DecoderModel& model() {
    static const DecoderModel kModel =
        testing::shape_model(testing::small_decoder(), NumberFormat::fp16, {.kv = NumberFormat::fp16});
    return kModel;
}

RequestOptions three_tokens() {
    RequestOptions options;
    options.turns = {{.prompt = {5, 6, 7, 8}, .max_tokens = 3}};
    return options;
}

/// "phase step: tokens @ position of the first", read from the graph itself.
std::string described(const StepPlan& plan) {
    std::string text = plan.phase + " " + std::to_string(plan.step) + ":";
    bool rotated = false;
    for (std::size_t i = 0; i < plan.graph.op_count(); ++i) {
        const OpNode& op = plan.graph.op(OpId{i});
        for (const std::uint32_t token : op.gather) {
            text += " " + std::to_string(token);
        }
        if (op.kernel == "rope" && !rotated) {
            text += " @ " + std::to_string(op.runtime.integer("position"));
            rotated = true;
        }
    }
    return text;
}

/// All steps; `sampled` are the tokens that the phone would choose with data on.
std::vector<std::string> steps_of(Request& request, const Tokens& sampled) {
    std::vector<std::string> steps;
    std::size_t taken = 0;
    while (const std::optional<StepPlan> plan = request.next()) {
        steps.push_back(described(*plan));
        EXPECT_EQ(plan->token.has_value(), plan->phase != "load");
        if (plan->token.has_value() && taken < sampled.size()) {
            EXPECT_EQ(plan->graph.tensor(*plan->token).name, DecoderModel::kTokenTensor);
            request.accept(sampled[taken++]);
        }
    }
    return steps;
}

TEST(Request, LoadsPrefillsAndDecodesOneGraphPerFurtherToken) {
    Request request(model(), three_tokens());
    // The prompt fills positions 0..3; the first sampled token is put in at 4. The third is sampled, never put in.
    EXPECT_THAT(steps_of(request, {20, 21, 22}),
                ElementsAre("load 0:", "prefill 0: 5 6 7 8 @ 0", "decode 0: 20 @ 4", "decode 1: 21 @ 5"));
    EXPECT_THAT(request.tokens(), ElementsAre(20, 21, 22));
}

TEST(Request, MappedWeightsNeedNoLoading) {
    RequestOptions options = three_tokens();
    options.load = false;
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {20, 21, 22}),
                ElementsAre("prefill 0: 5 6 7 8 @ 0", "decode 0: 20 @ 4", "decode 1: 21 @ 5"));
}

TEST(Request, EndOfSequenceEndsItEarly) {
    RequestOptions options = three_tokens();
    options.eos = 21;
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {20, 21}), ElementsAre("load 0:", "prefill 0: 5 6 7 8 @ 0", "decode 0: 20 @ 4"));
    EXPECT_THAT(request.tokens(), ElementsAre(20, 21));
}

TEST(Request, EndOfSequenceInThePromptIsOnlyText) {
    RequestOptions options = three_tokens();
    options.eos = 7;
    Request request(model(), options);
    EXPECT_EQ(steps_of(request, {20, 21, 22}).size(), 4U);
}

TEST(Request, EndOfSequenceAsFirstTokenLeavesNoDecode) {
    RequestOptions options = three_tokens();
    options.eos = 20;
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {20}), ElementsAre("load 0:", "prefill 0: 5 6 7 8 @ 0"));
}

TEST(Request, OneTokenNeedsNoDecode) {
    RequestOptions options = three_tokens();
    options.turns[0].max_tokens = 1;
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {20}), ElementsAre("load 0:", "prefill 0: 5 6 7 8 @ 0"));
    EXPECT_EQ(request.prepare_ahead().size(), 1U);
}

TEST(Request, WithoutDataTakesTheKnownTokens) {
    RequestOptions options = three_tokens();
    options.known_tokens = {20, 21, 22};
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {}),
                ElementsAre("load 0:", "prefill 0: 5 6 7 8 @ 0", "decode 0: 20 @ 4", "decode 1: 21 @ 5"));
    EXPECT_THAT(request.tokens(), ElementsAre(20, 21, 22));
}

TEST(Request, PreparesGraphsOfTheShapesThatRun) {
    Request request(model(), three_tokens());
    const std::vector<StepPlan> ahead = request.prepare_ahead();
    ASSERT_EQ(ahead.size(), 2U);
    EXPECT_EQ(ahead[0].phase, "prefill");
    EXPECT_EQ(ahead[1].phase, "decode");
    request.next();
    const StepPlan prefill = *request.next();
    request.accept(20);
    const StepPlan decode = *request.next();
    for (const auto& [prepared, run] : {std::pair(&ahead[0], &prefill), std::pair(&ahead[1], &decode)}) {
        ASSERT_EQ(prepared->graph.op_count(), run->graph.op_count());
        for (std::size_t i = 0; i < run->graph.op_count(); ++i) {
            EXPECT_EQ(signature(prepared->graph.op(OpId{i})), signature(run->graph.op(OpId{i})));
        }
    }
}

TEST(Request, PreparesNothingAheadWhenGraphsAreBuiltOnFirstUse) {
    RequestOptions options = three_tokens();
    options.prepare_ahead = false;
    EXPECT_TRUE(Request(model(), options).prepare_ahead().empty());
}

}  // namespace
}  // namespace handset
