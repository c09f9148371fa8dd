// SPDX-License-Identifier: Apache-2.0
// `handset compare` as a regression gate: tolerances, reports, acceptance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

/// Reads a JUnit file with a real parser and checks it against what junit-10.xsd of Jenkins asks for.
constexpr const char* kReadJunit = R"(
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites" and set(root.attrib) == {"tests", "failures", "errors"}, root.attrib
for suite in root:
    assert suite.tag == "testsuite" and suite.get("name"), suite.attrib
    cases = list(suite)
    assert all(case.tag == "testcase" and set(case.attrib) == {"classname", "name"} for case in cases)
    assert len({case.get("name") for case in cases}) == len(cases) == int(suite.get("tests"))
    for case in cases:
        assert [child.tag for child in case] in ([], ["failure"], ["system-out"], ["failure", "system-out"])
    failures = [case.get("name") for case in cases if case.find("failure") is not None]
    assert len(failures) == int(suite.get("failures")) == int(root.get("failures"))
print(len(failures), *failures)
)";

class CompareVerb : public ::testing::Test {
  protected:
    std::string result(const std::string& name, const std::vector<std::string>& more) const {
        std::vector<std::string> arguments = short_run({"-q", "-o", work_.file(name)});
        arguments.insert(arguments.end(), more.begin(), more.end());
        expect_done(arguments);
        return work_.file(name);
    }

    /// Number and names of the failed cases of a JUnit file.
    static std::string failures(const std::string& file) {
        const Outcome outcome = run_program("/usr/bin/python3", {"-c", kReadJunit, file});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return outcome.out;
    }

    TemporaryDirectory work_;
};

TEST_F(CompareVerb, EqualResultsPass) {
    const std::string a = result("a.h5", {});
    const std::string junit = work_.file("reports/junit.xml");
    const Outcome outcome = handset({"compare", a, result("b.h5", {}), "--junit", junit});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(" 0 changed, 0 missing, 0 new\n"));
    EXPECT_EQ(failures(junit), "0\n");
}

TEST_F(CompareVerb, FewerChannelsDiffer) {
    const std::string junit = work_.file("junit.xml");
    const Outcome outcome =
        handset({"compare", result("a.h5", {}), result("b.h5", {"--set", "dram.channels=2"}), "--junit", junit});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.out, StartsWith("DIFFERENT: "));
    EXPECT_THAT(outcome.out, HasSubstr("\ninputs that differ\n  config_hash"));
    EXPECT_THAT(outcome.err, "");
    EXPECT_THAT(failures(junit), AllOf(HasSubstr(" dram"), Not(HasSubstr(" l2")), Not(HasSubstr("tokens"))));
}

TEST_F(CompareVerb, MissingAndNewCountersAreReportedApart) {
    const std::string a = result("a.h5", {});
    const std::string b = result("b.h5", {"--set", "npu1={kind: npu, downstream: noc, include: " HANDSET_SOURCE_DIR
                                                   "/configs/parts/npu_hexagon_v73.yaml}"});
    const Outcome added = handset({"compare", a, b});
    EXPECT_THAT(added.out, HasSubstr("\nnew (not in the baseline)\n  npu1."));
    EXPECT_THAT(added.out, Not(HasSubstr("\nmissing")));
    const Outcome missing = handset({"compare", b, a});
    EXPECT_EQ(missing.code, 1);
    EXPECT_THAT(missing.out, HasSubstr("\nmissing (in the baseline only)\n  npu1."));
    EXPECT_THAT(missing.out, Not(HasSubstr("\nnew")));
}

TEST_F(CompareVerb, TolerancesDecideTheExitCode) {
    const std::string a = result("a.h5", {});
    const std::string b = result("b.h5", {"--set", "npu0.call=301 us"});
    EXPECT_EQ(handset({"compare", a, b}).code, 1);
    const std::string wide = work_.write("wide.yaml", "rules:\n  - {path: '*', relative: 5 %}\n");
    const Outcome inside = expect_done({"compare", a, b, "--tolerances", wide});
    EXPECT_THAT(inside.out, StartsWith("same: "));
    EXPECT_THAT(inside.out, HasSubstr("\nparameters that differ\n  soc.components.npu0.call  300 us  -> 301 us\n"));
    EXPECT_THAT(inside.out, HasSubstr("\ninside their tolerance\n"));
    const std::string narrow = work_.write("narrow.yaml",
                                           "rules:\n  - {path: '*', relative: 5 %}\n  - {path: npu0.call_time, exact: "
                                           "true}\n  - {path: gone, exact: true}\n");
    const std::string junit = work_.file("junit.xml");
    const Outcome outside = handset({"compare", a, b, "--tolerances", narrow, "--junit", junit});
    EXPECT_EQ(outside.code, 1);
    EXPECT_THAT(outside.out, HasSubstr("\n" + narrow + ":4:5: 'gone' matches nothing\n"));
    EXPECT_EQ(failures(junit), "1 npu0\n");
}

