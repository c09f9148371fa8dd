// SPDX-License-Identifier: Apache-2.0
// Several requests in one run: they queue, the phone idles between them, turns of one conversation share the KV cache.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/quantity.h"
#include "sim/results/hdf5_reader.h"
#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

using testing::HasSubstr;
using Tokens = std::vector<std::uint32_t>;

class Requests : public testing::Test {
  protected:
    /// The committed model with `what`: a prompt or requests, and more lines.
    std::string workload(const std::string& what) {
        return runs_.workload("name: tiny\nmodel: {file: " + repository_file("configs/models/tiny_handset.gguf") +
                              "}\nactivations: q8_0\nkv: fp32\nstop_at_eos: false\n" + what);
    }
    std::string list(const std::vector<std::string>& requests, const std::string& more = "start: warm\n") {
        std::string text = more + "requests:\n  list:\n";
        for (const std::string& request : requests) {
            text += "    - {" + request + "}\n";
        }
        return workload(text);
    }
    RunResult run(const std::string& file, const std::string& policy = "npu_gpu_cpu",
                  const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"--policy", policy};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return runs_.run(phone(), file, arguments);
    }
    HandsetRuns runs_;
};

Tokens answer(const RunResult& result, std::size_t request) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < request; ++i) {
        first += result.requests.at(i).output_tokens;
    }
    const auto begin = result.tokens.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + result.requests.at(request).output_tokens};
}

Femtoseconds prefill_time(const RequestRecord& request) {
    return request.first_token - request.start;
}

std::string turn(const std::string& text, const std::string& conversation, unsigned tokens = 6) {
    return "prompt: \"" + text + "\", output_tokens: " + std::to_string(tokens) + ", conversation: " + conversation;
}

const std::string kStory = "prompt: \"Once upon a time\", output_tokens: 6";

}  // namespace

TEST_F(Requests, OneInAListIsTheRunOfItsPrompt) {
    const RunResult plain = run(workload("prompt: Once upon a time\nmax_tokens: 6\n"));
    const RunResult listed = run(list({kStory}, ""));
    EXPECT_TRUE(plain.requests.empty());
    EXPECT_EQ(plain.counters, listed.counters);
    EXPECT_EQ(plain.ops, listed.ops);
    EXPECT_EQ(plain.text, listed.text);
    for (const char* name : {"time_to_first_token", "prefill_rate", "decode_rate", "energy_per_token", "total_time"}) {
        EXPECT_DOUBLE_EQ(summary_value(plain, name), summary_value(listed, name)) << name;
    }
    ASSERT_EQ(listed.requests.size(), 1U);
    const RequestRecord& request = listed.requests[0];
    EXPECT_EQ(request.arrival, request.start);
    EXPECT_DOUBLE_EQ(to_seconds(prefill_time(request)), summary_value(plain, "time_to_first_token"));
}

TEST_F(Requests, ThoseThatArriveTogetherQueue) {
    const std::string at_once = kStory + ", arrival: 0 s";
    const RunResult result = run(list({at_once, at_once, at_once}));
    ASSERT_EQ(result.requests.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const RequestRecord& request = result.requests[i];
        EXPECT_EQ(request.arrival, 0_fs);
        EXPECT_EQ(request.start, i == 0 ? 0_fs : result.requests[i - 1].end);
        EXPECT_EQ(answer(result, i), answer(result, 0));  // each in a cache of its own
    }
    EXPECT_EQ(summary_value(result, "idle_time"), 0);
    // The median queues behind one request.
    EXPECT_DOUBLE_EQ(summary_value(result, "queueing_time_p50"), to_seconds(result.requests[0].end));
}

