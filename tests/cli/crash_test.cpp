// SPDX-License-Identifier: Apache-2.0
// A run that is killed, or whose disk is full, never leaves half a result under the final name.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr int kKills = 30;
constexpr int kKilled = 128 + SIGKILL;

/// Half of the moments lie anywhere in a run, the other half just after the result began to be written.
ChildOptions killed_at_random(std::mt19937& random, Clock::duration run, const std::string& part, bool while_writing) {
    const double fraction = std::uniform_real_distribution<>(0.0, 1.0)(random);
    const auto delay =
        std::chrono::duration_cast<Clock::duration>(while_writing ? std::chrono::duration<double>(0.004 * fraction)
                                                                  : std::chrono::duration<double>(run) * fraction);
    ChildOptions options;
    options.kill_when = [=, start = std::optional<Clock::time_point>()]() mutable {
        if (!start && (!while_writing || std::filesystem::exists(part))) {
            start = Clock::now();
        }
        return start && Clock::now() >= *start + delay;
    };
    return options;
}

void expect_only_whole_files(const TemporaryDirectory& work, const std::string& result) {
    if (std::filesystem::exists(result)) {
        EXPECT_FALSE(read_run_result(result).counters.empty());  // throws when anything is wrong with it
    }
    for (const auto& entry : std::filesystem::directory_iterator(work.path())) {
        EXPECT_THAT(entry.path().filename().string(), AnyOf("x.h5", "x.host.json", EndsWith(".part")));
    }
}

void kill_runs(std::uint32_t seed, bool keep_old_result) {
    const TemporaryDirectory work;
    const std::string result = work.file("x.h5");
    const std::vector<std::string> command = short_run({"-q", "-o", result});
    const auto begin = Clock::now();
    ASSERT_EQ(handset(command).code, 0);
    const Clock::duration run = Clock::now() - begin;
    std::mt19937 random(seed);
    int killed = 0;
    for (int i = 0; i < kKills; ++i) {
        if (!keep_old_result) {
            std::filesystem::remove(result);
        }
        const bool while_writing = i % 2 == 0;
        const Outcome outcome = handset(command, killed_at_random(random, run, result + ".part", while_writing));
        ASSERT_THAT(outcome.code, AnyOf(0, kKilled)) << outcome.err;
        killed += outcome.code == kKilled ? 1 : 0;
        expect_only_whole_files(work, result);
        // The watched name must be new in the next round.
        std::filesystem::remove(result + ".part");
    }
    EXPECT_GT(killed, kKills / 4) << "too few runs were hit";
    EXPECT_EQ(handset(command).code, 0);
    EXPECT_FALSE(std::filesystem::exists(result + ".part"));
    EXPECT_FALSE(read_run_result(result).counters.empty());
}

TEST(KilledRun, LeavesNoHalfResult) {
    kill_runs(1, false);
}

TEST(KilledRun, LeavesTheOldResultOrTheNewOne) {
    kill_runs(2, true);
}

TEST(KilledRun, LeftoverOfAKilledRunDoesNotDisturbTheNext) {
    const TemporaryDirectory work;
    const std::string result = work.file("x.h5");
    write_text(result + ".part", std::string(1'000'000, 'x'));
    EXPECT_EQ(handset(short_run({"-o", result})).code, 0);
    EXPECT_FALSE(std::filesystem::exists(result + ".part"));
    EXPECT_FALSE(read_run_result(result).counters.empty());
}

class FullDisk : public ::testing::TestWithParam<rlim_t> {};

TEST_P(FullDisk, IsAClearErrorAndLeavesNoFile) {
    const TemporaryDirectory work;
    const std::string result = work.file("x.h5");
    ChildOptions options;
    options.largest_file = GetParam();  // the result of the short run has about 80 kB
    const Outcome outcome = handset(short_run({"-q", "-o", result}), options);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("handset: cannot write "));
    EXPECT_THAT(outcome.err, HasSubstr(result));
    EXPECT_THAT(outcome.err, HasSubstr("File too large"));
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(work.empty());
}

INSTANTIATE_TEST_SUITE_P(Cli, FullDisk, ::testing::Values(1000, 20'000, 60'000));

TEST(FullDiskForTheTimeline, IsAClearErrorAndLeavesNoFile) {
    const TemporaryDirectory work;
    ChildOptions options;
    options.largest_file = 1000;
    const Outcome outcome = handset(short_run({"-q", "--timeline", work.file("t.json")}), options);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("cannot write " + work.file("t.json") + ": File too large"));
    EXPECT_TRUE(work.empty());
}

}  // namespace
}  // namespace handset::test
