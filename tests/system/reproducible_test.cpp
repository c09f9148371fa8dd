// SPDX-License-Identifier: Apache-2.0
// Equal inputs give equal files; what may differ is what the inputs say.
#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

std::string sampling(unsigned seed) {
    return "sampling: {method: sample, temperature: 1.2, seed: " + std::to_string(seed) + "}\n";
}

}  // namespace

TEST(Reproducible, TwoRunsOfEqualInputsGiveEqualBytes) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 16, sampling(3));
    for (const char* policy : {"npu_gpu_cpu", "heft"}) {
        const std::string first = read_text(runs.run_to_file(phone(), workload, {"--policy", policy}));
        const std::string second = read_text(runs.run_to_file(phone(), workload, {"--policy", policy}));
        EXPECT_TRUE(first == second) << policy;
    }
}

TEST(Reproducible, AnotherSeedSamplesOtherTokens) {
    HandsetRuns runs;
    const RunResult one = runs.run(phone(), runs.tiny_workload("Once upon a time", 32, sampling(1)));
    const RunResult two = runs.run(phone(), runs.tiny_workload("Once upon a time", 32, sampling(2)));
    EXPECT_NE(one.tokens, two.tokens);
    EXPECT_NE(attribute(one, "config_hash"), attribute(two, "config_hash"));
}

TEST(Reproducible, AnotherSeedLeavesGreedyTokensAlone) {
    HandsetRuns runs;
    const RunResult one = runs.run(phone(), runs.tiny_workload("Once upon a time", 16, "sampling: {seed: 1}\n"));
    const RunResult two = runs.run(phone(), runs.tiny_workload("Once upon a time", 16, "sampling: {seed: 2}\n"));
    EXPECT_EQ(one.tokens, two.tokens);
}

}  // namespace handset::test