// All energy belongs to the requests or to idling, which takes the same power however long it lasts.
TEST_F(Requests, GapsIdleAndTheirEnergyIsCharged) {
    const RunResult near = run(list({kStory, kStory + ", arrival: 200 ms"}));
    const RunResult far = run(list({kStory, kStory + ", arrival: 600 ms"}));
    EXPECT_EQ(far.requests[1].start, 600_ms);
    EXPECT_EQ(far.requests[1].arrival, 600_ms);
    EXPECT_NEAR(summary_value(far, "idle_time") - summary_value(near, "idle_time"), 0.4, 1e-9);
    for (const RunResult* result : {&near, &far}) {
        EXPECT_NEAR(summary_value(*result, "energy"),
                    summary_value(*result, "energy_idle") + 2 * summary_value(*result, "energy_per_request"), 1e-9);
        EXPECT_GT(summary_value(*result, "energy_idle"), 0);
    }
    const double near_power = summary_value(near, "energy_idle") / summary_value(near, "idle_time");
    const double far_power = summary_value(far, "energy_idle") / summary_value(far, "idle_time");
    EXPECT_NEAR(far_power / near_power, 1.0, 0.01);
}

// Between two turns of "a" another conversation takes the cache: then all that "a" said is one long prompt. The tokens
// must be those of the turns that found it in the cache.
TEST_F(Requests, TurnsOfAConversationSayWhatOneLongPromptSays) {
    const std::string first = turn("Once upon a time", "a");
    const std::string second = turn("One day", "a", 12);
    for (const char* policy : {"cpu_only", "npu_gpu_cpu"}) {
        const RunResult kept = run(list({first, second}), policy);
        const RunResult replaced = run(list({first, turn("The lamp", "b"), second}), policy);
        EXPECT_EQ(answer(kept, 0), answer(replaced, 0)) << policy;
        EXPECT_EQ(answer(kept, 1), answer(replaced, 2)) << policy;
        EXPECT_EQ(replaced.requests[2].cached_tokens, 0U);
        // The cache lacks the last token of an answer, which nothing has put in yet.
        const RequestRecord& begun = kept.requests[0];
        const RequestRecord& next = kept.requests[1];
        EXPECT_EQ(next.cached_tokens, begun.prefill_tokens + begun.output_tokens - 1);
        EXPECT_EQ(next.prefill_tokens, next.prompt_tokens + 1);
        EXPECT_EQ(replaced.requests[2].prefill_tokens, next.cached_tokens + next.prefill_tokens);
    }
}

// 64 tokens lie in the cache; the second turn puts in 9 instead of 73.
TEST_F(Requests, CacheShortensThePrefill) {
    const std::string long_turn = "prompt_tokens: 60, output_tokens: 5, conversation: ";
    const std::string short_turn = "prompt_tokens: 8, output_tokens: 2, conversation: ";
    const RunResult kept = run(list({long_turn + "a", short_turn + "a"}), "cpu_only");
    const RunResult lost = run(list({long_turn + "a", short_turn + "b", short_turn + "a"}), "cpu_only");
    EXPECT_EQ(kept.requests[1].prefill_tokens, 9U);
    EXPECT_EQ(lost.requests[2].prefill_tokens, 73U);
    EXPECT_LT(2 * prefill_time(kept.requests[1]), prefill_time(lost.requests[2]));
}

TEST_F(Requests, CountTheSameWithoutData) {
    const std::string file =
        list({turn("Once upon a time", "a"), kStory + ", arrival: 900 ms", turn("One day", "a")}, "");
    const std::string with_data = runs_.run_to_file(phone(), file);
    const RunResult on = read_run_result(with_data);
    const RunResult off = runs_.run(phone(), file, {"--data", "off", "--replay", with_data});
    EXPECT_EQ(on.counters, off.counters);
    EXPECT_EQ(on.ops, off.ops);
    EXPECT_EQ(on.requests, off.requests);
    EXPECT_EQ(on.tokens, off.tokens);
    const Outcome other =
        execute({"run", "--soc", phone(), "--workload", list({kStory}), "--data", "off", "--replay", with_data, "-q"});
    EXPECT_EQ(other.code, 2);
    EXPECT_THAT(other.err, HasSubstr("--replay: the result holds 3 requests, the workload has 1"));
}

