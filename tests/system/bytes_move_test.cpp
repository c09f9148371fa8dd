// SPDX-License-Identifier: Apache-2.0
// Numbers are computed from the bytes that have arrived in a device's local store, at the simulated time of arrival.
// Hence a program with a wrong order gives wrong numbers: shown here by breaking programs before they start.
#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sim/app/simulation.h"
#include "sim/base/errors.h"
#include "sim/results/hdf5_reader.h"
#include "sim/results/hdf5_writer.h"
#include "tests/support/handset_process.h"

namespace handset::test {

namespace {

using Filter = std::function<void(TileProgram&)>;

constexpr const char* kText =
    "Once upon a time, there was a curious boy named Leo. He lived in a quiet house by the sea.";

/// One simulation in a process of its own: SystemC elaborates once per process.
RunResult simulate_in_child(const Inputs& inputs, const Filter& filter, const std::string& file) {
    const pid_t child = fork();
    if (child == 0) {
        try {
            SimulationOptions options;
            options.program_filter = filter;
            write_run_result(file, simulate(inputs, options));
            _exit(0);
        } catch (const std::exception& error) {
            std::fputs((std::string(error.what()) + "\n").c_str(), stderr);
            _exit(1);
        }
    }
    int status = 1;
    ensure(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child process failed");
    return read_run_result(file);
}

class BytesMove : public testing::Test {
  protected:
    /// With local stores so small that their slots are used again and again.
    Inputs inputs(const std::string& policy, unsigned tokens) {
        return load_inputs(phone(), runs_.tiny_workload("Once upon a time", tokens),
                           {"workload.policy=" + policy, "npu0.scratchpad.size=16 KiB", "gpu0.compute_units=1",
                            "gpu0.local_memory=4 KiB", "gpu0.cache_tiles=4 KiB"});
    }
    RunResult run(const std::string& policy, const Filter& filter, unsigned tokens = 32) {
        return simulate_in_child(inputs(policy, tokens), filter, directory_.file(std::to_string(files_++) + ".h5"));
    }
    RunResult run_mapped(const std::string& capacity, const Filter& filter) {
        const Inputs mapped =
            load_inputs(phone(), runs_.tiny_workload("Once upon a time", 32, "mmap: {capacity: " + capacity + "}\n"),
                        {"workload.policy=cpu_only"});
        return simulate_in_child(mapped, filter, directory_.file(std::to_string(files_++) + ".h5"));
    }
    void expect_other_tokens(const std::string& policy, const Filter& filter, unsigned tokens = 32) {
        const RunResult right = run(policy, {}, tokens);
        EXPECT_EQ(right.text.substr(0, std::string(kText).size()), kText);
        const RunResult wrong = run(policy, filter, tokens);
        EXPECT_NE(wrong.tokens, right.tokens) << wrong.text;
        // The same bytes and products went through the device: order alone makes the difference.
        EXPECT_EQ(sum_of(wrong.counters, "macs"), sum_of(right.counters, "macs"));
    }

  private:
    HandsetRuns runs_;
    TemporaryDirectory directory_;
    unsigned files_ = 0;
};

/// Loads no longer wait for the tile whose slots they overwrite.
Filter without_distance(const std::string& kernel) {
    return [kernel](TileProgram& program) {
        for (Tile& tile : program.tiles) {
            if (program.kernel == kernel) {
                tile.loads_after = kNone;
            }
        }
    };
}

/// Loads wait for the tile before the one whose slots they overwrite.
Filter shorter_distance(const std::string& kernel) {
    return [kernel](TileProgram& program) {
        for (Tile& tile : program.tiles) {
            if (program.kernel == kernel && tile.loads_after != kNone) {
                tile.loads_after = tile.loads_after > 0 ? tile.loads_after - 1 : kNone;
            }
        }
    };
}

/// After `good` of them, reads of the page cache no longer reach their frames.
Filter lost_pages(unsigned good) {
    return [left = good](TileProgram& program) mutable {
        if (program.kernel == "load") {
            if (left == 0) {
                program.tiles.front().stores = 0;
            } else {
                --left;
            }
        }
    };
}

}  // namespace

TEST_F(BytesMove, AFilterThatChangesNothingLeavesTheTextAlone) {
    EXPECT_EQ(run("npu_cpu", [](TileProgram&) {}).tokens, run("npu_cpu", {}).tokens);
}

TEST_F(BytesMove, LoadsThatDoNotWaitForTheirSlotSpoilProducts) {
    expect_other_tokens("npu_cpu", without_distance("matmul"));
}

TEST_F(BytesMove, ADoubleBufferOneTileTooShortSpoilsProducts) {
    expect_other_tokens("npu_cpu", shorter_distance("matmul"));
}

TEST_F(BytesMove, LoadsThatDoNotWaitForTheirSlotSpoilProductsOnTheGpu) {
    expect_other_tokens("gpu_only", without_distance("matmul"));
}

// Keys come in blocks of 32 with two buffers: slots are used again from a cache of 65 tokens on.
TEST_F(BytesMove, LoadsThatDoNotWaitForTheirSlotSpoilAttentionOnTheCpu) {
    expect_other_tokens("cpu_only", without_distance("attention"), 120);
}

// A frame holds what was read into it, and nothing else: what the page cache takes for read but is not there is missing
// in the numbers. With room for the file a pass of 32 windows at most brings all pages; with half of it, later passes
// find the bytes of evicted pages in their frames.
TEST_F(BytesMove, FramesHoldOnlyWhatWasReadIntoThem) {
    const RunResult right = run("cpu_only", {});
    EXPECT_EQ(run_mapped("2 MiB", lost_pages(32)).tokens, right.tokens) << "nothing is read after the first pass";
    EXPECT_NE(run_mapped("2 MiB", lost_pages(4)).tokens, right.tokens);
    EXPECT_EQ(run_mapped("576 KiB", {}).tokens, right.tokens);
    EXPECT_NE(run_mapped("576 KiB", lost_pages(32)).tokens, right.tokens);
}

}  // namespace handset::test
