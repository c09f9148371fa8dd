// SPDX-License-Identifier: Apache-2.0
// More hardware is never slower, and no run beats its rooflines.
#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

/// Qwen2.5-0.5B by shape.
std::string half_billion(HandsetRuns& runs, const std::string& more) {
    return runs.workload(
        "name: half_billion\n"
        "model: {shape: {architecture: qwen2, hidden: 896, layers: 24, heads: 14, kv_heads: 2, ffn: 4864,"
        " vocab: 151936, context: 32768, qkv_bias: true, tied_embeddings: true}}\n"
        "prompt_tokens: 16\nmax_tokens: 2\nweights: int8\nactivations: int8\n" +
        more);
}

Femtoseconds end_of(const RunResult& result) {
    Femtoseconds end;
    for (const OpRecord& op : result.ops) {
        end = std::max(end, op.end);
    }
    return end;
}

Femtoseconds request_time(const RunResult& result) {
    Femtoseconds begin{UINT64_MAX};
    for (const OpRecord& op : result.ops) {
        begin = op.phase == "load" ? begin : std::min(begin, op.ready);
    }
    return end_of(result) - begin;
}

struct Comparison {
    RunResult before;
    RunResult after;
};

Comparison expect_not_slower(HandsetRuns& runs, const std::string& workload, const std::string& policy,
                             const std::string& more_hardware, const std::vector<std::string>& data = {}) {
    std::vector<std::string> arguments{"--policy", policy};
    arguments.insert(arguments.end(), data.begin(), data.end());
    RunResult before = runs.run(phone(), workload, arguments);
    arguments.insert(arguments.end(), {"--set", more_hardware});
    RunResult after = runs.run(phone(), workload, arguments);
    // Mappings are chosen by an estimate: more hardware may make it choose one that is slower by a trifle.
    const auto and_a_trifle = [](Femtoseconds time) { return time + Femtoseconds{time.count() / 500}; };
    EXPECT_LE(request_time(after), and_a_trifle(request_time(before))) << policy << " with " << more_hardware;
    EXPECT_LE(end_of(after), and_a_trifle(end_of(before))) << policy << " with " << more_hardware;
    return {std::move(before), std::move(after)};
}

/// Sum over the ops of the NPU.
Femtoseconds matrix_time(const RunResult& result) {
    Femtoseconds total;
    for (const OpRecord& op : result.ops) {
        total += op.device == "npu0" ? op.matrix_time : Femtoseconds{};
    }
    return total;
}

void expect_quicker_array(HandsetRuns& runs, const std::string& workload, const char* array, const char* data) {
    const Comparison both = expect_not_slower(runs, workload, "npu_cpu", array, {"--data", data});
    EXPECT_GT(counter_value(both.before.counters, "npu0.macs"), 0U) << "the array has to be used at all";
    EXPECT_LT(matrix_time(both.after), matrix_time(both.before)) << array;
}

}  // namespace

// 8448 MHz -> 16896 MHz; 4 channels -> 8.
TEST(TwiceTheDramBandwidth, IsNeverSlowerForTheTinyModel) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 8);
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu", "heft"}) {
        expect_not_slower(runs, workload, policy, "dram.data_rate=16896 MHz");
        expect_not_slower(runs, workload, policy, "dram.channels=8");
    }
}

TEST(TwiceTheDramBandwidth, IsNeverSlowerForHalfABillionParameters) {
    HandsetRuns runs;
    const std::string workload = half_billion(runs, "");
    for (const char* policy : {"cpu_only", "npu_cpu"}) {
        expect_not_slower(runs, workload, policy, "dram.data_rate=16896 MHz", {"--data", "off"});
        expect_not_slower(runs, workload, policy, "dram.channels=8", {"--data", "off"});
    }
}

// Bandwidth has to matter at all, else the tests above test nothing. One channel of four needs 29 ms instead of 7 ms
// for the 494 MB of each token; calls of the NPU, which stay, take most of its 66 ms. Measured: 1.28 times as long.
TEST(AQuarterOfTheDramBandwidth, SlowsALargeModelDown) {
    HandsetRuns runs;
    const std::string workload = half_billion(runs, "");
    const RunResult full = runs.run(phone(), workload, {"--policy", "npu_cpu", "--data", "off"});
    const RunResult less =
        runs.run(phone(), workload, {"--policy", "npu_cpu", "--data", "off", "--set", "dram.channels=1"});
    EXPECT_GT(request_time(less).count(), request_time(full).count() * 6 / 5);
}

// Products of the tiny model do not fill an array of 64 rows or columns, while filling and draining it takes longer:
// there, only more arrays are a gain.
TEST(TwiceTheNpuArray, IsNeverSlower) {
    HandsetRuns runs;
    const std::string tiny = runs.tiny_workload("Once upon a time", 4, "activations: q8_0\n");
    const std::string prompt = runs.workload(
        "name: prompt\n"
        "model: {shape: {architecture: qwen2, hidden: 896, layers: 2, heads: 14, kv_heads: 2, ffn: 4864, vocab: 1000,"
        " context: 1024, qkv_bias: true}}\n"
        "prompt_tokens: 300\nmax_tokens: 2\nweights: int8\nactivations: int8\n");
    expect_quicker_array(runs, tiny, "npu0.array.count=16", "on");
    for (const char* array : {"npu0.array.count=16", "npu0.array.rows=64"}) {
        expect_quicker_array(runs, prompt, array, "off");
    }
    // 128 columns of keys and values occupy two of eight arrays of 64 columns, and their weights take as long to load:
    // only the whole is not slower.
    expect_not_slower(runs, prompt, "npu_cpu", "npu0.array.cols=64", {"--data", "off"});
}

// Bandwidth: 4 channels x 16 bit x 8448 Mb/s = 67.584 GB/s. Compute: 8 arrays of 32 x 32 at 750 MHz, two int8 products
// per element and cycle: 12.288 TMAC/s.
TEST(Rooflines, BoundEveryPhaseOfARun) {
    HandsetRuns runs;
    for (const char* policy : {"cpu_only", "npu_cpu", "heft"}) {
        const RunResult result = runs.run(phone(), half_billion(runs, ""), {"--policy", policy, "--data", "off"});
        const std::uint64_t bytes =
            counter_value(result.counters, "dram.bytes_read") + counter_value(result.counters, "dram.bytes_written");
        EXPECT_GE(to_seconds(end_of(result)), static_cast<double>(bytes) / 67.584e9) << policy;
        // Layers alone are 24 x (2 x 896 x 896 + 2 x 896 x 128 + 3 x 896 x 4864) = 357.8 MB, read for each of two
        // steps; both caches together can keep 24 MiB of that from one step to the next.
        EXPECT_GE(to_seconds(request_time(result)), (2 * 357.8e6 - 25.2e6) / 67.584e9) << policy;
        const std::uint64_t macs = counter_value(result.counters, "npu0.macs");
        EXPECT_GE(to_seconds(request_time(result)), static_cast<double>(macs) / 12.288e12) << policy;
        EXPECT_LE(counter_value(result.counters, "dram.busy_time"), 4 * end_of(result).count()) << policy;
    }
}

}  // namespace handset::test
