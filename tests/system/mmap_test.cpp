// SPDX-License-Identifier: Apache-2.0
// Weights that are paged in through mmap instead of loaded: the same tokens, in another time, through less memory. The
// model has 1.068 MiB of weights in a file of 1.08 MiB; its largest tensor has 67 KiB.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/quantity.h"
#include "sim/results/hdf5_reader.h"
#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr unsigned kTokens = 6;
constexpr double kWeights = 1.068 * 1024 * 1024;

const std::string kRoom = "mmap: {capacity: 2 MiB}\n";
const std::string kHalf = "mmap: {capacity: 576 KiB}\n";
const std::string kHalfByPage = "mmap: {capacity: 576 KiB, read_ahead: none}\n";

/// Sum over the page-ins of one step.
struct Paging {
    std::uint64_t bytes = 0;
    std::size_t ops = 0;
};
Paging paging_of(const RunResult& result, const std::string& phase, std::uint32_t step) {
    Paging sum;
    for (const OpRecord& op : result.ops) {
        if (op.kernel == "page_in" && op.phase == phase && op.step == step) {
            sum.bytes += op.bytes_read.count();
            ++sum.ops;
        }
    }
    return sum;
}

std::uint64_t counter(const RunResult& result, const std::string& name) {
    return counter_value(result.counters, name);
}

class Mmap : public testing::Test {
  protected:
    RunResult run(const std::string& more, const std::string& policy = "cpu_only", unsigned tokens = kTokens) {
        return runs_.run(phone(), runs_.tiny_workload("Once upon a time", tokens, more), {"--policy", policy});
    }
    HandsetRuns runs_;
};

}  // namespace

TEST_F(Mmap, WritesTheTextOfLoadedWeightsUnderEveryPolicy) {
    for (const char* policy : {"cpu_only", "gpu_only", "npu_gpu_cpu", "heft"}) {
        const RunResult loaded = run("activations: q8_0\n", policy, 24);
        for (const std::string& mapped : {kRoom, kHalf, kHalfByPage}) {
            const RunResult paged = run("activations: q8_0\n" + mapped, policy, 24);
            EXPECT_EQ(paged.tokens, loaded.tokens) << policy << " " << mapped;
            EXPECT_EQ(sum_of(paged.counters, "macs"), sum_of(loaded.counters, "macs")) << policy << " " << mapped;
        }
    }
}

TEST_F(Mmap, WritesTheTextOfLoadedWeightsOfConvertedFormats) {
    for (const char* formats : {"weights: int8\nactivations: int8\n", "weights: fp16\nactivations: fp32\n"}) {
        const std::string large = "mmap: {capacity: 1 MiB, page_size: 16 KiB}\n";
        EXPECT_EQ(run(formats + large).tokens, run(formats).tokens) << formats;
    }
}

TEST_F(Mmap, ReadsEveryPageOnceWhenTheFileFits) {
    const RunResult paged = run(kRoom);
    EXPECT_GT(paging_of(paged, "prefill", 0).bytes, kWeights);
    EXPECT_LT(paging_of(paged, "prefill", 0).bytes, 1.05 * kWeights);
    for (std::uint32_t step = 0; step + 1 < kTokens; ++step) {
        EXPECT_EQ(paging_of(paged, "decode", step).ops, 0U) << step;
    }
    EXPECT_EQ(counter(paged, "page_cache.evictions"), 0U);
    EXPECT_EQ(counter(paged, "page_cache.peak_resident"), counter(paged, "page_cache.page_bytes") / 4096 * 4096 + 4096)
        << "the last page of the file is read in part";
}

// LRU evicts each page before its turn comes again.
TEST_F(Mmap, ReadsTheWholeFileForEveryTokenWhenHalfOfItFits) {
    for (const std::string& half : {kHalf, kHalfByPage}) {
        const RunResult paged = run(half);
        for (std::uint32_t step = 0; step + 1 < kTokens; ++step) {
            const Paging paging = paging_of(paged, "decode", step);
            EXPECT_GT(static_cast<double>(paging.bytes), 0.9 * kWeights) << half << step;
            EXPECT_LT(static_cast<double>(paging.bytes), 1.2 * kWeights) << half << step;
        }
        EXPECT_EQ(counter(paged, "page_cache.peak_resident"), 576U * 1024);
        EXPECT_LE(counter(paged, "memory.peak_weights"), 576U * 1024);
    }
}

// 4.2 GB/s are what the link carries: 0.27 ms for the weights. Windows one at a time stay below it even with the
// device's own read-ahead, single pages one at a time reach a tenth.
TEST_F(Mmap, PagingIsSlowerThanTheLinkAndSinglePagesAreWorst) {
    const double loaded = summary_value(run(""), "decode_rate");
    const double room = summary_value(run(kRoom), "decode_rate");
    const double half = summary_value(run(kHalf), "decode_rate");
    const double pages = summary_value(run(kHalfByPage), "decode_rate");
    EXPECT_NEAR(room / loaded, 1.0, 0.02);
    EXPECT_GT(1 / half - 1 / room, 1.2 * kWeights / 4.2e9);
    EXPECT_GT(1 / pages, 4 / half);
}

