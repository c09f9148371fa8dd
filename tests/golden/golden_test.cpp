// SPDX-License-Identifier: Apache-2.0
// Did anything change? All counters of a few small runs, exactly as in tests/golden/<case>.txt, judged by the
// comparison of `handset compare`; text files, because a change to them is read in a review. After an intended change
// `golden_test --accept` rewrites the files; commit them apart, with the reason.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/results/comparison_report.h"
#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

// Set once by main(), before any test runs.
bool accept_changes = false;

/// Counters, and beside them the end of the run and the number of its ops.
Snapshot values_of(const RunResult& result) {
    Snapshot values = result.counters;
    Femtoseconds end;
    for (const OpRecord& op : result.ops) {
        end = std::max(end, op.end);
    }
    values.push_back({"run.end", "fs", CounterKind::sum, end.count()});
    values.push_back({"run.ops", "1", CounterKind::sum, result.ops.size()});
    for (CounterValue& row : values) {
        row.kind = CounterKind::sum;  // the text files have no kinds
    }
    std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return values;
}

Snapshot read_values(const std::string& path) {
    Snapshot values;
    std::ifstream in(path);
    CounterValue row;
    while (in >> row.path >> row.unit >> row.value) {
        values.push_back(row);
    }
    return values;
}

void write_values(const std::string& path, const Snapshot& values) {
    std::ofstream out(path);
    for (const CounterValue& row : values) {
        out << row.path << " " << row.unit << " " << row.value << "\n";
    }
    out.flush();
    ASSERT_TRUE(out.good()) << "cannot write " << path;
}

/// What `handset compare` would judge and say. New counters fail here: the files are to be complete.
void expect_equal(Snapshot expected, Snapshot found, const std::string& path) {
    RunResult base;
    base.counters = std::move(expected);
    RunResult now;
    now.counters = std::move(found);
    const Comparison comparison = compare(base, now);
    EXPECT_TRUE(comparison.passed() && comparison.added.empty())
        << comparison_text(comparison) << "golden_test --accept rewrites " << path;
}

void expect_golden(const std::string& name, const RunResult& result) {
    const std::string path = repository_file("tests/golden/" + name + ".txt");
    const Snapshot found = values_of(result);
    if (accept_changes) {
        write_values(path, found);
        return;
    }
    expect_equal(read_values(path), found, path);
}

}  // namespace

TEST(Golden, TinyModelOnThe8Gen3PhoneUnderHeft) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 8, "policy: heft\n");
    expect_golden("tiny_8gen3_heft", runs.run(phone("phone_8gen3"), workload));
}

TEST(Golden, TinyModelInInt8OnThe8Gen2PhoneOnAllProcessors) {
    HandsetRuns runs;
    const std::string formats = "weights: int8\nactivations: int8\npolicy: npu_gpu_cpu\n";
    const std::string workload = runs.tiny_workload("The lamp was in the kitchen.", 8, formats);
    expect_golden("tiny_8gen2_int8", runs.run(phone("phone_8gen2"), workload));
}

TEST(Golden, TinyModelOnTheRk3588BoardOnItsCpu) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 8, "activations: q8_0\npolicy: cpu_only\n");
    expect_golden("tiny_rk3588_cpu", runs.run(phone("board_rk3588"), workload));
}

TEST(Golden, SmallShapeWithDataOffOnTheNpu) {
    HandsetRuns runs;
    const std::string workload = runs.workload(
        "name: shape\n"
        "model: {shape: {architecture: qwen2, hidden: 512, layers: 4, heads: 8, kv_heads: 2, ffn: 1408, vocab: 8000,"
        " context: 1024, qkv_bias: true}}\n"
        "prompt_tokens: 200\nmax_tokens: 3\nweights: int8\nactivations: int8\npolicy: npu_cpu\n");
    expect_golden("shape_8gen3_npu", runs.run(phone("phone_8gen3"), workload, {"--data", "off"}));
}

}  // namespace handset::test

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    handset::test::accept_changes = std::count(arguments.begin(), arguments.end(), "--accept") > 0;
    return RUN_ALL_TESTS();
}
