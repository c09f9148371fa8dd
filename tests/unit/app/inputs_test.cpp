// SPDX-License-Identifier: Apache-2.0
#include "sim/app/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/support/temporary_directory.h"

namespace handset {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPhone = HANDSET_SOURCE_DIR "/configs/soc/phone_8gen2.yaml";
const std::string kWorkload = HANDSET_SOURCE_DIR "/configs/workloads/tiny_story.yaml";

std::string problem_of(const std::vector<std::string>& assignments, const std::string& workload = kWorkload) {
    try {
        load_inputs(kPhone, workload, assignments);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

TEST(SortOverrides, WorkloadPathsLoseTheirPrefix) {
    const Overrides sorted = sort_overrides({"workload.sampling.seed=3"});
    ASSERT_EQ(sorted.workload.size(), 1U);
    EXPECT_TRUE(sorted.soc.empty());
    EXPECT_EQ(sorted.workload[0].assignment, "sampling.seed=3");
    EXPECT_EQ(sorted.workload[0].typed, "--set workload.sampling.seed=3");
}

TEST(SortOverrides, ComponentPathsAreShortForComponents) {
    const Overrides sorted = sort_overrides({"npu0.array.rows=64", "components.npu0.array.rows=32"});
    ASSERT_EQ(sorted.soc.size(), 2U);
    EXPECT_EQ(sorted.soc[0].assignment, "components.npu0.array.rows=64");
    EXPECT_EQ(sorted.soc[0].typed, "--set npu0.array.rows=64");
    EXPECT_EQ(sorted.soc[1].assignment, "components.npu0.array.rows=32");
}

TEST(SortOverrides, TopLevelKeysOfThePhoneStayAndOnlyWholeNamesCount) {
    const Overrides sorted = sort_overrides({"name=x", "host.device=cpu1", "hosts.device=cpu1", "workloads.a=1"});
    ASSERT_EQ(sorted.soc.size(), 4U);
    EXPECT_EQ(sorted.soc[0].assignment, "name=x");
    EXPECT_EQ(sorted.soc[1].assignment, "host.device=cpu1");
    EXPECT_EQ(sorted.soc[2].assignment, "components.hosts.device=cpu1");
    EXPECT_EQ(sorted.soc[3].assignment, "components.workloads.a=1");
}

TEST(SortOverrides, OrderIsKeptSoThatTheLastOneWins) {
    const Inputs inputs = load_inputs(kPhone, kWorkload, {"workload.max_tokens=4", "workload.max_tokens=5"});
    EXPECT_EQ(inputs.workload.max_tokens, 5U);
}

TEST(LoadInputs, PolicyReplacesFileAndOverrides) {
    EXPECT_EQ(load_inputs(kPhone, kWorkload, {"workload.policy=heft"}).workload.policy, "heft");
    EXPECT_EQ(load_inputs(kPhone, kWorkload, {"workload.policy=heft"}, "cpu_only").workload.policy, "cpu_only");
}

TEST(LoadInputs, ProblemsOfBothFilesComeTogether) {
    const std::string problem = problem_of({"dram.channels=x", "workload.max_tokens=y"});
    EXPECT_THAT(problem, HasSubstr("--set dram.channels=x: components.dram.channels: expected a whole number"));
    EXPECT_THAT(problem, HasSubstr("\n--set workload.max_tokens=y: max_tokens: expected a whole number"));
}

TEST(LoadInputs, WorkloadPathNeedsAWorkload) {
    EXPECT_EQ(problem_of({"workload.max_tokens=2"}, ""), "--set workload.max_tokens=2: there is no --workload");
}

TEST(LoadInputs, MisspeltComponentIsNotTakenForANewOne) {
    const std::string problem = problem_of({"npuO.array.rows=64"});
    EXPECT_THAT(problem, HasSubstr("unknown component 'npuO', did you mean 'npu0'?"));
    EXPECT_THAT(problem, Not(HasSubstr("required key")));
}

TEST(LoadInputs, NewComponentCanBeChangedOnceItIsThere) {
    const std::string part = HANDSET_SOURCE_DIR "/configs/parts/npu_hexagon_v73.yaml";
    const Inputs inputs =
        load_inputs(kPhone, "", {"npu1={kind: npu, downstream: noc, include: " + part + "}", "npu1.downstream=slc"});
    EXPECT_EQ(inputs.soc.components.at("npu1").downstream, "slc");
}

TEST(Inputs, ResolvedTextHoldsBothParts) {
    const std::string text = load_inputs(kPhone, kWorkload, {}).resolved_yaml();
    EXPECT_EQ(text.rfind("soc:\n  name: phone_8gen2\n", 0), 0U);
    EXPECT_THAT(text, HasSubstr("\nworkload:\n  name: tiny_story\n"));
}

TEST(LoadInputs, LoweringsAreChosenByKernelAndKindOfDevice) {
    const Inputs inputs = load_inputs(kPhone, kWorkload, {"workload.lowerings.attention.gpu=unfused"});
    EXPECT_EQ(inputs.workload.lowerings.at("attention").at("gpu"), "unfused");
    EXPECT_THAT(problem_of({"workload.lowerings.attention.gpu=unfussed"}),
                AllOf(HasSubstr("lowerings.attention.gpu"), HasSubstr("unknown lowering of attention 'unfussed'")));
}

TEST(LoadInputs, UnknownLoweringInAFileIsToldWithItsPlace) {
    const test::TemporaryDirectory work;
    const std::string file =
        work.write("bad.yaml", "include: " + kWorkload + "\nlowerings:\n  attention:\n    gpu: blocked\n");
    EXPECT_THAT(problem_of({}, file),
                HasSubstr(file + ":4:10: lowerings.attention.gpu: unknown lowering of attention"));
}

}  // namespace
}  // namespace handset
