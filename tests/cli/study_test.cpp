// SPDX-License-Identifier: Apache-2.0
// Studies as their users meet them: the table, the verdict as exit code, the files.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/sweep_result.h"
#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kStudy = HANDSET_SOURCE_DIR "/configs/studies/tiny.yaml";

class Study : public ::testing::Test {
  protected:
    /// The committed study, changed, with its files by absolute path.
    std::string changed(const std::string& from, const std::string& to) const {
        std::string text = replaced(read_text(kStudy), from, to);
        for (int i = 0; i < 2; ++i) {
            text = replaced(text, ": ../", ": " HANDSET_SOURCE_DIR "/configs/");
        }
        return work_.write("changed.yaml", text);
    }
    Outcome study(const std::string& name, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments{"study", name, "-q", "-o", work_.file("out")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return handset(arguments);
    }

    TemporaryDirectory work_;
};

TEST_F(Study, CommittedOneAgreesAndLeavesItsFiles) {
    const Outcome outcome = study("tiny", {"-j", "2"});
    EXPECT_EQ(outcome.code, 0) << outcome.err << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("study tiny: Call costs decide a small model"));
    EXPECT_THAT(outcome.out, HasSubstr("4 figures, 0 outside, 1 known deviations"));
    const SweepResult result = read_sweep_result(work_.file("out/tiny.h5"));
    EXPECT_EQ(result.kind, "study");
    EXPECT_EQ(result.points.size(), 6U);
    EXPECT_EQ(result.figures.size(), 4U);
    const std::string page = read_text(work_.file("out/tiny.md"));
    EXPECT_THAT(page, HasSubstr("# Call costs decide a small model"));
    EXPECT_THAT(page, HasSubstr("| environment | 0.5 s |"));
    EXPECT_THAT(page, HasSubstr("- `npu`: products on the NPU"));
    EXPECT_THAT(handset({"show", work_.file("out/tiny.h5")}).out, HasSubstr("k70.tiny.npu.p64"));
}

TEST_F(Study, IsListed) {
    EXPECT_THAT(handset({"list", "studies"}).out, HasSubstr("tiny     Call costs decide a small model"));
}

TEST_F(Study, FigureOutsideItsToleranceIsExitCodeOne) {
    const Outcome outcome = study(changed("published: 0.5", "published: 5"));
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("OUTSIDE"));
}

TEST_F(Study, KnownDeviationThatAgreesIsExitCodeOne) {
    const Outcome outcome = study(changed("published: 1000\n", "published: 5400\n"));
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("AGREES NOW"));
}

TEST_F(Study, ResumesAfterAMetricWasMisspelt) {
    const Outcome wrong = study(changed("prepare_time", "prepar_time"));
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.err,
                HasSubstr("figure 'environment': 'k70.tiny.npu.p64.prepar_time': run k70.tiny.npu.p64 has no "
                          "metric 'prepar_time', did you mean 'prepare_time'?"));
    const Outcome resumed =
        handset({"study", changed("name: tiny", "name: tiny"), "--resume", "-o", work_.file("out")});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("6 of 6 runs are there, 0 to do"));
}

TEST_F(Study, ProblemsAreToldBeforeTheFirstRun) {
    EXPECT_THAT(study("tinny").err, HasSubstr("unknown study 'tinny', did you mean 'tiny'?"));
    const Outcome policy = study(changed("policy: cpu_only", "policy: cpu_onli"));
    EXPECT_EQ(policy.code, 2);
    EXPECT_THAT(policy.err, HasSubstr("systems.cpu.workload: policy=cpu_onli: policy: unknown policy 'cpu_onli'"));
    EXPECT_FALSE(std::filesystem::exists(work_.file("out/tiny.h5")));
    const Outcome reference = study(changed("k70.tiny.npu.p64.prepare_time", "k70.tiny.np.p64.prepare_time"));
    EXPECT_THAT(reference.err, HasSubstr("unknown run 'k70.tiny.np.p64', did you mean 'k70.tiny.npu.p64'?"));
}

}  // namespace
}  // namespace handset::test
