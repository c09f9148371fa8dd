// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/sample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

/// How often each id is drawn in `steps` steps.
std::vector<int> histogram(const std::vector<float>& logits, SampleParams params, int steps) {
    std::vector<int> counts(logits.size(), 0);
    for (int step = 0; step < steps; ++step) {
        params.step = static_cast<std::uint64_t>(step);
        ++counts.at(sample_token(logits, params));
    }
    return counts;
}

/// Logits without order or ties.
std::vector<float> scattered(std::size_t count) {
    std::vector<float> logits(count);
    for (std::size_t i = 0; i < count; ++i) {
        logits[i] = static_cast<float>(counter_random(1, 2, i) * 20.0 - 10.0);
    }
    return logits;
}

TEST(SampleToken, GreedyTakesTheLargestAndTheLowestOfEquals) {
    EXPECT_EQ(sample_token(std::vector<float>{1.0F, 3.0F, 2.0F}, {}), 1U);
    EXPECT_EQ(sample_token(std::vector<float>{3.0F, 1.0F, 3.0F}, {}), 0U);
    EXPECT_EQ(sample_token(std::vector<float>{-5.0F}, {}), 0U);
}

TEST(SampleToken, NeverTakesNanOrMinusInfinityWhileThereIsANumber) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> logits{nan, -infinity, -50.0F, nan};
    EXPECT_EQ(sample_token(logits, {}), 2U);
    for (std::uint64_t step = 0; step < 50; ++step) {
        EXPECT_EQ(sample_token(logits, {.temperature = 1.0, .step = step}), 2U);
        EXPECT_EQ(sample_token(logits, {.temperature = 1.0, .top_k = 3, .top_p = 0.9, .step = step}), 2U);
    }
    EXPECT_EQ(sample_token(std::vector<float>{nan, nan}, {}), 0U);
}

TEST(SampleToken, TopOneEqualsGreedy) {
    const std::vector<float> logits = scattered(500);
    const std::uint32_t best = sample_token(logits, {});
    for (std::uint64_t step = 0; step < 50; ++step) {
        EXPECT_EQ(sample_token(logits, {.temperature = 2.0, .top_k = 1, .step = step}), best);
        EXPECT_EQ(sample_token(logits, {.temperature = 2.0, .top_p = 1e-9, .step = step}), best);
    }
}

TEST(SampleToken, ColdTemperatureEqualsGreedy) {
    const std::vector<float> logits{1.0F, 1.5F, 2.0F, 1.9F};
    for (std::uint64_t step = 0; step < 200; ++step) {
        EXPECT_EQ(sample_token(logits, {.temperature = 0.001, .seed = 3, .step = step}), 2U);
    }
}

TEST(SampleToken, SameSeedAndStepGiveTheSameToken) {
    const std::vector<float> logits = scattered(300);
    std::set<std::uint32_t> drawn;
    for (std::uint64_t step = 0; step < 100; ++step) {
        const SampleParams params{.temperature = 3.0, .seed = 42, .step = step};
        EXPECT_EQ(sample_token(logits, params), sample_token(logits, params));
        drawn.insert(sample_token(logits, params));
    }
    EXPECT_GT(drawn.size(), 10U);  // steps differ
    const SampleParams other{.temperature = 3.0, .seed = 43};
    EXPECT_NE(histogram(logits, other, 100), histogram(logits, {.temperature = 3.0, .seed = 42}, 100));
}

TEST(SampleToken, DrawsInProportionToSoftmax) {
    // Weights 1 : 2 : 4 : 1 of 16,000 draws; four standard deviations of the largest count are 4 sqrt(16000/4) = 253.
    const std::vector<float> logits{0.0F, std::log(2.0F), std::log(4.0F), 0.0F};
    const std::vector<int> counts = histogram(logits, {.temperature = 1.0, .seed = 7}, 16000);
    EXPECT_NEAR(counts[0], 2000, 253);
    EXPECT_NEAR(counts[1], 4000, 253);
    EXPECT_NEAR(counts[2], 8000, 253);
    EXPECT_NEAR(counts[3], 2000, 253);
    // Temperature 0.5 squares the weights: 1 : 4 : 16 : 1 of 22.
    const std::vector<int> cold = histogram(logits, {.temperature = 0.5, .seed = 7}, 22000);
    EXPECT_NEAR(cold[2], 16000, 300);
    EXPECT_NEAR(cold[1], 4000, 300);
}

TEST(SampleToken, TopKKeepsTheLargestOnly) {
    const std::vector<float> logits{1.0F, 0.9F, 0.8F, 0.7F, 0.6F};
    const std::vector<int> counts = histogram(logits, {.temperature = 5.0, .top_k = 2}, 500);
    EXPECT_GT(counts[0], 100);
    EXPECT_GT(counts[1], 100);
    EXPECT_EQ(counts[2] + counts[3] + counts[4], 0);
}

TEST(SampleToken, TopKPrefersTheLowestOfEquals) {
    const std::vector<int> counts = histogram({0.0F, 0.0F, 0.0F, 0.0F}, {.temperature = 1.0, .top_k = 2}, 300);
    EXPECT_EQ(counts[2] + counts[3], 0);
    EXPECT_GT(counts[1], 50);
}

