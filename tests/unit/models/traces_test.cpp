// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "workloads/traces/decision_trace.h"
#include "workloads/traces/synthetic_tokens.h"

namespace handset {
namespace {

TEST(SyntheticTokens, AreAFunctionOfSeedAndPosition) {
    const SyntheticTokens tokens(3, 1000);
    const std::vector<std::uint32_t> prompt = tokens.prompt(50);
    EXPECT_EQ(prompt.size(), 50U);
    EXPECT_EQ(prompt[20], tokens.at(20));
    EXPECT_EQ(prompt, SyntheticTokens(3, 1000).prompt(50));
    EXPECT_NE(prompt, SyntheticTokens(4, 1000).prompt(50));
}

TEST(SyntheticTokens, CoverTheVocabularyAndNothingElse) {
    const std::vector<std::uint32_t> prompt = SyntheticTokens(1, 7).prompt(7000);
    for (std::uint32_t id = 0; id < 7; ++id) {
        // 1000 expected, standard deviation sqrt(7000 * 1/7 * 6/7) = 29.
        EXPECT_NEAR(static_cast<double>(std::count(prompt.begin(), prompt.end(), id)), 1000.0, 150.0);
    }
    EXPECT_EQ(SyntheticTokens(9, 1).at(123), 0U);
    EXPECT_THROW(SyntheticTokens(1, 0), ModelError);
}

TEST(DecisionTrace, IsAValue) {
    EXPECT_EQ((DecisionTrace{{1, 2}}), (DecisionTrace{{1, 2}}));
    EXPECT_FALSE((DecisionTrace{{1, 2}}) == (DecisionTrace{{1, 3}}));
}

}  // namespace
}  // namespace handset
