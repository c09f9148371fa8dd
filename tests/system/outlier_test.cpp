// SPDX-License-Identifier: Apache-2.0
// Outlier channels of int8 activations in whole runs: what they do to a model that has them, what shadow execution wins
// back, and what it costs in memory.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

/// In the model's own words (scripts/train_model/corpus.py).
const std::string kStory =
    "Once upon a time, a clever boy named Tom lived in a small house in a green valley. He liked to sit by the river. "
    "One "
    "evening, Tom wanted to visit his grandmother Rosa in the barn. He left the library and walked for an hour.";

const std::string kInt8 = "weights: int8\nactivations: int8\nactivation_scale: tensor\n";
const std::string kPlanted = "plant_outliers: {channels: 4, factor: 64, seed: 3}\n";

/// Perplexity of the story by workloads that differ in `more`.
class Outliers : public testing::Test {
  protected:
    RunResult run(const std::string& more, unsigned tokens = 1) {
        return runs_.run(phone(), runs_.tiny_workload(kStory, tokens, "score_prompt: true\n" + more));
    }
    double perplexity(const std::string& more) { return summary_value(run(more), "prompt_perplexity"); }

    HandsetRuns runs_;
};

}  // namespace

// Planting multiplies by a power of two and divides by it again: with fp32 nothing may change, to the last bit.
TEST_F(Outliers, PlantingKeepsTheFunction) {
    const double without = perplexity("weights: fp32\n");
    EXPECT_EQ(perplexity("weights: fp32\n" + kPlanted), without);
    EXPECT_LT(without, 2.0) << "the model has learnt such stories: 512 would be guessing";
}

// The losses are logarithms of perplexities beside that of fp32.
TEST_F(Outliers, ShadowExecutionWinsBackWhatOneScaleForAllLoses) {
    const double exact = std::log(perplexity("weights: fp32\n" + kPlanted));
    const double plain = std::log(perplexity(kPlanted + kInt8)) - exact;
    const double shadow =
        std::log(perplexity(kPlanted + kInt8 + "outliers: {channels: 4, pruned_layers: 0}\n")) - exact;
    const double pruned =
        std::log(perplexity(kPlanted + kInt8 + "outliers: {channels: 4, pruned_layers: 1}\n")) - exact;
    EXPECT_LT(std::abs(shadow), plain / 50);
    EXPECT_LT(pruned, plain / 5);
}

// Shadows double the linear weights of the layers that keep their outliers; mapped, only pages that were touched count.
TEST_F(Outliers, MappedShadowsGiveTheSameNumbersInLessMemory) {
    const std::string outliers = kPlanted + kInt8 + "outliers: {channels: 4, pruned_layers: 0";
    const RunResult loaded = run(outliers + "}\n", 4);
    const RunResult mapped = run(outliers + ", mmap: {capacity: 256 KiB, read_ahead: none}}\n", 4);
    EXPECT_EQ(summary_value(mapped, "prompt_perplexity"), summary_value(loaded, "prompt_perplexity"));
    EXPECT_EQ(mapped.tokens, loaded.tokens);
    EXPECT_EQ(mapped.gathers, loaded.gathers);
    EXPECT_LT(counter_value(mapped.counters, "memory.peak_weights"),
              counter_value(loaded.counters, "memory.peak_weights"));
    EXPECT_GT(counter_value(mapped.counters, "page_cache.page_bytes"), 0U);
}

TEST_F(Outliers, ScoringAPromptNeedsData) {
    const std::string workload = runs_.tiny_workload("Once", 1, "score_prompt: true\n");
    const Outcome off = execute({"run", "--soc", phone(), "--workload", workload, "--data", "off", "-q"});
    EXPECT_EQ(off.code, 2);
    EXPECT_NE(off.err.find("score_prompt needs a run with data on"), std::string::npos) << off.err;
}

}  // namespace handset::test