TEST(SampleToken, TopPCutsTheTail) {
    // Probabilities 0.5, 0.25, 0.125, 0.125: 0.7 needs the first two, 0.76 the first three.
    const std::vector<float> logits{0.0F, std::log(2.0F), std::log(4.0F), 0.0F};
    const std::vector<int> two = histogram(logits, {.temperature = 1.0, .top_p = 0.7}, 600);
    EXPECT_EQ(two[0] + two[3], 0);
    EXPECT_NEAR(two[2], 400, 60);
    const std::vector<int> three = histogram(logits, {.temperature = 1.0, .top_p = 0.76}, 600);
    EXPECT_GT(three[0], 20);
    EXPECT_EQ(three[3], 0);
}

TEST(SampleToken, CounterRandomIsUniform) {
    std::array<int, 16> bins{};
    for (std::uint64_t i = 0; i < 16000; ++i) {
        const double value = counter_random(9, i / 100, i % 100);
        ASSERT_GT(value, 0.0);
        ASSERT_LT(value, 1.0);
        ++bins.at(static_cast<std::size_t>(value * 16.0));
    }
    for (const int count : bins) {
        EXPECT_NEAR(count, 1000, 150);  // five standard deviations
    }
}

KernelCase sample(std::uint64_t vocabulary, const SampleParams& params) {
    KernelCase c;
    c.name = "next";
    c.kernel = &sample_kernel();
    c.inputs = {{.shape = {1, vocabulary}, .fill = {}}};
    c.output_formats = {NumberFormat::int32};
    c.tolerance = 0.0;
    c.macs = 0;
    c.devices = test_devices().size();
    c.attrs.set("method", std::string("greedy"));
    if (!params.greedy()) {
        c.attrs.set("method", std::string("sample")).set("temperature", params.temperature);
        c.attrs.set("top_k", std::int64_t{params.top_k}).set("top_p", params.top_p);
        c.runtime.set("seed", static_cast<std::int64_t>(params.seed));
        c.runtime.set("step", static_cast<std::int64_t>(params.step));
    }
    c.oracle = [params](const OpNode&, const std::vector<Matrix>& in) {
        const std::vector<float> logits(in[0].values.begin(), in[0].values.end());
        Matrix out = zeros({1, 1});
        out.at(0, 0) = sample_token(logits, params);
        return std::vector<Matrix>{out};
    };
    return c;
}

TEST(Sample, ChoosesAsThePureFunctionHoweverTheLogitsAreCut) {
    for (const std::uint64_t vocabulary : {1, 7, 512, 1999, 32003, 151936}) {
        check_kernel(sample(vocabulary, {}));
        check_kernel(sample(vocabulary, {.temperature = 0.8, .seed = 5, .step = 3}));
        check_kernel(sample(vocabulary, {.temperature = 0.8, .top_k = 40, .top_p = 0.95, .seed = 5, .step = 3}));
    }
    check_kernel(sample(700, {.temperature = 1.2, .top_p = 0.5, .seed = 1, .step = 1}));
}

TEST(Sample, RunsOnTheFastestLane) {
    DeviceCaps caps = test_device("cpu");
    caps.lane_speed = {3, 3, 10, 7};
    for (const Tile& tile : sample_kernel().lower(make_op(sample(100000, {})), caps).tiles) {
        EXPECT_EQ(tile.lane, 2U);
    }
}

TEST(Sample, NeedsRoomForEveryCandidateOfANucleusWithoutTopK) {
    // 8 B for each of 151,936 candidates do not fit 256 KiB; 40 do.
    EXPECT_FALSE(
        sample_kernel().supports(make_op(sample(151936, {.temperature = 1.0, .top_p = 0.9})), test_device("cpu")));
    EXPECT_TRUE(sample_kernel().supports(make_op(sample(151936, {.temperature = 1.0, .top_k = 40, .top_p = 0.9})),
                                         test_device("cpu")));
}

TEST(Sample, NamesWhatIsWrong) {
    const auto message = [](const std::function<void(KernelCase&)>& change) {
        KernelCase c = sample(10, {.temperature = 1.0});
        change(c);
        return config_error([&] { (void)sample_kernel().lower(make_op(c), test_device("npu")); });
    };
    EXPECT_EQ(message([](KernelCase& c) { c.attrs.set("method", std::string("beam")); }),
              "sample 'next': unknown method 'beam'; known: greedy, sample");
    EXPECT_EQ(message([](KernelCase& c) { c.inputs[0].shape.rows = 2; }),
              "sample 'next': input 0 (logits) must be 1x10, is 2x10");
    EXPECT_THAT(message([](KernelCase& c) { c.attrs.set("temperature", -1.0); }), HasSubstr("temperature must be"));
    EXPECT_THAT(message([](KernelCase& c) { c.attrs.set("top_p", 0.0); }), HasSubstr("top_p must be in (0, 1]"));
    EXPECT_THAT(message([](KernelCase& c) { c.attrs.set("top_k", std::int64_t{-3}); }), HasSubstr("is -3"));
    EXPECT_EQ(message([](KernelCase& c) { c.output_formats = {NumberFormat::fp32}; }),
              "sample 'next': the output must be int32, is fp32");
}

}  // namespace
}  // namespace handset::test
