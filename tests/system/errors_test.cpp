// SPDX-License-Identifier: Apache-2.0
// Requests that cannot be served end with their own exit code and say what stood in the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

using testing::AllOf;
using testing::HasSubstr;

Outcome run(const std::string& workload, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"run", "--soc", phone(), "--workload", workload, "-q"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return execute(arguments);
}

}  // namespace

// 1.07 MiB of weights, 67 KiB of them in token_embd.weight, the largest tensor.
TEST(TooLittleMemory, WeightsThatDoNotFitEndTheRunWithTheLargestHolders) {
    HandsetRuns runs;
    const Outcome output =
        run(runs.tiny_workload("Once upon a time", 8), {"--policy", "cpu_only", "--set", "dram.capacity=1 MiB"});
    EXPECT_EQ(output.code, 4);
    EXPECT_THAT(output.err, AllOf(HasSubstr("simulated DRAM is full"), HasSubstr("Largest holders"),
                                  HasSubstr("token_embd.weight"), HasSubstr("weights")));
    EXPECT_EQ(output.out, "");
}

// The cache of 200 tokens, 5 layers, 64 fp32 keys and values each is 500 KiB and lies next to 1.07 MiB of weights. DRAM
// comes in steps of 256 KiB (a row in every bank).
TEST(TooLittleMemory, AKeyValueCacheThatDoesNotFitIsNamed) {
    HandsetRuns runs;
    const Outcome output = run(runs.tiny_workload("Once upon a time", 8, "context: 200\n"),
                               {"--policy", "cpu_only", "--set", "dram.capacity=1536 KiB"});
    EXPECT_EQ(output.code, 4);
    EXPECT_THAT(output.err, HasSubstr("_cache' needs"));
}

// The NPU's prepared graphs take 673 KiB next to 1.07 MiB of weights: the CPU alone gets by with the same memory.
TEST(TooLittleMemory, GraphsOfTheNpuAreChargedToThePhone) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 8);
    const Outcome npu = run(workload, {"--policy", "npu_cpu", "--set", "dram.capacity=1536 KiB"});
    EXPECT_EQ(npu.code, 4);
    EXPECT_THAT(npu.err, HasSubstr("graph of "));
    EXPECT_EQ(run(workload, {"--policy", "cpu_only", "--set", "dram.capacity=1536 KiB"}).code, 0);
}

TEST(TooLongContext, MoreTokensThanTheModelTakesAreWrongInput) {
    HandsetRuns runs;
    const Outcome output = run(runs.tiny_workload("Once upon a time", 252), {});
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.err, HasSubstr("a prompt of 5 tokens and 252 generated ones do not fit a context of 256"));
    const std::string exactly = runs.tiny_workload("Once upon a time", 251);
    EXPECT_EQ(run(exactly, {"--policy", "cpu_only", "--data", "off"}).code, 0);
}

TEST(TooLongContext, MoreTokensThanTheChosenCacheHoldsAreWrongInput) {
    HandsetRuns runs;
    const Outcome output = run(runs.tiny_workload("Once upon a time", 8, "context: 12\n"), {});
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.err, HasSubstr("do not fit a context of 12 tokens"));
}

TEST(EmptyPrompt, NeedsATokenizerAndIsNotAnAbsentOne) {
    HandsetRuns runs;
    const std::string model = "name: x\nmodel: {file: " + repository_file("configs/models/tiny_handset.gguf") + "}\n";
    const Outcome absent = run(runs.workload(model + "max_tokens: 2\n"), {});
    EXPECT_EQ(absent.code, 2);
    EXPECT_THAT(absent.err, HasSubstr("give either a prompt text or 'prompt_tokens'"));
    const RunResult empty = runs.run(phone(), runs.workload(model + "prompt: ''\nmax_tokens: 2\n"));
    EXPECT_EQ(empty.prompt_tokens, std::vector<std::uint32_t>{1}) << "<s>";
}

}  // namespace handset::test
