// SPDX-License-Identifier: Apache-2.0
// Sweeps as their users meet them: equal bytes however they ran, nothing finished is lost, errors before the first run.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/sweep_result.h"
#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHead =
    "name: s\nsoc: " HANDSET_SOURCE_DIR "/configs/soc/phone_8gen2.yaml\nworkload: " HANDSET_SOURCE_DIR
    "/configs/workloads/tiny_prefill.yaml\n";
const std::string kSix =
    "axes: [{path: dram.channels, values: [2, 4]}, {path: workload.prompt_tokens, values: [4, 8, 16]}]\n";

class Sweep : public ::testing::Test {
  protected:
    /// A sweep file with these lines below a fixed phone and workload.
    std::string file(const std::string& lines) const { return work_.write("s.yaml", kHead + lines); }
    std::string output(const std::string& name) const { return work_.file(name); }
    Outcome sweep(const std::string& lines, const std::string& name, std::vector<std::string> more = {},
                  const ChildOptions& options = {}) const {
        std::vector<std::string> arguments{"sweep", file(lines), "-o", output(name)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return handset(arguments, options);
    }
    std::size_t stored_points(const std::string& name) const {
        std::size_t count = 0;
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(output(name) + ".points", error)) {
            count += entry.path().extension() == ".json" ? 1 : 0;
        }
        return count;
    }

    TemporaryDirectory work_;
};

TEST_F(Sweep, GivesEqualBytesForOneOrTwoJobsAndForShards) {
    ASSERT_EQ(sweep(kSix, "one.h5", {"-j", "1"}).code, 0);
    ASSERT_EQ(sweep(kSix, "two.h5", {"-j", "2"}).code, 0);
    ASSERT_EQ(sweep(kSix, "a.h5", {"--shard", "1/2"}).code, 0);
    ASSERT_EQ(sweep(kSix, "b.h5", {"--shard", "2/2"}).code, 0);
    ASSERT_EQ(handset({"merge", output("b.h5"), output("a.h5"), "-o", output("merged.h5")}).code, 0);
    const std::string bytes = read_text(output("one.h5"));
    EXPECT_EQ(read_text(output("two.h5")), bytes);
    EXPECT_EQ(read_text(output("merged.h5")), bytes);
    EXPECT_FALSE(std::filesystem::exists(output("one.h5.points"))) << "the points are in the result";
    const SweepResult result = read_sweep_result(output("one.h5"));
    EXPECT_EQ(result.points.size(), 6U);
    EXPECT_GT(metric_value(outcome_of(result, result.points[2]), "time_to_first_token"),
              metric_value(outcome_of(result, result.points[0]), "time_to_first_token"));
}

TEST_F(Sweep, EqualsItsRuns) {
    ASSERT_EQ(sweep("axes: [{path: dram.channels, values: [2]}]\nkeep: counters", "s.h5").code, 0);
    const SweepResult result = read_sweep_result(output("s.h5"));
    const Outcome run = handset({"run", "--soc", kPhone, "--workload", "configs/workloads/tiny_prefill.yaml", "--set",
                                 "dram.channels=2", "--data", "off", "-o", output("run.h5")});
    ASSERT_EQ(run.code, 0) << run.err;
    const Outcome shown = handset({"show", output("s.h5")});
    EXPECT_EQ(shown.code, 0);
    EXPECT_THAT(shown.out, HasSubstr("sweep s: 1 points"));
    EXPECT_FALSE(result.outcomes.begin()->second.counters.empty());
    EXPECT_THAT(handset({"show", output("run.h5")}).out, HasSubstr("time to first token"));
}

TEST_F(Sweep, KilledInTheMiddleResumesWithWhatFinished) {
    ASSERT_EQ(sweep(kSix, "whole.h5").code, 0);
    ChildOptions killed;
    killed.kill_when = [this] { return stored_points("s.h5") >= 2; };
    ASSERT_EQ(sweep(kSix, "s.h5", {"-q"}, killed).code, 128 + SIGKILL);
    EXPECT_FALSE(std::filesystem::exists(output("s.h5")));
    const std::size_t kept = stored_points("s.h5");
    EXPECT_GE(kept, 2U);
    const Outcome blind = sweep(kSix, "s.h5");
    EXPECT_EQ(blind.code, 2);
    EXPECT_THAT(blind.err, HasSubstr("holds finished points of an interrupted run: --resume takes them up"));
    const Outcome resumed = sweep(kSix, "s.h5", {"--resume"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr(" of 6 runs are there"));
    EXPECT_THAT(resumed.err, Not(HasSubstr("0 of 6 runs are there")));
    EXPECT_EQ(read_text(output("s.h5")), read_text(output("whole.h5")));
}

TEST_F(Sweep, ResumesFromItsResultAndRunsOnlyWhatChanged) {
    ASSERT_EQ(sweep(kSix, "s.h5").code, 0);
    const std::string before = read_text(output("s.h5"));
    EXPECT_THAT(sweep(kSix, "s.h5", {"--resume"}).err, HasSubstr("6 of 6 runs are there, 0 to do"));
    EXPECT_EQ(read_text(output("s.h5")), before);
    const std::string eight = replaced(kSix, "[4, 8, 16]", "[4, 8, 12, 16]");
    EXPECT_THAT(sweep(eight, "s.h5", {"--resume"}).err, HasSubstr("6 of 8 runs are there, 2 to do"));
    EXPECT_THAT(sweep(eight + "set: {workload.max_tokens: 2}", "s.h5", {"--resume"}).err,
                HasSubstr("0 of 8 runs are there, 8 to do"));
}

TEST_F(Sweep, FailingPointIsRecordedAndTheOthersRun) {
    // 40 layers of about 47 MB and 233 MB of vocabulary do not fit a GiB, one layer does.
    const std::string lines = replaced(kHead, "tiny_prefill", "qwen25_1b5_w8a8") +
                              "axes: [{path: workload.model.shape.layers, values: [40, 1]}]\n"
                              "set: {dram.capacity: 1 GiB, workload.policy: cpu_only, workload.prompt_tokens: 1, "
                              "workload.max_tokens: 1}";
    const std::vector<std::string> command{"sweep", work_.write("s.yaml", lines), "-o", output("s.h5")};
    const Outcome outcome = handset(command);
    ASSERT_EQ(outcome.code, 4) << outcome.err << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("point 0 (workload.model.shape.layers=40) failed (4): simulated DRAM is full"));
    EXPECT_THAT(outcome.out, HasSubstr("sweep s: 2 points, 1 failed"));
    const SweepResult result = read_sweep_result(output("s.h5"));
    EXPECT_EQ(outcome_of(result, result.points[0]).code, 4);
    EXPECT_TRUE(outcome_of(result, result.points[1]).done());
    std::vector<std::string> again = command;
    again.emplace_back("--resume");
    EXPECT_THAT(handset(again).err, HasSubstr("1 of 2 runs are there, 1 to do"));
}

