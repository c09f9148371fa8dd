// SPDX-License-Identifier: Apache-2.0
// Command lines that cannot be carried out: exit code 2, the reason on stderr, nothing on stdout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct BadCommand {
    std::string name;
    std::vector<std::string> arguments;
    std::string expected;
};

void PrintTo(const BadCommand& test, std::ostream* out) {
    *out << test.name;
}

class BadCommandLine : public ::testing::TestWithParam<BadCommand> {};

TEST_P(BadCommandLine, IsRefusedWithItsReason) {
    const Outcome outcome = handset(GetParam().arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().expected));
    EXPECT_THAT(outcome.err, ::testing::StartsWith("handset: "));
    EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
    EXPECT_THAT(outcome.err, Not(HasSubstr("prefill"))) << "refused only after the simulation";
    EXPECT_EQ(outcome.out, "");
}

const std::vector<BadCommand> kCommands{
    {"NoVerb",
     {},
     "a verb is missing (known: run, check, config, list, show, compare, replay, op, sweep, merge, study)"},
    {"UnknownVerb", {"chek"}, "unknown verb 'chek', did you mean 'check'? (known: run,"},
    {"UnknownVerbOfConfig", {"config", "schem"}, "unknown verb 'schem', did you mean 'schema'?"},
    {"NoVerbOfConfig", {"config"}, "a verb is missing (known: schema, resolve)"},
    {"UnknownTopOption", {"--verson"}, "unknown option '--verson', did you mean '--version'?"},
    {"UnknownOption", short_run({"--dta", "on"}), "unknown option '--dta', did you mean '--data'?"},
    {"UnknownOptionWithValue", short_run({"--dta=on"}), "unknown option '--dta', did you mean '--data'?"},
    {"UnknownOptionTellsWhereHelpIs", short_run({"--dta", "on"}), "\nhandset run --help tells more\n"},
    {"SurplusArgument", {"list", "devices", "more"}, "unexpected argument 'more'"},
    {"NoPhone", {"run", "--workload", kWorkload}, "--soc is required"},
    {"NoWorkload", {"run", "--soc", kPhone}, "--workload is required"},
    {"NoPhoneToCheck", {"check"}, "--soc is required"},
    {"TwoPhones", short_run({"--soc", kPhone}), "--soc"},
    {"OptionWithoutValue", short_run({"--data"}), "--data"},
    {"DataMaybe", short_run({"--data", "maybe"}), "--data: unknown value 'maybe' (known: on, off)"},
    {"UnknownList", {"list", "device"}, "unknown value 'device', did you mean 'devices'?"},
    {"UnknownSchema", {"config", "schema", "workloads"}, "unknown kind of file 'workloads', did you mean 'workload'?"},
    {"UnknownPolicy", short_run({"--policy", "hefty"}),
     "--policy hefty: policy: unknown policy 'hefty', did you mean 'heft'?"},
    {"ReplayWithDataOn", short_run({"--replay", "x.h5"}), "--replay goes with --data off"},
    {"ReplayOfNothing", short_run({"--data", "off", "--replay", "/nowhere/x.h5"}),
     "cannot read /nowhere/x.h5: No such file or directory"},
    {"ReplayOfOtherFile", short_run({"--data", "off", "--replay", kPhone}), kPhone + ": is not an HDF5 file"},
    {"OutputWithoutName", short_run({"-o", ""}), "--output: the file name is empty"},
    {"OutputIsFolder", short_run({"-o", "/tmp"}), "cannot write '/tmp': it is a directory"},
    {"TimelineIsFolder", short_run({"--timeline", "/tmp"}), "cannot write '/tmp': it is a directory"},
    {"OutputFolderNotWritable", short_run({"-o", "/proc/handset/x.h5"}),
     "cannot write '/proc/handset/x.h5': cannot make the folder '/proc/handset'"},
    {"OutputBelowFile", short_run({"-o", "/dev/null/x.h5"}), "cannot make the folder '/dev/null': Not a directory"},
    {"OutputIsInput", short_run({"-o", kPhone}), "cannot write '" + kPhone + "': it is an input of this run"},
    {"OutputIsTimeline", short_run({"-o", "/tmp/handset_x", "--timeline", "/tmp/../tmp/handset_x"}),
     "-o and --timeline name the same file"},
    {"JunitIsFolder", {"compare", "a.h5", "b.h5", "--junit", "/tmp"}, "cannot write '/tmp': it is a directory"},
    {"CompareOne", {"compare", "a.h5"}, "new is required"},
    {"ShowNothing", {"show"}, "result is required"},
    {"ResolveWorkloadWithPhonePath",
     {"config", "resolve", kWorkload, "--set", "dram.channels=2"},
     "--set dram.channels=2: '" + kWorkload + "' is a workload: paths start with 'workload.'"},
    {"ResolvePhoneWithWorkloadPath",
     {"config", "resolve", kPhone, "--set", "workload.max_tokens=2"},
     "--set workload.max_tokens=2: '" + kPhone + "' is a phone"},
    {"CheckWithoutItsWorkload",
     {"check", "--soc", kPhone, "--set", "workload.max_tokens=2"},
     "--set workload.max_tokens=2: there is no --workload"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadCommandLine, ::testing::ValuesIn(kCommands),
                         [](const auto& test) { return test.param.name; });

struct BadOverride {
    std::string name;
    std::string assignment;
    std::string expected;
};

void PrintTo(const BadOverride& test, std::ostream* out) {
    *out << test.name;
}

class BadSet : public ::testing::TestWithParam<BadOverride> {};

TEST_P(BadSet, IsRefusedAsTyped) {
    const Outcome outcome =
        handset({"check", "--soc", kPhone, "--workload", kWorkload, "--set", GetParam().assignment});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().expected));
    EXPECT_EQ(outcome.out, "");
}

