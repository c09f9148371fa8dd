// SPDX-License-Identifier: Apache-2.0
// Data off simulates the same programs without bytes: given the same tokens, nothing countable may differ.
#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

void expect_same_without_data(HandsetRuns& runs, const std::string& workload, const std::string& policy,
                              const std::string& what) {
    const std::string with_data = runs.run_to_file(phone(), workload, {"--policy", policy});
    const Outcome off = execute({"run", "--soc", phone(), "--workload", workload, "--policy", policy, "--data", "off",
                                 "--replay", with_data, "-q", "-o", with_data + ".off"});
    ASSERT_EQ(off.code, 0) << off.err;
    const RunResult on = read_run_result(with_data);
    const RunResult without = read_run_result(with_data + ".off");
    EXPECT_EQ(attribute(without, "data"), "off");
    EXPECT_EQ(on.counters, without.counters) << what;
    EXPECT_EQ(on.ops, without.ops) << what;
    EXPECT_EQ(on.tokens, without.tokens) << what;
    EXPECT_TRUE(without.text.empty());
}

}  // namespace

TEST(DataOff, CountsTheSameAsDataOnUnderEveryPolicy) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 12);
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu", "heft"}) {
        expect_same_without_data(runs, workload, policy, policy);
    }
}

TEST(DataOff, CountsTheSameAsDataOnInEveryFormat) {
    HandsetRuns runs;
    for (const char* formats : {"activations: fp32\n", "activations: q8_0\n", "weights: int8\nactivations: int8\n",
                                "weights: q4_0\nactivations: q8_0\n", "weights: fp16\n"}) {
        expect_same_without_data(runs, runs.tiny_workload("The lamp was in the kitchen.", 8, formats), "npu_gpu_cpu",
                                 formats);
    }
}

// Layers as in Phi-2, Gemma and Qwen3, the last with a window that the prompt and the first step outgrow.
TEST(DataOff, CountsTheSameAsDataOnInEveryWiring) {
    HandsetRuns runs;
    for (const char* wiring :
         {"architecture: phi2, kv_heads: 4, rope_dims: 12, norm: layer, parallel_block: true, activation: gelu,"
          " ffn_gated: false, linear_bias: true",
          "architecture: gemma, kv_heads: 1, head_dim: 64, activation: gelu, scaled_embedding: true,"
          " tied_embeddings: true, post_norms: true",
          "architecture: qwen3, kv_heads: 2, head_dim: 64, qk_norm: true, window: 20"}) {
        const std::string workload =
            runs.workload("name: wiring\nmodel: {shape: {" + std::string(wiring) +
                          ", hidden: 128, layers: 2, heads: 4, ffn: 320, vocab: 500, context: 256,"
                          " rope_pairing: half}}\nprompt_tokens: 75\nmax_tokens: 4\nweights: fp32\nkv: fp32\n");
        const std::vector<std::uint32_t> tokens = runs.run(phone(), workload, {"--policy", "cpu_only"}).tokens;
        ASSERT_EQ(tokens.size(), 4U);
        for (const char* policy : {"gpu_only", "npu_gpu_cpu"}) {
            expect_same_without_data(runs, workload, policy, wiring);
            EXPECT_EQ(runs.run(phone(), workload, {"--policy", policy}).tokens, tokens) << policy << ": " << wiring;
        }
    }
}

// Which shadow weights are read is for the data to decide, too: a replay repeats it.
TEST(DataOff, CountsTheSameAsDataOnWithOutliers) {
    HandsetRuns runs;
    const std::string int8 = "weights: int8\nactivations: int8\nactivation_scale: tensor\n";
    for (const char* outliers :
         {"outliers: {channels: 3, pruned_layers: 0.5}\n",
          "outliers: {channels: 3, pruned_layers: 0, mmap: {capacity: 256 KiB, read_ahead: none}}\n"}) {
        for (const char* policy : {"npu_cpu", "heft"}) {
            expect_same_without_data(runs, runs.tiny_workload("The lamp was in the kitchen.", 6, int8 + outliers),
                                     policy, outliers);
        }
    }
}

// Apart from outliers the number of tokens is the only thing that a run takes from its data: sampled tokens go the same
// way.
TEST(DataOff, CountsTheSameAsDataOnWithSampling) {
    HandsetRuns runs;
    const std::string sampling = "sampling: {method: sample, temperature: 1.5, top_k: 40, top_p: 0.95, seed: 7}\n";
    expect_same_without_data(runs, runs.tiny_workload("Once upon a time", 12, sampling), "heft", "sampling");
}

}  // namespace handset::test
