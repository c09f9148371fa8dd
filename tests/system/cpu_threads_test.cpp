// SPDX-License-Identifier: Apache-2.0
// What cores, clocks, SIMD width and the runtime's threads do to whole runs on the CPU.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

constexpr const char* kWorkload =
    "name: layers\n"
    "model: {shape: {architecture: llama, hidden: 1024, layers: 2, heads: 16, kv_heads: 4, ffn: 2816,"
    " vocab: 8000, context: 2048}}\n"
    "prompt_tokens: 64\nmax_tokens: 2\nweights: q4_0\nactivations: q8_0\nkv: fp16\npolicy: cpu_only\n";

/// From the first operator after loading to the end.
Femtoseconds time_of(HandsetRuns& runs, const std::string& workload, const std::vector<std::string>& settings,
                     const std::string& soc = "phone_8gen3") {
    std::vector<std::string> arguments{"--data", "off"};
    for (const std::string& setting : settings) {
        arguments.insert(arguments.end(), {"--set", setting});
    }
    Femtoseconds begin{UINT64_MAX};
    Femtoseconds end;
    for (const OpRecord& op : runs.run(phone(soc), workload, arguments).ops) {
        begin = op.phase == "load" ? begin : std::min(begin, op.ready);
        end = std::max(end, op.end);
    }
    return end - begin;
}

}  // namespace

TEST(CpuThreads, MoreOfAnythingIsNeverSlowerWhenChunksAreStolen) {
    HandsetRuns runs;
    const std::string workload = runs.workload(kWorkload);
    const std::vector<std::string> stealing{"cpu0.partition=stealing"};
    const auto with = [&](const std::vector<std::string>& more) {
        std::vector<std::string> settings = stealing;
        settings.insert(settings.end(), more.begin(), more.end());
        return time_of(runs, workload, settings);
    };
    const Femtoseconds six = with({});
    EXPECT_LT(six, with({"cpu0.threads=4"}));
    EXPECT_LT(with({"cpu0.threads=4"}), with({"cpu0.threads=2"}));
    EXPECT_LT(with({"cpu0.clusters.0.clock=4 GHz"}), six);
    EXPECT_LT(with({"cpu0.clusters.1.vector_pipes=4",
                    "cpu0.clusters.1.macs_per_cycle={fp32: 16, fp16: 32, dot: 64, i8mm: 128}"}),
              six);
    EXPECT_GT(with({"cpu0.clusters.1.background={cores: 3, share: 60}"}), six);
    EXPECT_GT(with({"cpu0.kernels.int4.gemm=dot_4x4", "cpu0.kernels.int4.edge=dot_4x4"}), six);
}

TEST(CpuThreads, EqualSharesWaitForLittleCores) {
    // Eight threads against four on a Snapdragon 8 Gen 2: 68 for 190.1 token/s of prefill (arXiv 2607.05475), here with
    // a step of decode.
    HandsetRuns runs;
    const std::string workload = runs.workload(kWorkload);
    const Femtoseconds four = time_of(runs, workload, {}, "phone_8gen2");
    const Femtoseconds eight = time_of(runs, workload, {"cpu0.affinity=all"}, "phone_8gen2");
    EXPECT_GT(2 * eight.count(), 3 * four.count());
    const Femtoseconds stolen =
        time_of(runs, workload, {"cpu0.affinity=all", "cpu0.partition=stealing"}, "phone_8gen2");
    EXPECT_LT(stolen.count(), eight.count());
}

}  // namespace handset::test
