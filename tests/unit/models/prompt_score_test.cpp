// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/prompt_score.h"

#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

TEST(PromptScore, OfEqualLogitsIsTheVocabulary) {
    PromptScore score({0, 3, 1});
    EXPECT_TRUE(score.empty());
    const std::array<float, 4> equal{7.0F, 7.0F, 7.0F, 7.0F};
    score.add(equal);
    score.add(equal);
    EXPECT_NEAR(score.perplexity(), 4.0, 1e-12);
}

// Token 2 with probability 1/2, then token 0 with 1/8: sqrt(2 * 8).
TEST(PromptScore, IsTheGeometricMeanOfInverseLikelihoods) {
    PromptScore score({1, 2, 0});
    const auto log = [](double p) { return static_cast<float>(std::log(p)); };
    score.add(std::array<float, 3>{log(0.25), log(0.25), log(0.5)});
    score.add(std::array<float, 3>{log(0.125), log(0.5), log(0.375)});
    EXPECT_NEAR(score.perplexity(), 4.0, 1e-6);
}

TEST(PromptScore, EndsWithThePrompt) {
    PromptScore score({1, 0});
    EXPECT_THROW((void)score.perplexity(), ModelError);
    score.add(std::array<float, 2>{0.0F, 0.0F});
    EXPECT_THROW(score.add(std::array<float, 2>{0.0F, 0.0F}), ModelError);
    PromptScore broken({1, 0});
    EXPECT_THROW(broken.add(std::array<float, 2>{std::numeric_limits<float>::quiet_NaN(), 0.0F}), ModelError);
}

}  // namespace
}  // namespace handset