TEST_F(Sweep, FullDiskIsAClearErrorThatKeepsFinishedPoints) {
    ChildOptions small;
    small.largest_file = 8000;  // enough for a point (about 1 kB), not for the result
    const Outcome outcome = sweep(kSix, "s.h5", {"-q"}, small);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("cannot write " + output("s.h5") + ": File too large"));
    EXPECT_EQ(stored_points("s.h5"), 6U);
    EXPECT_THAT(sweep(kSix, "s.h5", {"--resume"}).err, HasSubstr("6 of 6 runs are there, 0 to do"));
}

TEST_F(Sweep, PointsThatCannotBeStoredStopIt) {
    ChildOptions tiny;
    tiny.largest_file = 600;  // a point has more than 1 kB
    const Outcome outcome = sweep(kSix, "s.h5", {"-q"}, tiny);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("File too large\n0 finished points are kept in"));
}

TEST_F(Sweep, ChecksAllPointsBeforeTheFirstRuns) {
    const Outcome outcome =
        sweep("axes: [{path: dram.chanels, values: [1, 2]}, {path: workload.max_tokens, values: [0, 1]}]", "s.h5");
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("point 0 (dram.chanels=1, workload.max_tokens=0)"));
    EXPECT_THAT(outcome.err, HasSubstr("did you mean 'channels'?"));
    EXPECT_THAT(outcome.err, HasSubstr("max_tokens: 0 is out of range"));
    EXPECT_FALSE(std::filesystem::exists(output("s.h5.points")));
}

TEST_F(Sweep, RefusesWhatItCannotDo) {
    const std::string one = "axes: [{path: dram.channels, values: [2]}]\n";
    EXPECT_THAT(sweep(one, "s.h5", {"--shard", "3/2"}).err, HasSubstr("--shard 3/2: expected I/N with I from 1 to N"));
    EXPECT_THAT(sweep(one, "s.h5", {"--shard", "2"}).err, HasSubstr("--shard 2: expected I/N"));
    EXPECT_THAT(sweep(one, "s.h5", {"--shard", "1/2"}).err, HasSubstr("the sweep has only 1 points"));
    EXPECT_THAT(sweep(one, "s.h5", {"-j", "0"}).err, HasSubstr("--jobs"));
    EXPECT_THAT(sweep("axis: []", "s.h5").err, HasSubstr("unknown key 'axis', did you mean 'axes'?"));
    EXPECT_THAT(sweep(one + "policy: hefty", "s.h5").err, HasSubstr("unknown policy 'hefty', did you mean 'heft'?"));
    const Outcome nowhere = handset({"sweep", "/nowhere.yaml", "-o", output("s.h5")});
    EXPECT_EQ(nowhere.code, 2);
    EXPECT_THAT(nowhere.err, HasSubstr("there is no file '/nowhere.yaml'"));
    EXPECT_THAT(sweep(one, "../s.yaml.h5/x/").err, Not(HasSubstr("internal error")));
}

TEST_F(Sweep, WarnsOfMisspeltMetrics) {
    const Outcome outcome = sweep("axes: [{path: dram.channels, values: [2]}]\nmetrics: [enery]", "s.h5");
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("metrics: unknown metric 'enery', did you mean 'energy'?"));
}

TEST_F(Sweep, MergeRefusesWhatDoesNotFit) {
    ASSERT_EQ(sweep(kSix, "a.h5", {"--shard", "1/2"}).code, 0);
    const Outcome half = handset({"merge", output("a.h5"), "-o", output("m.h5")});
    EXPECT_EQ(half.code, 2);
    EXPECT_THAT(half.err, HasSubstr("3 of 6 points are in none of the files: 1, 3, 5"));
    EXPECT_FALSE(std::filesystem::exists(output("m.h5")));
    const Outcome itself = handset({"merge", output("a.h5"), "-o", output("a.h5")});
    EXPECT_THAT(itself.err, HasSubstr("it is an input of this run"));
}

}  // namespace
}  // namespace handset::test