// Not to the femtosecond: DRAM rows stand open otherwise, a refresh falls due at another time, and the caches hold
// other lines at the start of the prefill.
TEST_F(Requests, WarmStartIsTheColdRunWithoutLoading) {
    const std::string prompt = "prompt: Once upon a time there was a girl named Lily\nmax_tokens: 12\n";
    for (const char* policy : {"cpu_only", "gpu_only", "npu_gpu_cpu", "heft"}) {
        const RunResult cold = run(workload(prompt), policy);
        const RunResult warm = run(workload(prompt + "start: warm\n"), policy);
        EXPECT_EQ(cold.text, warm.text) << policy;
        EXPECT_EQ(cold.tokens, warm.tokens) << policy;
        for (const char* name : {"time_to_first_token", "decode_rate"}) {
            EXPECT_NEAR(summary_value(warm, name) / summary_value(cold, name), 1.0, 0.005) << policy << " " << name;
        }
        EXPECT_EQ(summary_value(warm, "peak_memory"), summary_value(cold, "peak_memory")) << policy;
        EXPECT_EQ(summary_value(warm, "load_time"), 0);
        EXPECT_EQ(summary_value(warm, "prepare_time"), 0);
        EXPECT_EQ(summary_value(warm, "energy_load"), 0);
        EXPECT_TRUE(
            std::all_of(warm.ops.begin(), warm.ops.end(), [](const OpRecord& op) { return op.phase != "load"; }));
    }
}

TEST_F(Requests, FilesAreReadBesideTheWorkload) {
    const RunResult result =
        runs_.run(phone(), repository_file("configs/workloads/tiny_requests.yaml"),
                  {"--data", "off", "--set", "workload.requests.from=4", "--set", "workload.requests.limit=3"});
    ASSERT_EQ(result.requests.size(), 3U);
    // Lines 8 to 10: 3.345, 4.369 and 6.048 s.
    EXPECT_EQ(result.requests[0].arrival, 0_s);
    EXPECT_EQ(result.requests[1].arrival, 1024_ms);
    EXPECT_EQ(result.requests[2].arrival, 2703_ms);
    EXPECT_EQ(result.requests[0].conversation, "ann");
    EXPECT_EQ(result.requests[1].cached_tokens, 45U);  // 29 + 17 - 1
    EXPECT_EQ(result.requests[2].output_tokens, 9U);
}

TEST_F(Requests, BadOnesAreRefused) {
    const auto refusal = [](const std::string& file) {
        const Outcome outcome = execute({"check", "--soc", phone(), "--workload", file});
        EXPECT_EQ(outcome.code, 2);
        EXPECT_EQ(outcome.out, "");
        return outcome.err;
    };
    EXPECT_THAT(refusal(workload("requests: {}\n")), HasSubstr("requests: give either 'list' or 'file'"));
    EXPECT_THAT(refusal(workload("prompt: hi\nrequests: {list: [{prompt: a, output_tokens: 1}]}\n")),
                HasSubstr(":6:9: prompt: goes without 'requests'"));
    EXPECT_THAT(refusal(list({"prompt_tokens: 3, output_tokens: 0"})),
                HasSubstr(":9:41: requests.list.0.output_tokens: 0 is out of range, expected 1 to 1048576"));
    EXPECT_THAT(refusal(list({"output_tokens: 3"})),
                HasSubstr("requests.list.0.prompt: give either a prompt text or 'prompt_tokens'"));
    EXPECT_THAT(refusal(list({kStory + ", arrival: 2 s", kStory + ", arrival: 1 s"})),
                HasSubstr(":10:63: requests.list.1.arrival: the request arrives before one above it"));
    EXPECT_THAT(refusal(list({kStory + ", arrival: 5"})), HasSubstr("requests.list.0.arrival: '5' has no unit"));
    EXPECT_THAT(refusal(list({"prompt_tokens: 100, output_tokens: 28, conversation: a",
                              "prompt_tokens: 100, output_tokens: 29, conversation: a"})),
                HasSubstr("the longest conversation, of 257 tokens with its answers, does not fit a context of 256"));
    EXPECT_THAT(refusal(workload("prompt: hi\nmax_tokens: 3\nstart: warm\nmmap: {capacity: 2 MiB}\n")),
                HasSubstr("start: warm weights lie in DRAM"));
    const std::string trace = runs_.workload("prompt_tokens,output_tokens\n5,x\n");
    EXPECT_THAT(refusal(workload("requests: {file: " + trace + "}\n")),
                HasSubstr(trace + ":2:3: expected a number of tokens, got 'x'"));
}

}  // namespace handset::test
