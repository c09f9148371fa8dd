// SPDX-License-Identifier: Apache-2.0
// Products cut in two: the same values from the same work, in parts that do not wait for each other.
#include "workloads/passes/split_products.h"

#include <optional>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/models/plain_memory.h"
#include "tests/unit/models/small_decoder.h"

namespace handset {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;

using testing::PlainMemory;

constexpr SplitConfig kSplit{.rows = 0.75, .columns = 0.5, .align = 4};

DecoderConfig biased_decoder() {
    DecoderConfig config = testing::small_decoder();
    config.qkv_bias = true;
    return config;
}

StepInput step_of(std::uint32_t tokens) {
    StepInput input;
    for (std::uint32_t i = 0; i < tokens; ++i) {
        input.tokens.push_back((5 * i + 1) % 40);
    }
    input.sample = true;
    return input;
}

OpGraph graph_of(std::uint32_t tokens, NumberFormat weights = NumberFormat::int8, StepFormats formats = {}) {
    return testing::shape_model(biased_decoder(), weights, formats).build_step(step_of(tokens));
}

OpId find(const OpGraph& graph, const std::string& name) {
    for (const OpId id : graph.topological_order()) {
        if (graph.op(id).name == name) {
            return id;
        }
    }
    ADD_FAILURE() << "no op '" << name << "'";
    return OpId{0};
}

TEST(SplitProducts, ThePartOfTheNpuIsTheNearestMultipleThatLeavesBothSomething) {
    EXPECT_EQ(npu_part(256, 0.75, 32), 192U);
    EXPECT_EQ(npu_part(300, 0.75, 32), 224U);  // 225 / 32 = 7.03
    EXPECT_EQ(npu_part(60, 0.75, 32), 32U);    // 45 / 32 = 1.41
    EXPECT_EQ(npu_part(20, 0.75, 32), 0U);     // 15 / 32 = 0.47
    EXPECT_EQ(npu_part(64, 0.9, 32), 0U);      // 57.6 / 32 = 1.8: all of it
    EXPECT_EQ(npu_part(64, 0.0, 32), 0U);
    EXPECT_EQ(npu_part(65, 1.0, 32), 64U);
}

TEST(SplitProducts, NothingToSplitIsAnError) {
    Errors errors;
    SplitConfig{}.check(errors);
    EXPECT_THAT(errors.problems(), ElementsAre("give 'rows' or 'columns'"));
}

TEST(SplitProducts, RowsOfThePromptAreCutWhereTheWeightsStayWhole) {
    const OpGraph graph = split_products(graph_of(12), kSplit);
    // 9 of 12 rows are 2.25 blocks of 4: 8 rows of 64 channels, 64 fp32 results each.
    const OpNode& npu = graph.op(find(graph, "blk.0.attn_q.npu"));
    const OpNode& gpu = graph.op(find(graph, "blk.0.attn_q.gpu"));
    EXPECT_EQ(npu.inputs[0].shape, (Shape{8, 64}));
    EXPECT_EQ(gpu.inputs[0].shape, (Shape{4, 64}));
    EXPECT_EQ(gpu.inputs[0].offset, 8 * row_bytes(npu.inputs[0].format, 64));
    EXPECT_EQ(gpu.outputs[0].offset, Bytes{8 * 64 * 4});
    EXPECT_EQ(npu.inputs[1].shape, gpu.inputs[1].shape);
    EXPECT_EQ(gpu.inputs[1].offset, Bytes{});
}

TEST(SplitProducts, OneRowIsCutByOutputsWithTheBias) {
    const OpGraph graph = split_products(graph_of(1), kSplit);
    const OpNode& gpu = graph.op(find(graph, "blk.0.attn_q.gpu"));
    EXPECT_EQ(gpu.inputs[0].shape, (Shape{1, 64}));
    EXPECT_EQ(gpu.inputs[1].shape, (Shape{32, 64}));
    EXPECT_EQ(gpu.inputs[1].offset, 32 * row_bytes(gpu.inputs[1].format, 64));
    EXPECT_EQ(gpu.inputs[2].shape, (Shape{1, 32}));
    EXPECT_EQ(gpu.inputs[2].offset, Bytes{32 * 4});
    EXPECT_EQ(gpu.outputs[0].shape, (Shape{1, 32}));
    EXPECT_EQ(gpu.outputs[0].offset, Bytes{32 * 4});
}

TEST(SplitProducts, PartsRunAtTheSameTimeAndReadersWaitForBoth) {
    for (const std::uint32_t tokens : {1U, 12U}) {
        const OpGraph graph = split_products(graph_of(tokens), kSplit);
        const OpId npu = find(graph, "blk.1.ffn_down.npu");
        const OpId gpu = find(graph, "blk.1.ffn_down.gpu");
        EXPECT_THAT(graph.predecessors(gpu), Not(Contains(npu)));
        EXPECT_EQ(graph.predecessors(gpu), graph.predecessors(npu));
        EXPECT_THAT(graph.predecessors(find(graph, "blk.1.ffn_residual")), IsSupersetOf({npu, gpu}));
    }
}

struct Work {
    std::uint64_t macs = 0;
    std::uint64_t weight_bytes = 0;
    std::uint64_t result_bytes = 0;
};

Work products_of(const OpGraph& graph) {
    Work work;
    for (const OpId id : graph.topological_order()) {
        const OpNode& op = graph.op(id);
        if (op.kernel == "matmul" || op.kernel == "lm_head") {
            const Shape& out = op.outputs[0].shape;
            work.macs += out.rows * out.cols * op.inputs[1].shape.cols;
            work.weight_bytes += op.inputs[1].bytes().count();
            work.result_bytes += op.outputs[0].bytes().count();
        }
    }
    return work;
}

TEST(SplitProducts, WorkIsConserved) {
    const Work decode = products_of(graph_of(1));
    const Work split_decode = products_of(split_products(graph_of(1), kSplit));
    EXPECT_EQ(split_decode.macs, decode.macs);
    EXPECT_EQ(split_decode.weight_bytes, decode.weight_bytes);
    EXPECT_EQ(split_decode.result_bytes, decode.result_bytes);
    const Work prompt = products_of(graph_of(12));
    const Work split_prompt = products_of(split_products(graph_of(12), kSplit));
    EXPECT_EQ(split_prompt.macs, prompt.macs);
    EXPECT_EQ(split_prompt.result_bytes, prompt.result_bytes);
    // Both parts of a product by rows need all its weights; the LM head of one row is cut by outputs.
    const std::uint64_t head =
        graph_of(12).op(find(graph_of(12), std::string(DecoderModel::kLogitsTensor))).inputs[1].bytes().count();
    EXPECT_EQ(split_prompt.weight_bytes, 2 * prompt.weight_bytes - head);
}

/// The prompt in one piece, then decode steps; every token and the logits behind it.
std::vector<float> generated(const DecoderModel& model, const WeightImage& image,
                             const std::optional<SplitConfig>& split) {
    PlainMemory memory(image);
    memory.run(model.build_load_graph());
    testing::spread_vectors(model.config(), memory);
    StepInput input = step_of(12);
    std::vector<float> values;
    for (std::uint32_t i = 0; i < 6; ++i) {
        const OpGraph graph = model.build_step(input);
        memory.run(split.has_value() ? split_products(graph, *split) : graph);
        const std::vector<float> logits = memory.floats(std::string(DecoderModel::kLogitsTensor));
        values.insert(values.end(), logits.begin(), logits.end());
        values.push_back(static_cast<float>(memory.token()));
        input.position += static_cast<std::uint32_t>(input.tokens.size());
        input.tokens = {memory.token()};
    }
    return values;
}

TEST(SplitProducts, ValuesAreTheSameToTheBit) {
    const ModelWeights int8 = synthetic_weights(biased_decoder(), NumberFormat::int8, 3, 0, true);
    const ModelWeights q8 = synthetic_weights(biased_decoder(), NumberFormat::q8_0, 3, 0, true);
    const std::vector<std::pair<const ModelWeights*, StepFormats>> cases{
        {&int8, {.activations = ActivationMode::int8, .activation_scale = ActivationScale::row}},
        {&int8, {.activations = ActivationMode::int8, .activation_scale = ActivationScale::tensor}},
        {&q8, {.activations = ActivationMode::q8_0}}};
    for (const auto& [weights, formats] : cases) {
        const DecoderModel model(biased_decoder(), weights->table, formats);
        EXPECT_EQ(generated(model, weights->image, kSplit), generated(model, weights->image, std::nullopt));
    }
}

TEST(SplitProducts, SubgraphsAndChunksStayMarked) {
    OpGraph graph = graph_of(12);
    graph.op(find(graph, "blk.0.ffn_up")).subgraph = 9;
    const OpGraph split = split_products(graph, kSplit);
    EXPECT_EQ(split.op(find(split, "blk.0.ffn_up.npu")).subgraph, 9U);
    EXPECT_EQ(split.op(find(split, "blk.0.ffn_up.gpu")).subgraph, 9U);
    EXPECT_EQ(split.tensor_count(), graph.tensor_count());
}

}  // namespace
}  // namespace handset
