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

// Which shadow weights are read is for the data to decide, too: a replay repeats it.
TEST(DataOff, CountsTheSameAsDataOnWithOutliers) {
    HandsetRuns runs;
    const std::string int8 = "weights: int8\nactivations: int8\nactivation_scale: tensor\n";
    for (const char* outliers : {"outliers: {channels: 3, pruned_layers: 0.5}\n",
                                 "outliers: {channels: 3, pruned_layers: 0, mmap: {capacity: 128 KiB}}\n"}) {
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