TEST_F(CompareVerb, WrongTolerancesAreWrongInput) {
    const std::string a = result("a.h5", {});
    const auto error_of = [&](const std::string& rules) {
        const std::string file = work_.write("t.yaml", rules);
        const Outcome outcome = handset({"compare", a, a, "--tolerances", file});
        EXPECT_EQ(outcome.code, 2);
        EXPECT_EQ(outcome.out, "");
        EXPECT_THAT(outcome.err, StartsWith("handset: " + file + ":"));
        return outcome.err;
    };
    EXPECT_THAT(error_of("rule: []\n"), HasSubstr(":1:1: rule: unknown key 'rule', did you mean 'rules'?"));
    EXPECT_THAT(error_of("rules:\n  - {path: 'dram.bytes_*', absolute: 1 us}\n"),
                HasSubstr(":2:38: absolute: '1 us' is a time, expected a size"));
    EXPECT_THAT(handset({"compare", a, a, "--tolerances", work_.file("absent.yaml")}).err, HasSubstr("absent.yaml"));
}

TEST_F(CompareVerb, MarkdownIsWrittenForAComment) {
    const std::string comment = work_.file("new/comment.md");
    const Outcome outcome =
        handset({"compare", result("a.h5", {}), result("b.h5", {"--set", "dram.channels=2"}), "--markdown", comment});
    EXPECT_EQ(outcome.code, 1);
    const std::string text = read_text(comment);
    EXPECT_THAT(text, StartsWith("### handset compare: FAILED\n"));
    EXPECT_THAT(text, HasSubstr("| decode_rate | "));
    EXPECT_THAT(text, HasSubstr("\n<details><summary>dram: "));
    EXPECT_THAT(text, HasSubstr("| soc.components.dram.channels | 4 | 2 |"));
}

TEST_F(CompareVerb, ReportsReplaceOnlyReports) {
    const std::string a = result("a.h5", {});
    const std::string notes = work_.write("notes.md", "# mine\n");
    EXPECT_EQ(handset({"compare", a, a, "--markdown", notes}).code, 2);
    EXPECT_EQ(handset({"compare", a, a, "--junit", a}).code, 2);
    EXPECT_EQ(read_text(notes), "# mine\n");
    const std::string both = work_.file("both");
    EXPECT_THAT(handset({"compare", a, a, "--markdown", both, "--junit", both}).err, HasSubstr("cannot hold both"));
}

TEST_F(CompareVerb, AcceptMakesTheNewResultTheBaseline) {
    const std::string a = result("a.h5", {});
    const std::string b = result("b.h5", {"--set", "dram.channels=2"});
    const Outcome accepted = handset({"compare", a, b, "--accept"});
    EXPECT_EQ(accepted.code, 0);
    EXPECT_THAT(accepted.out, StartsWith("DIFFERENT: "));
    EXPECT_EQ(accepted.err, "accepted " + b + " as " + a + "\n");
    EXPECT_TRUE(read_text(a) == read_text(b));
    EXPECT_FALSE(std::filesystem::exists(a + ".part"));
    const std::string first = work_.file("new/first.h5");
    EXPECT_THAT(expect_done({"compare", first, b, "--accept"}).out, StartsWith("no baseline yet: "));
    EXPECT_TRUE(read_text(first) == read_text(b));
}

TEST_F(CompareVerb, AcceptRefusesWhatIsNoResult) {
    const std::string a = result("a.h5", {});
    const std::string good = read_text(a);
    EXPECT_EQ(handset({"compare", a, work_.write("text.h5", "no"), "--accept"}).code, 2);
    EXPECT_EQ(handset({"compare", work_.file("absent.h5"), work_.write("text.h5", "no"), "--accept"}).code, 2);
    EXPECT_FALSE(std::filesystem::exists(work_.file("absent.h5")));
    EXPECT_THAT(handset({"compare", a, a, "--accept"}).err, HasSubstr("are the same file"));
    EXPECT_EQ(handset({"compare", work_.write("notes.md", "# mine\n"), a, "--accept"}).code, 2);
    EXPECT_EQ(read_text(work_.file("notes.md")), "# mine\n");
    EXPECT_TRUE(read_text(a) == good);
}

}  // namespace
}  // namespace handset::test
