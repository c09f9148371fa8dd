// SPDX-License-Identifier: Apache-2.0
// Prompts in chunks: the same tokens whatever the order of execution, and what chunks cost and save.
#include <algorithm>

#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

/// 26 tokens: chunks of 10 leave 4 rows of padding.
constexpr const char* kPrompt = "Once upon a time there was a small lamp in the kitchen of a house by the sea";

std::vector<std::string> chunked(const std::string& policy, unsigned chunk, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--policy", policy, "--set", "workload.prefill.chunk=" + std::to_string(chunk)});
    return more;
}

std::uint64_t highest(const RunResult& result, const std::string& tag) {
    std::uint64_t most = 0;
    for (const MemorySeries& series : result.memory) {
        for (const Sample& sample : series.samples) {
            most = series.tag == tag ? std::max(most, sample.value) : most;
        }
    }
    return most;
}

/// Two layers by shape, 1024 tokens in chunks of 256.
constexpr const char* kShape =
    "name: shape\n"
    "model: {shape: {architecture: qwen2, hidden: 1024, layers: 2, heads: 16, kv_heads: 16, ffn: 2816, vocab: 4096,"
    " context: 2048}}\n"
    "prompt_tokens: 1024\nmax_tokens: 1\nweights: int8\nactivations: int8\n";

}  // namespace

TEST(ChunkedPrefill, GivesTheSameTokensAsThePromptInOnePiece) {
    HandsetRuns runs;
    for (const char* formats : {"", "weights: int8\nactivations: int8\n"}) {
        const std::string workload = runs.tiny_workload(kPrompt, 16, formats);
        const RunResult whole = runs.run(phone(), workload, {"--policy", "cpu_only"});
        ASSERT_EQ(whole.prompt_tokens.size(), 26U);
        for (const char* policy : {"llm_npu", "llm_npu_gpu", "llm_npu_in_order", "heft", "cpu_only"}) {
            const RunResult cut = runs.run(phone(), workload, chunked(policy, 10));
            EXPECT_EQ(cut.tokens, whole.tokens) << policy << " " << formats;
        }
        const std::vector<std::string> unpadded{"--set", "workload.prefill.pad=false"};
        EXPECT_EQ(runs.run(phone(), workload, chunked("llm_npu", 10, unpadded)).tokens, whole.tokens);
    }
}

TEST(ChunkedPrefill, CountsTheSameWithoutData) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload(kPrompt, 4, "weights: int8\nactivations: int8\n");
    const std::string with_data = runs.run_to_file(phone(), workload, chunked("llm_npu", 10));
    const RunResult on = read_run_result(with_data);
    const RunResult off = runs.run(phone(), workload, chunked("llm_npu", 10, {"--data", "off", "--replay", with_data}));
    EXPECT_EQ(on.counters, off.counters);
    EXPECT_EQ(on.ops, off.ops);
}

// Sub-graphs save calls; out-of-order execution fills the NPU's waiting times. No run beats the bound.
TEST(ChunkedPrefill, EachStepOfThePublishedAblationHelps) {
    HandsetRuns runs;
    const std::string workload = runs.workload(kShape);
    const std::vector<std::string> off{"--data", "off"};
    std::vector<std::string> by_op = off;
    by_op.insert(by_op.end(), {"--set", "workload.prefill.subgraphs=false"});
    const RunResult single = runs.run(phone(), workload, chunked("llm_npu_in_order", 256, by_op));
    const RunResult in_order = runs.run(phone(), workload, chunked("llm_npu_in_order", 256, off));
    const RunResult out_of_order = runs.run(phone(), workload, chunked("llm_npu", 256, off));
    EXPECT_LT(counter_value(in_order.counters, "npu0.call_time"), counter_value(single.counters, "npu0.call_time"));
    EXPECT_GT(summary_value(in_order, metric::kPrefillRate), summary_value(single, metric::kPrefillRate));
    EXPECT_GT(summary_value(out_of_order, metric::kPrefillRate), 1.1 * summary_value(in_order, metric::kPrefillRate));
    EXPECT_LT(summary_value(out_of_order, "prefill_bubbles.npu0"), summary_value(in_order, "prefill_bubbles.npu0"));
    for (const RunResult* result : {&single, &in_order, &out_of_order}) {
        EXPECT_GE(summary_value(*result, "prefill_over_bound"), 1.0);
    }
}

// Published: sharing saves 75 % of the graphs' memory for 1024 tokens in chunks of 256, of which each copy holds the
// weights: 3 of 4 copies. Here the first copy is that of the weights themselves, so it is the growth that is compared.
TEST(ChunkedPrefill, SharingGraphsSavesThreeOfFourCopies) {
    HandsetRuns runs;
    const std::string workload = runs.workload(kShape);
    const RunResult shared = runs.run(phone(), workload, chunked("llm_npu", 256, {"--data", "off"}));
    const RunResult copied = runs.run(
        phone(), workload, chunked("llm_npu", 256, {"--data", "off", "--set", "workload.prefill.share_graphs=false"}));
    // 2 layers of (4 x 1024 + 3 x 2816) x 1024 bytes; the LM head is no part of it.
    const double weights = 2.0 * (4 * 1024 + 3 * 2816) * 1024;
    const double growth = static_cast<double>(highest(copied, "graphs") - highest(shared, "graphs"));
    EXPECT_GT(growth, 3 * weights);
    EXPECT_LT(growth, 5 * weights) << "published: unshared chunk graphs cost 2 to 4 times the weights";
    const double session = 0.5;  // opened once: configs/parts/npu_hexagon_v75.yaml
    EXPECT_NEAR((summary_value(copied, "prepare_time") - session) / (summary_value(shared, "prepare_time") - session),
                4.0, 0.01);
    EXPECT_EQ(shared.tokens, copied.tokens);
}

// Static graphs are built for the prompt alone: llm.npu decodes elsewhere.
TEST(ChunkedPrefill, DecodingElsewhereNeedsNoStaticGraphs) {
    HandsetRuns runs;
    const std::string formats = "weights: int8\nactivations: int8\n";
    const RunResult prompt = runs.run(phone(), runs.tiny_workload(kPrompt, 1, formats), chunked("llm_npu", 10));
    const RunResult answer = runs.run(phone(), runs.tiny_workload(kPrompt, 8, formats), chunked("llm_npu", 10));
    EXPECT_GT(summary_value(prompt, "prepare_time"), 0.0);
    EXPECT_EQ(summary_value(prompt, "prepare_time"), summary_value(answer, "prepare_time"));
    EXPECT_EQ(highest(prompt, "graphs"), highest(answer, "graphs"));
}

TEST(ChunkedPrefill, APaddedPromptMustFitTheContext) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 1);
    const Outcome output =
        execute({"run", "--soc", phone(), "--workload", workload, "--set", "workload.prefill.chunk=1000"});
    EXPECT_EQ(output.code, 2);
    EXPECT_NE(output.err.find("1000 rows with the last chunk filled up"), std::string::npos) << output.err;
}

}  // namespace handset::test