TEST_F(Mmap, WhatIsReadIsWhatFlashDelivers) {
    const RunResult paged = run(kHalf);
    const std::uint64_t bytes = counter(paged, "page_cache.page_bytes");
    EXPECT_EQ(bytes, counter(paged, "ufs0.flash_bytes_read"));
    EXPECT_EQ(bytes, counter(paged, "ufs0.bytes_written")) << "into DRAM";
    const std::uint64_t read =
        counter(paged, "page_cache.major_faults") + counter(paged, "page_cache.read_ahead_pages");
    EXPECT_LE(bytes, read * 4096);
    EXPECT_GT(bytes, (read - kTokens) * 4096) << "the file's last page is shorter, once per token at most";
    EXPECT_EQ(counter(paged, "page_cache.reads"), counter(paged, "ufs0.programs"));
    EXPECT_EQ(read - counter(paged, "page_cache.evictions"), 576U / 4) << "what is read and not evicted is resident";
}

// Defaults: 3 us per major, 1 us per minor fault, at 1300 mW of the host.
TEST_F(Mmap, FaultsCostHostTimeAndEnergy) {
    const RunResult paged = run(kHalf);
    const Femtoseconds time{counter(paged, "page_cache.fault_time")};
    EXPECT_EQ(time,
              counter(paged, "page_cache.major_faults") * 3_us + counter(paged, "page_cache.minor_faults") * 1_us);
    const std::uint64_t exact = energy(1300_mW, time).count();
    EXPECT_GE(counter(paged, "page_cache.energy_faults"), exact);
    EXPECT_LE(counter(paged, "page_cache.energy_faults"), exact + counter(paged, "page_cache.fault_time") / 1'000'000)
        << "each wait is rounded up to 1 fJ";
    const RunResult slow = run("mmap: {capacity: 576 KiB, major_fault_time: 100 us}\n");
    EXPECT_LT(summary_value(slow, "decode_rate"), summary_value(paged, "decode_rate"));
}

TEST_F(Mmap, LargerWindowsAreFaster) {
    double last = 0;
    for (const char* window : {"16 KiB", "32 KiB", "64 KiB", "128 KiB"}) {
        const double rate = summary_value(
            run("mmap: {capacity: 576 KiB, read_ahead_max: " + std::string(window) + "}\n"), "decode_rate");
        EXPECT_GT(rate, last) << window;
        last = rate;
    }
}

TEST_F(Mmap, CountsTheSameWithoutData) {
    for (const char* policy : {"cpu_only", "npu_gpu_cpu"}) {
        const std::string workload = runs_.tiny_workload("Once upon a time", 12, "activations: q8_0\n" + kHalf);
        const std::string with_data = runs_.run_to_file(phone(), workload, {"--policy", policy});
        const RunResult on = read_run_result(with_data);
        const RunResult off =
            runs_.run(phone(), workload, {"--policy", policy, "--data", "off", "--replay", with_data});
        EXPECT_EQ(on.counters, off.counters) << policy;
        EXPECT_EQ(on.ops, off.ops) << policy;
    }
}

// The other ops' tensors are smaller; of the ones with 67 KiB, pages are pinned one by one until none is left.
TEST_F(Mmap, AnOpWhosePagesDoNotFitEndsTheRun) {
    const Outcome output =
        execute({"run", "--soc", phone(), "--workload",
                 runs_.tiny_workload("Once upon a time", 4, "mmap: {capacity: 64 KiB, read_ahead_max: 16 KiB}\n"), "-q",
                 "--policy", "cpu_only"});
    EXPECT_EQ(output.code, 4);
    EXPECT_THAT(output.err, AllOf(HasSubstr("a page cache of 65536 B is full of pages that running ops use"),
                                  HasSubstr("it cannot hold all weights of an op at once")));
}

TEST_F(Mmap, AWindowLargerThanTheStagingBufferIsWrongInput) {
    const std::string workload =
        runs_.tiny_workload("Once upon a time", 4, "mmap: {capacity: 2 MiB, read_ahead_max: 256 KiB}\n");
    const Outcome output = execute({"check", "--soc", phone(), "--workload", workload, "--set", "ufs0.staging=128 KiB",
                                    "--set", "ufs0.buffers=2"});
    EXPECT_EQ(output.code, 2);
    EXPECT_THAT(output.err, HasSubstr("mmap.read_ahead_max of 262144 B exceeds the staging buffer of ufs0, 131072 B"));
}

}  // namespace handset::test
