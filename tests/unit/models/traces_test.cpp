// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "workloads/traces/decision_trace.h"
#include "workloads/traces/outlier_channels.h"
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

// 10 of 2000 channels in 1000 steps: of 10000 picks 8000 and a few by chance fall on the 60 hot ones, deviation 40.
TEST(OutlierChannels, FewChannelsDrawMostPicks) {
    std::map<std::uint32_t, int> picked;
    for (std::uint32_t step = 0; step < 1000; ++step) {
        const std::vector<std::uint32_t> channels = OutlierChannels(5).pick("x", "decode", step, 10, 2000);
        ASSERT_EQ(channels.size(), 10U);
        ASSERT_TRUE(std::is_sorted(channels.begin(), channels.end()));
        ASSERT_EQ(std::adjacent_find(channels.begin(), channels.end()), channels.end());
        for (const std::uint32_t channel : channels) {
            ++picked[channel];
        }
    }
    std::vector<int> counts;
    for (const auto& [channel, count] : picked) {
        ASSERT_LT(channel, 2000U);
        counts.push_back(count);
    }
    std::sort(counts.rbegin(), counts.rend());
    int hot = 0;
    for (std::size_t i = 0; i < 60; ++i) {
        hot += counts[i];
    }
    EXPECT_NEAR(hot, 8060, 200);
}

TEST(OutlierChannels, AreAFunctionOfSeedTensorAndStep) {
    const OutlierChannels channels(5);
    const std::vector<std::uint32_t> picked = channels.pick("x", "decode", 3, 8, 512);
    EXPECT_EQ(picked, OutlierChannels(5).pick("x", "decode", 3, 8, 512));
    EXPECT_NE(picked, OutlierChannels(6).pick("x", "decode", 3, 8, 512));
    EXPECT_NE(picked, channels.pick("y", "decode", 3, 8, 512));
    EXPECT_NE(picked, channels.pick("x", "decode", 4, 8, 512));
    EXPECT_EQ(channels.pick("x", "decode", 3, 4, 4), (std::vector<std::uint32_t>{0, 1, 2, 3}));
    EXPECT_THROW((void)channels.pick("x", "decode", 3, 5, 4), ModelError);
}

TEST(DecisionTrace, IsAValue) {
    EXPECT_EQ((DecisionTrace{{1, 2}}), (DecisionTrace{{1, 2}}));
    EXPECT_FALSE((DecisionTrace{{1, 2}}) == (DecisionTrace{{1, 3}}));
}

}  // namespace
}  // namespace handset
