// SPDX-License-Identifier: Apache-2.0
// What policies are worth and what they cost, on whole requests.
#include <algorithm>
#include <iostream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

constexpr const char* kFreeDecisions = "host.time_per_evaluation=0 ns";

/// Prefill and decode, as the user waits for them; graphs are built and weights are loaded before.
double request_seconds(const RunResult& result) {
    Femtoseconds begin{UINT64_MAX};
    Femtoseconds end;
    for (const OpRecord& op : result.ops) {
        if (op.phase != "load") {
            begin = std::min(begin, op.ready);
            end = std::max(end, op.end);
        }
    }
    return to_seconds(end - begin);
}

}  // namespace

// The best static policy here is cpu_only: a 1 MB model is too small for calls of an accelerator. HEFT finds that out
// at a price, as it weighs up to three devices per ready op where static policies look at one. Measured: 1.102 and
// 1.093 times the best static policy in all; 1.000 when decisions are free under both, as HEFT then makes the same
// choices. On the 8 Gen 2 gpu_only wins: the host pays once for a chain of launches, where the threads of the CPU meet
// after every op. HEFT looks at one op at a time, never pays for the first launch, and ends as cpu_only: 1.186, 1.171.
TEST(Heft, KeepsUpWithTheBestStaticPolicyButForItsDecisions) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 32);
    for (const char* name : {"phone_8gen3", "phone_8gen2", "board_rk3588"}) {
        const auto seconds = [&](const std::string& policy, bool free) {
            std::vector<std::string> arguments{"--policy", policy};
            if (free) {
                arguments.insert(arguments.end(), {"--set", kFreeDecisions});
            }
            return request_seconds(runs.run(phone(name), workload, arguments));
        };
        double best = 1e9;
        double best_free = 1e9;
        for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu"}) {
            best = std::min(best, seconds(policy, false));
            best_free = std::min(best_free, seconds(policy, true));
        }
        const double charged = seconds("heft", false) / best;
        const double schedule = seconds("heft", true) / best_free;
        std::cout << name << ": heft takes " << charged << " of the best static policy, " << schedule
                  << " where decisions are free\n";
        RecordProperty(std::string(name) + "_permille", static_cast<int>(1000 * charged));
        EXPECT_LE(schedule, 1.20) << name;
        EXPECT_LE(charged, 1.22) << name;
    }
}

// On a prompt of a model that is not tiny, choosing pays: the best static policy is another one than above.
TEST(Heft, LosesAtMostTenPercentOnALargerShape) {
    HandsetRuns runs;
    const std::string workload = runs.workload(
        "name: shape\n"
        "model: {shape: {architecture: qwen2, hidden: 896, layers: 4, heads: 14, kv_heads: 2, ffn: 4864, vocab: 32000,"
        " context: 1024, qkv_bias: true}}\n"
        "prompt_tokens: 256\nmax_tokens: 4\nweights: int8\nactivations: int8\n");
    double best = 1e9;
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu"}) {
        const double seconds = request_seconds(runs.run(phone(), workload, {"--policy", policy, "--data", "off"}));
        std::cout << policy << ": " << seconds << " s\n";
        best = std::min(best, seconds);
    }
    const double heft = request_seconds(runs.run(phone(), workload, {"--policy", "heft", "--data", "off"}));
    std::cout << "heft takes " << heft / best << " of the best static policy\n";
    EXPECT_LE(heft, 1.10 * best);
}

TEST(Decisions, AreChargedToTimeAndEnergy) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 8, "policy: heft\n");
    const RunResult result = runs.run(phone(), workload);
    const std::uint64_t evaluations = counter_value(result.counters, "scheduler.evaluations");
    // configs/soc/phone_8gen3.yaml: 100 ns per evaluation on a core of 1300 mW
    EXPECT_EQ(counter_value(result.counters, "scheduler.decision_time"), evaluations * 100'000'000);
    EXPECT_EQ(counter_value(result.counters, "scheduler.energy_decision"), evaluations * 130'000'000);
    const RunResult free = runs.run(phone(), workload, {"--set", kFreeDecisions});
    EXPECT_LT(request_seconds(free), request_seconds(result));
    EXPECT_EQ(counter_value(free.counters, "scheduler.energy_decision"), 0U);
}

// Graphs are built either before the request or inside it: once, at the same price.
TEST(Preparation, IsPartOfTheTimeToFirstTokenWhenGraphsAreBuiltAtFirstUse) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 4, "policy: npu_cpu\n");
    const RunResult ahead = runs.run(phone(), workload);
    const RunResult late = runs.run(phone(), workload, {"--set", "workload.prepare=first_use"});
    const auto prepared = [](const RunResult& result) {
        return to_seconds(Femtoseconds{counter_value(result.counters, "npu0.prepare_time")});
    };
    EXPECT_GT(prepared(ahead), 0.0);
    EXPECT_DOUBLE_EQ(prepared(ahead), prepared(late));
    EXPECT_DOUBLE_EQ(summary_value(ahead, "prepare_time"), prepared(ahead));
    EXPECT_EQ(summary_value(late, "prepare_time"), 0.0);
    const double before = summary_value(ahead, metric::kTimeToFirstToken);
    const double after = summary_value(late, metric::kTimeToFirstToken);
    EXPECT_GT(after - before, 0.25 * prepared(ahead));  // prefill and decode have graphs of their own
    EXPECT_LE(after - before, prepared(ahead) * 1.01);
    EXPECT_EQ(ahead.tokens, late.tokens);
}

}  // namespace handset::test
