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

RequestOptions two_turns(const std::string& first, const std::string& second) {
    RequestOptions options;
    options.load = false;
    options.turns = {{.prompt = {5, 6, 7}, .max_tokens = 2, .conversation = first},
                     {.prompt = {8, 9}, .max_tokens = 2, .conversation = second}};
    return options;
}

// The first turn leaves 5 6 7 20 in the cache; 21 was sampled, never put in. Steps of a phase count through the run.
TEST(Request, TurnOfTheSameConversationPutsInWhatIsNew) {
    Request request(model(), two_turns("chat", "chat"));
    EXPECT_THAT(steps_of(request, {20, 21, 22, 23}),
                ElementsAre("prefill 0: 5 6 7 @ 0", "decode 0: 20 @ 3", "prefill 1: 21 8 9 @ 4", "decode 1: 22 @ 7"));
    EXPECT_THAT(request.tokens(), ElementsAre(20, 21, 22, 23));
    ASSERT_EQ(request.served().size(), 2U);
    EXPECT_EQ(request.served()[0].cached_tokens, 0U);
    EXPECT_EQ(request.served()[1].cached_tokens, 4U);
    EXPECT_EQ(request.served()[1].prefill_tokens, 3U);
    EXPECT_EQ(request.served()[1].output_tokens, 2U);
}

TEST(Request, TurnsWithoutAConversationKnowNothingOfEachOther) {
    Request request(model(), two_turns("", ""));
    EXPECT_THAT(steps_of(request, {20, 21, 22, 23}),
                ElementsAre("prefill 0: 5 6 7 @ 0", "decode 0: 20 @ 3", "prefill 1: 8 9 @ 0", "decode 1: 22 @ 2"));
}

// There is one cache: "a" finds "b" in it and starts over with all it said.
TEST(Request, ReplacedConversationIsPutInAgain) {
    RequestOptions options = two_turns("a", "b");
    options.turns.push_back({.prompt = {10}, .max_tokens = 1, .conversation = "a"});
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {20, 21, 22, 23, 24}),
                ElementsAre("prefill 0: 5 6 7 @ 0", "decode 0: 20 @ 3", "prefill 1: 8 9 @ 0", "decode 1: 22 @ 2",
                            "prefill 2: 5 6 7 20 21 10 @ 0"));
    EXPECT_EQ(request.served()[2].cached_tokens, 0U);
    EXPECT_EQ(request.served()[2].prefill_tokens, 6U);
}

TEST(Request, AnswerThatEndsEarlyLeavesLessInTheCache) {
    RequestOptions options = two_turns("chat", "chat");
    options.turns[0].max_tokens = 9;
    options.eos = 21;
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {20, 21, 22, 21}),
                ElementsAre("prefill 0: 5 6 7 @ 0", "decode 0: 20 @ 3", "prefill 1: 21 8 9 @ 4", "decode 1: 22 @ 7"));
    EXPECT_EQ(request.served()[0].output_tokens, 2U);
}

TEST(Request, WithoutDataEachTurnTakesItsKnownTokens) {
    RequestOptions options = two_turns("chat", "chat");
    options.known_tokens = {20, 21, 22, 23};
    Request request(model(), options);
    EXPECT_THAT(steps_of(request, {}),
                ElementsAre("prefill 0: 5 6 7 @ 0", "decode 0: 20 @ 3", "prefill 1: 21 8 9 @ 4", "decode 1: 22 @ 7"));
}

TEST(Request, PlansNameTheirRequestAndTheFirstItsArrival) {
    RequestOptions options = two_turns("", "");
    options.load = true;
    options.turns[1].arrival = 3_s;
    Request request(model(), options);
    std::vector<std::string> seen;
    while (const std::optional<StepPlan> plan = request.next()) {
        seen.push_back(plan->phase + (plan->request ? " of " + std::to_string(*plan->request) : "") +
                       (plan->arrival ? " at " + std::to_string(plan->arrival->count() / (1_s).count()) : ""));
        if (plan->token.has_value()) {
            request.accept(20);
        }
    }
    EXPECT_THAT(seen, ElementsAre("load", "prefill of 0", "decode of 0", "prefill of 1 at 3", "decode of 1"));
}

// Prefills of 3, 3 (21 8 9) and 1 new tokens, and one decode step.
TEST(Request, PreparesEachLengthOfPrefillOnce) {
    RequestOptions options = two_turns("chat", "chat");
    options.turns.push_back({.prompt = {10}, .max_tokens = 2});
    const std::vector<StepPlan> ahead = Request(model(), options).prepare_ahead();
    ASSERT_EQ(ahead.size(), 3U);
    EXPECT_EQ(described(ahead[0]), "prefill 0: 5 6 7 @ 0");
    EXPECT_EQ(described(ahead[1]), "prefill 0: 10 @ 0");
    EXPECT_EQ(ahead[2].phase, "decode");
}

// 7 products in each of 2 layers have four rows in the prompt; they and the LM head have one row in decode.
TEST(Request, SplitsProductsOfPromptAndDecodeAsItIsTold) {
    const auto parts = [](const OpGraph& graph) {
        std::size_t count = 0;
        for (const OpId id : graph.topological_order()) {
            count += graph.op(id).name.ends_with(".npu") ? 1U : 0U;
        }
        return count;
    };
    RequestOptions options = three_tokens();
    options.split = SplitConfig{.rows = 0.5, .columns = 0.0, .align = 2};
    const std::vector<StepPlan> by_rows = Request(model(), options).prepare_ahead();
    EXPECT_EQ(parts(by_rows.at(0).graph), 14U);
    EXPECT_EQ(parts(by_rows.at(1).graph), 0U);
    options.split = SplitConfig{.rows = 0.0, .columns = 0.5, .align = 2};
    const std::vector<StepPlan> by_columns = Request(model(), options).prepare_ahead();
    EXPECT_EQ(parts(by_columns.at(0).graph), 1U);
    EXPECT_EQ(parts(by_columns.at(1).graph), 15U);
}

// chat: 3 + 2 + 2 + 2 = 9 tokens; the ones without a name need 3 + 5 each.
TEST(Request, LongestConversationCountsPromptsAndAnswers) {
    std::vector<Turn> turns = two_turns("chat", "chat").turns;
    EXPECT_EQ(longest_conversation(turns, {}), 9U);
    turns.push_back({.prompt = {1, 2, 3}, .max_tokens = 5});
    turns.push_back({.prompt = {1, 2, 3}, .max_tokens = 5});
    EXPECT_EQ(longest_conversation(turns, {}), 9U);
    turns.back().max_tokens = 7;
    EXPECT_EQ(longest_conversation(turns, {}), 10U);
}

// Chunks of 8: 3 tokens fill 8 rows. The second turn begins behind 4 cached tokens (3 + 2 - 1) and fills 8 more.
TEST(Request, LongestConversationCountsTheRowsThatFillUpAChunk) {
    PrefillConfig prefill;
    prefill.chunk = 8;
    EXPECT_EQ(longest_conversation({{.prompt = {1, 2, 3}, .max_tokens = 2}}, prefill), 8U);
    EXPECT_EQ(longest_conversation(two_turns("chat", "chat").turns, prefill), 12U);
}

}  // namespace
}  // namespace handset
