// SPDX-License-Identifier: Apache-2.0
// Did anything change? All counters of a few small runs, exactly as in tests/golden/<case>.txt. After an intended
// change `golden_test --accept` rewrites the files; commit them apart, with the reason.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

// Set once by main(), before any test runs.
bool accept_changes = false;

/// "npu0.bytes_read B" -> value, in the order of the file.
using Values = std::map<std::string, std::uint64_t>;

Values values_of(const RunResult& result) {
    Values values;
    for (const CounterValue& row : result.counters) {
        values[row.path + " " + row.unit] = row.value;
    }
    Femtoseconds end;
    for (const OpRecord& op : result.ops) {
        end = std::max(end, op.end);
    }
    values["run.end fs"] = end.count();
    values["run.ops 1"] = result.ops.size();
    return values;
}

Values read_values(const std::string& path) {
    Values values;
    std::ifstream in(path);
    std::string name;
    std::string unit;
    std::uint64_t value = 0;
    while (in >> name >> unit >> value) {
        values[name + " " + unit] = value;
    }
    return values;
}

void write_values(const std::string& path, const Values& values) {
    std::ofstream out(path);
    for (const auto& [name, value] : values) {
        out << name << " " << value << "\n";
    }
    out.flush();
    ASSERT_TRUE(out.good()) << "cannot write " << path;
}

std::string differences(const Values& expected, const Values& found) {
    std::ostringstream text;
    for (const auto& [name, value] : expected) {
        const auto now = found.find(name);
        if (now == found.end()) {
            text << "  " << name << ": gone (was " << value << ")\n";
        } else if (now->second != value) {
            text << "  " << name << ": " << value << " -> " << now->second << "\n";
        }
    }
    for (const auto& [name, value] : found) {
        if (expected.count(name) == 0) {
            text << "  " << name << ": new, " << value << "\n";
        }
    }
    return text.str();
}

void expect_golden(const std::string& name, const RunResult& result) {
    const std::string path = repository_file("tests/golden/" + name + ".txt");
    const Values found = values_of(result);
    if (accept_changes) {
        write_values(path, found);
        return;
    }
    EXPECT_EQ(differences(read_values(path), found), "") << "golden_test --accept rewrites " << path;
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
