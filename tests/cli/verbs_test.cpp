// SPDX-License-Identifier: Apache-2.0
// What every verb does when all is well: results on stdout, everything else on stderr, the documented exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Outcome expect_done(const std::vector<std::string>& arguments) {
    Outcome outcome = handset(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome;
}

TEST(Run, PrintsTextAndSummaryAndReportsProgressOnStderr) {
    const TemporaryDirectory work;
    const std::string result = work.file("new/folder/x.h5");
    const std::string timeline = work.file("other/t.json");
    const Outcome outcome = expect_done(short_run({"-o", result, "--timeline", timeline}));
    EXPECT_THAT(outcome.out, StartsWith("Once upon a time"));
    for (const char* const part :
         {"time to first token", "prefill rate", "decode rate", "energy", "peak memory", "npu0"}) {
        EXPECT_THAT(outcome.out, HasSubstr(part));
    }
    EXPECT_EQ(outcome.err, "prepare done\nload done\nprefill done\nwrote " + result + "\nwrote " + timeline + "\n");
    EXPECT_EQ(read_run_result(result).tokens.size(), 3U);
    EXPECT_TRUE(std::filesystem::exists(work.file("new/folder/x.host.json")));
    EXPECT_EQ(run_program("/usr/bin/python3", {"-c", "import json, sys; json.load(open(sys.argv[1]))", timeline}).code,
              0);
}

TEST(Run, QuietSaysNothingOnStderrAndTheSameOnStdout) {
    const TemporaryDirectory work;
    const Outcome quiet = expect_done(short_run({"-q", "-o", work.file("x.h5")}));
    EXPECT_EQ(quiet.err, "");
    EXPECT_EQ(quiet.out, expect_done(short_run()).out);
}

TEST(Run, EqualRunsGiveEqualFiles) {
    const TemporaryDirectory work;
    expect_done(short_run({"-o", work.file("a.h5")}));
    expect_done(short_run({"-o", work.file("b.h5")}));
    EXPECT_TRUE(read_text(work.file("a.h5")) == read_text(work.file("b.h5")));
}

TEST(Run, PolicyOptionReplacesTheWorkloadsPolicy) {
    const TemporaryDirectory work;
    expect_done(short_run({"--policy", "cpu_only", "-o", work.file("a.h5")}));
    EXPECT_EQ(attribute(read_run_result(work.file("a.h5")), "policy"), "cpu_only");
}

TEST(Run, ReplayWithoutDataMakesTheSameTokensAndCounters) {
    const TemporaryDirectory work;
    const std::string with_data = work.file("a.h5");
    const std::string without = work.file("b.h5");
    expect_done(short_run({"-o", with_data}));
    const Outcome outcome = expect_done(short_run({"--data", "off", "--replay", with_data, "-o", without}));
    EXPECT_THAT(outcome.out, StartsWith("time to first token")) << "without data there is no text";
    EXPECT_EQ(read_run_result(without).tokens, read_run_result(with_data).tokens);
    const Outcome compared = expect_done({"compare", with_data, without});
    EXPECT_THAT(compared.out, StartsWith("same: "));
}

TEST(Run, AComponentCanBeAddedAsAWholeMap) {
    const Outcome outcome = expect_done({"check", "--soc", kPhone, "--set",
                                         "npu1={kind: npu, downstream: noc, include: " HANDSET_SOURCE_DIR
                                         "/configs/parts/npu_hexagon_v73.yaml}"});
    EXPECT_THAT(outcome.out, HasSubstr("ok, 11 components"));
}

TEST(Check, SaysWhatIsRight) {
    EXPECT_EQ(expect_done({"check", "--soc", kPhone}).out, "phone_8gen2: ok, 10 components\n");
    const Outcome both = expect_done({"check", "--soc", kPhone, "--workload", kWorkload});
    EXPECT_EQ(both.out, "phone_8gen2: ok, 10 components\ntiny_story: ok\n");
    EXPECT_EQ(both.err, "");
}

TEST(Check, EveryCommittedPhoneIsRight) {
    for (const auto& entry : std::filesystem::directory_iterator(HANDSET_SOURCE_DIR "/configs/soc")) {
        EXPECT_THAT(expect_done({"check", "--soc", entry.path().string()}).out, HasSubstr(": ok, "));
    }
}

TEST(ConfigSchema, DescribesPhonesAndWorkloads) {
    const Outcome soc = expect_done({"config", "schema"});
    EXPECT_THAT(soc.out, StartsWith("## Phone\n"));
    EXPECT_THAT(soc.out, HasSubstr("| `host.time_per_evaluation` | time (fs, ps, ns, us, ms, s) | required |"));
    EXPECT_EQ(soc.out, expect_done({"config", "schema", "soc"}).out);
    EXPECT_THAT(expect_done({"config", "schema", "workload"}).out,
                HasSubstr("| `max_tokens` | integer | optional | 1 to 1048576 |"));
}

