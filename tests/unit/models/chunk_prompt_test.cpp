// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/chunk_prompt.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/unit/models/small_decoder.h"
#include "workloads/passes/subgraphs.h"

namespace handset {
namespace {

using ::testing::ElementsAre;
using testing::shape_model;
using testing::small_decoder;

/// Tokens 1, 2, 3 ... from position 0, sampling.
StepInput prompt_of(std::size_t tokens) {
    StepInput prompt;
    prompt.tokens.resize(tokens);
    std::iota(prompt.tokens.begin(), prompt.tokens.end(), 1U);
    return prompt;
}

PrefillConfig chunks_of(std::uint32_t tokens, bool pad = true) {
    PrefillConfig config;
    config.chunk = tokens;
    config.pad = pad;
    return config;
}

DecoderModel int8_model() {
    return shape_model(small_decoder(), NumberFormat::int8, {.activations = ActivationMode::int8});
}

const OpNode& find(const OpGraph& graph, const std::string& name) {
    for (const OpId id : graph.topological_order()) {
        if (graph.op(id).name == name) {
            return graph.op(id);
        }
    }
    throw std::runtime_error("no op " + name);
}

std::vector<std::string> before(const OpGraph& graph, const std::string& name) {
    std::vector<std::string> names;
    for (const OpId id : graph.predecessors(find(graph, name).id)) {
        names.push_back(graph.op(id).name);
    }
    return names;
}

/// Names of the ops of each sub-graph of a chunk, in the order of sub-graphs.
std::vector<std::vector<std::string>> subgraphs_of(const OpGraph& graph, int chunk) {
    std::map<std::uint32_t, std::vector<std::string>> groups;
    for (const OpId id : graph.topological_order()) {
        const OpNode& op = graph.op(id);
        if (op.chunk == chunk) {
            groups[op.subgraph].push_back(op.name);
        }
    }
    std::vector<std::vector<std::string>> out;
    for (auto& [id, names] : groups) {
        out.push_back(std::move(names));
    }
    return out;
}

TEST(ChunkPrompt, CutsAndFillsTheLastChunk) {
    const std::vector<StepInput> chunks = cut_prompt(chunks_of(4), prompt_of(10));
    ASSERT_EQ(chunks.size(), 3U);
    EXPECT_THAT(chunks[0].tokens, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(chunks[2].tokens, ElementsAre(9, 10, 0, 0));
    EXPECT_EQ(chunks[2].position, 8U);
    EXPECT_EQ(chunks[2].padding, 2U);
    EXPECT_EQ(chunks[1].padding, 0U);
    EXPECT_FALSE(chunks[1].sample);
    EXPECT_TRUE(chunks[2].sample);
    EXPECT_EQ(prompt_rows(chunks_of(4), 10), 12U);
}

TEST(ChunkPrompt, WithoutPaddingTheLastChunkIsShort) {
    const std::vector<StepInput> chunks = cut_prompt(chunks_of(4, false), prompt_of(10));
    ASSERT_EQ(chunks.size(), 3U);
    EXPECT_THAT(chunks[2].tokens, ElementsAre(9, 10));
    EXPECT_EQ(chunks[2].padding, 0U);
    EXPECT_EQ(prompt_rows(chunks_of(4, false), 10), 10U);
}

TEST(ChunkPrompt, WithoutAChunkLengthThePromptStaysWhole) {
    const OpGraph whole = int8_model().build_step(prompt_of(10));
    const OpGraph cut = build_prompt(int8_model(), {}, prompt_of(10));
    ASSERT_EQ(cut.op_count(), whole.op_count());
    for (const OpId id : whole.topological_order()) {
        EXPECT_EQ(cut.op(id).name, whole.op(id).name);
        EXPECT_EQ(signature(cut.op(id)), signature(whole.op(id)));
        EXPECT_EQ(cut.op(id).subgraph, 0U);
    }
}

TEST(ChunkPrompt, ChunksShareShapesWeightsAndCaches) {
    const OpGraph graph = build_prompt(int8_model(), chunks_of(4), prompt_of(10));
    for (const char* name : {"blk.1.attn_q", "blk.0.ffn_gated", "blk.1.ffn_norm"}) {
        const OpNode& first = find(graph, name);
        const OpNode& last = find(graph, std::string("c2.") + name);
        EXPECT_EQ(first.chunk, 0);
        EXPECT_EQ(last.chunk, 2);
        EXPECT_EQ(signature(first), signature(last)) << "a padded chunk has the shapes of a full one";
    }
    EXPECT_EQ(find(graph, "blk.0.attn_q").inputs[1].tensor, find(graph, "c2.blk.0.attn_q").inputs[1].tensor);
    EXPECT_EQ(find(graph, "blk.0.rope_k").outputs[0].tensor, find(graph, "c1.blk.0.rope_k").outputs[0].tensor);
}

// The head runs once: 2 layers of 20 ops with int8 activations and the embedding, per chunk.
TEST(ChunkPrompt, TheTokenIsChosenOnceFromTheLastRealRow) {
    const OpGraph graph = build_prompt(int8_model(), chunks_of(4), prompt_of(10));
    std::size_t heads = 0;
    for (const OpId id : graph.topological_order()) {
        heads += graph.op(id).kernel == "lm_head" || graph.op(id).kernel == "sample" ? 1 : 0;
    }
    EXPECT_EQ(heads, 2U);
    const TensorUse& row = find(graph, "output_norm").inputs[0];
    EXPECT_EQ(row.shape.rows, 1U);
    EXPECT_EQ(row.offset, 1 * row_bytes(NumberFormat::fp32, 64)) << "row 1 of 4: rows 2 and 3 are padding";
    EXPECT_THAT(before(graph, "output_norm"), ElementsAre("c2.blk.1.ffn_residual"));
}

TEST(ChunkPrompt, AttentionWaitsForTheKeysOfItsOwnAndEarlierChunksOnly) {
    const OpGraph graph = build_prompt(int8_model(), chunks_of(4), prompt_of(10));
    EXPECT_THAT(before(graph, "blk.1.attention"), ElementsAre("blk.1.rope_q", "blk.1.rope_k", "blk.1.store_v"));
    EXPECT_THAT(before(graph, "c1.blk.1.attention"),
                ElementsAre("blk.1.rope_k", "blk.1.store_v", "c1.blk.1.rope_q", "c1.blk.1.rope_k", "c1.blk.1.store_v"));
    EXPECT_THAT(before(graph, "c1.blk.1.rope_k"), ElementsAre("c1.blk.1.attn_k"))
        << "the first chunk's attention does not read these rows";
    EXPECT_EQ(find(graph, "c1.blk.1.attention").inputs[1].shape.rows, 8U);
}

TEST(ChunkPrompt, ChunksMustFollowOneAnother) {
    StepInput first = prompt_of(4);
    first.sample = false;
    StepInput second = prompt_of(4);
    second.position = 5;
    const std::vector<StepInput> gap{first, second};
    EXPECT_THROW((void)int8_model().build_prompt(gap), ModelError);
    second.position = 4;
    first.sample = true;
    const std::vector<StepInput> early{first, second};
    EXPECT_THROW((void)int8_model().build_prompt(early), ModelError);
}

// Six a layer, as llm.npu counts: 24 layers have 144, of which the 120 without attention are static.
TEST(Subgraphs, ALayerHasSix) {
    const OpGraph graph = build_prompt(int8_model(), chunks_of(4), prompt_of(8));
    const std::vector<std::vector<std::string>> groups = subgraphs_of(graph, 0);
    ASSERT_EQ(groups.size(), 2 * 6 + 1U) << "the last residual sum stands alone";
    EXPECT_THAT(groups[0], ElementsAre("token_embd", "blk.0.attn_norm", "blk.0.attn_norm.quantised"));
    EXPECT_THAT(groups[1], ElementsAre("blk.0.attn_q", "blk.0.attn_k", "blk.0.attn_v"));
    EXPECT_THAT(groups[2], ElementsAre("blk.0.rope_q", "blk.0.rope_k", "blk.0.store_v", "blk.0.attention",
                                       "blk.0.attention.quantised"));
    EXPECT_THAT(groups[3], ElementsAre("blk.0.attn_output"));
    EXPECT_THAT(groups[4], ElementsAre("blk.0.attn_residual", "blk.0.ffn_norm", "blk.0.ffn_norm.quantised"));
    EXPECT_THAT(groups[5], ElementsAre("blk.0.ffn_gate", "blk.0.ffn_up", "blk.0.ffn_gated", "blk.0.ffn_gated.quantised",
                                       "blk.0.ffn_down"));
    EXPECT_THAT(groups[6], ElementsAre("blk.0.ffn_residual", "blk.1.attn_norm", "blk.1.attn_norm.quantised"));
    EXPECT_EQ(subgraphs_of(graph, 1).front().front(), "c1.token_embd");
}

// A sub-graph that waits for another, which waits for the first, would never start.
TEST(Subgraphs, NeverWaitForEachOther) {
    const OpGraph graph = build_prompt(int8_model(), chunks_of(4), prompt_of(10));
    std::map<std::uint32_t, std::set<std::uint32_t>> after;
    std::map<std::uint32_t, std::size_t> waiting;
    for (const OpId id : graph.topological_order()) {
        waiting.try_emplace(graph.op(id).subgraph, 0);
        for (const OpId next : graph.successors(id)) {
            const std::uint32_t from = graph.op(id).subgraph;
            const std::uint32_t to = graph.op(next).subgraph;
            if (from != to && after[from].insert(to).second) {
                ++waiting[to];
            }
        }
    }
    std::size_t done = 0;
    while (!waiting.empty()) {
        const auto free = std::find_if(waiting.begin(), waiting.end(), [](const auto& e) { return e.second == 0; });
        ASSERT_NE(free, waiting.end()) << "a cycle after " << done << " sub-graphs";
        const std::uint32_t id = free->first;
        waiting.erase(free);
        for (const std::uint32_t next : after[id]) {
            --waiting[next];
        }
        ++done;
    }
}

// x -> norm -> product and, beside it, outlier_matmul -> add -> norm: the product need not wait for the outliers.
TEST(Subgraphs, ShadowProductsStandBesideTheProductsTheyCorrect) {
    OpGraph graph;
    const auto tensor = [&graph] {
        Tensor t;
        t.shape = {1, 8};
        return graph.whole(graph.add_tensor(t));
    };
    const auto op = [&graph](const char* kernel, std::vector<TensorUse> inputs, TensorUse output) {
        OpNode node;
        node.kernel = kernel;
        node.inputs = std::move(inputs);
        node.outputs = {output};
        graph.add_op(node);
        return output;
    };
    const TensorUse normed = op("rmsnorm", {tensor()}, tensor());
    const TensorUse product = op("matmul", {normed}, tensor());
    const TensorUse outliers = op("outlier_matmul", {normed}, tensor());
    op("gated", {op("add", {product, outliers}, tensor())}, tensor());
    mark_subgraphs(graph);
    std::vector<std::uint32_t> groups;
    for (const OpId id : graph.topological_order()) {
        groups.push_back(graph.op(id).subgraph);
    }
    EXPECT_THAT(groups, ElementsAre(1, 2, 3, 4, 4)) << "the sum and what follows it are one float sub-graph";
}

TEST(ChunkPrompt, UnsharedChunksHaveGraphsOfTheirOwn) {
    PrefillConfig config = chunks_of(4);
    config.share_graphs = false;
    const OpGraph graph = build_prompt(int8_model(), config, prompt_of(8));
    EXPECT_EQ(find(graph, "blk.0.attn_q").graph_set, 0U);
    EXPECT_EQ(find(graph, "c1.blk.0.attn_q").graph_set, 1U);
    const OpGraph shared = build_prompt(int8_model(), chunks_of(4), prompt_of(8));
    EXPECT_EQ(find(shared, "c1.blk.0.attn_q").graph_set, 0U);
}

}  // namespace
}  // namespace handset