const std::vector<BadOverride> kOverrides{
    {"Empty", "", "--set '': expected PATH=VALUE"},
    {"NoValue", "dram.channels", "--set dram.channels: expected PATH=VALUE with a path such as npu0.array.rows"},
    {"NoPath", "=2", "--set =2: expected PATH=VALUE"},
    {"NoWorkloadPath", "workload.=2", "--set workload.=2: expected PATH=VALUE"},
    {"EmptyPart", "dram..channels=2", "--set dram..channels=2: expected PATH=VALUE"},
    {"NothingBehindEquals", "dram.channels=", "components.dram.channels: expected a single value, got nothing"},
    {"UnknownKey", "dram.chanels=2",
     "--set dram.chanels=2: components.dram.chanels: unknown key 'chanels', did you mean 'channels'?"},
    {"UnknownComponent", "drm.channels=2", "--set drm.channels=2: unknown component 'drm', did you mean 'dram'?"},
    {"UnknownTopLevel", "hots.device=cpu0", "unknown component 'hots', did you mean 'host'?"},
    {"MisspeltWorkload", "worklod.max_tokens=2", "unknown component 'worklod', did you mean 'workload'?"},
    {"WholeWorkload", "workload=2", "--set workload=2: expected workload.PATH=VALUE"},
    {"UnknownWorkloadKey", "workload.max_token=2",
     "--set workload.max_token=2: max_token: unknown key 'max_token', did you mean 'max_tokens'?"},
    {"TextForNumber", "dram.channels=two", "expected a whole number, got 'two'"},
    {"Negative", "dram.channels=-1", "expected a whole number that is not negative, got '-1'"},
    {"Fraction", "workload.max_tokens=8.5", "max_tokens: expected a whole number, got '8.5'"},
    {"TooLarge", "dram.channels=99999999999999999999999", "does not fit, expected 0 to 4294967295"},
    {"Zero", "workload.max_tokens=0", "max_tokens: 0 is out of range, expected 1 to 1048576"},
    {"MapForNumber", "dram.channels={a: 1}", "expected a single value, got a map"},
    {"NumberForMap", "npu0=8", "components.npu0: expected a map, got '8'"},
    {"OpenBracket", "dram.channels=[1,2", "--set dram.channels=[1,2"},
    {"NoUnit", "dram.capacity=8", "'8' has no unit, expected a size"},
    {"WrongUnit", "dram.capacity=8 ms", "'8 ms' is a time, expected a size"},
    {"IndexBehindEnd", "cpu0.clusters.7.cores=8",
     "components.cpu0.clusters: is a list of 4, '7' is not one of its indices"},
    {"NameForIndex", "cpu0.clusters.x.cores=8",
     "components.cpu0.clusters: is a list of 4, 'x' is not one of its indices"},
    {"IncludeInPath", "dram.include=x.yaml", "a path cannot name an include"},
    {"UnknownDownstream", "npu0.downstream=nocc",
     "components.npu0.downstream: unknown component 'nocc', did you mean 'noc'?"},
    {"Circle", "noc.downstream=l3", "the memory path from 'cpu0' runs in a circle"},
    {"OtherKind", "npu0.kind=gpu", kPhone + ":11:10: components.npu0.compute_units: required key is missing"},
    {"ContextTooShort", "workload.context=3",
     "a prompt of 5 tokens and 240 generated ones do not fit a context of 3 tokens"},
    {"BeyondTheModelsContext", "workload.max_tokens=100000", "do not fit a context of 256 tokens"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadSet, ::testing::ValuesIn(kOverrides),
                         [](const auto& test) { return test.param.name; });

TEST(SmallPhone, RunsOutOfSimulatedMemoryWithItsOwnExitCode) {
    // 1 MiB of DRAM cannot hold 1.07 MiB of weights.
    const Outcome outcome = handset(short_run({"--set", "dram.capacity=1 MiB"}));
    EXPECT_EQ(outcome.code, 4);
    EXPECT_THAT(outcome.err, HasSubstr("out of simulated memory: simulated DRAM is full: "));
    EXPECT_THAT(outcome.err, HasSubstr("of 1.0 MiB are in use (weights "));
    EXPECT_THAT(outcome.err, HasSubstr("Largest holders:\n"));
    EXPECT_EQ(outcome.out, "");
}

TEST(StandardOutputClosed, IsAnErrorForEveryVerb) {
    const std::vector<std::vector<std::string>> commands{
        short_run(), {"list", "devices"}, {"config", "schema"}, {"--version"}, {"run", "--help"}};
    for (const StandardOutput output : {StandardOutput::closed, StandardOutput::full_device}) {
        ChildOptions options;
        options.output = output;
        for (const std::vector<std::string>& command : commands) {
            const Outcome outcome = handset(command, options);
            EXPECT_EQ(outcome.code, 2) << command.front();
            EXPECT_THAT(outcome.err, HasSubstr("handset: cannot write to standard output")) << command.front();
        }
    }
}

}  // namespace
}  // namespace handset::test