TEST(ConfigResolve, IsLoadedAgainAndEqual) {
    const TemporaryDirectory work;
    std::vector<std::filesystem::path> files;
    for (const char* const folder : {"/configs/soc", "/configs/workloads"}) {
        for (const auto& entry : std::filesystem::directory_iterator(HANDSET_SOURCE_DIR + std::string(folder))) {
            if (entry.path().extension() == ".yaml") {
                files.push_back(entry.path());
            }
        }
    }
    ASSERT_GE(files.size(), 5U);
    for (const std::filesystem::path& file : files) {
        const std::string once = expect_done({"config", "resolve", file.string()}).out;
        const std::string twice = expect_done({"config", "resolve", work.write("once.yaml", once)}).out;
        EXPECT_EQ(once, twice) << file;
    }
}

TEST(ConfigResolve, ResolvedPhoneAndWorkloadGiveTheSameCounters) {
    const TemporaryDirectory work;
    const std::string soc = work.write("soc.yaml", expect_done({"config", "resolve", kPhone}).out);
    const std::string workload = work.write(
        "workload.yaml", expect_done({"config", "resolve", kWorkload, "--set", "workload.max_tokens=3"}).out);
    expect_done(short_run({"-o", work.file("a.h5")}));
    expect_done({"run", "--soc", soc, "--workload", workload, "-o", work.file("b.h5")});
    expect_done({"compare", work.file("a.h5"), work.file("b.h5")});
}

TEST(ConfigResolve, AppliesOverrides) {
    EXPECT_THAT(expect_done({"config", "resolve", kPhone, "--set", "dram.channels=2"}).out, HasSubstr("channels: 2\n"));
    EXPECT_THAT(expect_done({"config", "resolve", kWorkload, "--set", "workload.max_tokens=7"}).out,
                HasSubstr("max_tokens: 7\n"));
}

TEST(List, EveryKindNamesItsEntries) {
    const std::vector<std::pair<std::string, std::string>> kinds{
        {"devices", "npu "}, {"policies", "heft "}, {"kernels", "matmul "}, {"formats", "q8_0 "}, {"models", "llama "}};
    for (const auto& [kind, entry] : kinds) {
        EXPECT_THAT("\n" + expect_done({"list", kind}).out, HasSubstr("\n" + entry));
    }
}

TEST(List, ModelsShowsTheShapesOfAFolder) {
    const std::string out = expect_done({"list", "models"}).out;
    EXPECT_THAT(out,
                HasSubstr("configs/models/gemma_2b.yaml       2.51 B parameters; 18 layers of 2048, heads 8 on 1 of "
                          "256, ffn 16384, vocabulary 256000 (tied)\n"));
    EXPECT_THAT(out, HasSubstr("vocabulary 32000, window 4096\n"));
    const TemporaryDirectory work;
    const std::string file = work.write("bad.yaml", "layers: 0\n");
    const Outcome bad = handset({"list", "models", "--shapes", work.path()});
    EXPECT_EQ(bad.code, 2);
    EXPECT_THAT(bad.err, HasSubstr(file));
    const Outcome none = handset({"list", "models", "--shapes", work.file("none")});
    EXPECT_EQ(none.code, 2);
    EXPECT_THAT(none.err, HasSubstr("there is no folder '" + work.file("none") + "'"));
}

TEST(Show, RepeatsTheRunAndWhereTimeWent) {
    const TemporaryDirectory work;
    const Outcome run = expect_done(short_run({"-q", "-o", work.file("x.h5")}));
    const Outcome shown = expect_done({"show", work.file("x.h5")});
    EXPECT_EQ(shown.err, "");
    const std::string text = run.out.substr(0, run.out.find('\n'));
    EXPECT_THAT(shown.out, StartsWith(text + "\n\n"));
    EXPECT_THAT(shown.out, HasSubstr("time to first token"));
    EXPECT_THAT(shown.out, HasSubstr("matmul"));
}

TEST(Help, EveryVerbHasAnExample) {
    const std::vector<std::vector<std::string>> verbs{{"run"},   {"check"}, {"config", "schema"}, {"config", "resolve"},
                                                      {"list"},  {"show"},  {"compare"},          {"sweep"},
                                                      {"merge"}, {"study"}};
    for (std::vector<std::string> verb : verbs) {
        verb.emplace_back("--help");
        const Outcome outcome = expect_done(verb);
        EXPECT_THAT(outcome.out, HasSubstr("Example:\n  handset " + verb.front())) << verb.front();
        EXPECT_EQ(outcome.err, "");
    }
}

TEST(Help, DocumentsTheExitCodes) {
    EXPECT_THAT(expect_done({"--help"}).out, HasSubstr("Exit codes: 0 done; 1 a comparison or study is outside its "
                                                       "tolerance; 2 wrong input; 3 internal error; 4 the simulated "
                                                       "phone ran out of memory."));
}

TEST(Version, IsOneLineOnStdout) {
    const Outcome outcome = expect_done({"--version"});
    EXPECT_THAT(outcome.out, ::testing::MatchesRegex("handset [0-9]+\\.[0-9]+\\.[0-9]+\n"));
    EXPECT_EQ(outcome.err, "");
}

}  // namespace
}  // namespace handset::test
