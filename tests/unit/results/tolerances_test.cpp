// SPDX-License-Identifier: Apache-2.0
#include "sim/results/tolerances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset {
namespace {

using test::config_error;
using test::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ToleranceFile : public ::testing::Test {
  protected:
    Tolerances load(const std::string& rules) { return load_tolerances(file_of(rules)); }
    std::string file_of(const std::string& rules) { return directory_.write("t.yaml", "rules:\n" + rules); }

    TemporaryDirectory directory_;
};

TEST(Pattern, StarIsAnyRunOfCharactersAndQuestionMarkIsOne) {
    EXPECT_TRUE(matches_pattern("dram.*", "dram.energy_io"));
    EXPECT_TRUE(matches_pattern("*.energy_*", "npu0.core.energy_idle"));
    EXPECT_TRUE(matches_pattern("npu?.macs", "npu1.macs"));
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("*a*b*", "xaxbxabx"));
    EXPECT_FALSE(matches_pattern("npu?.macs", "npu.macs"));
    EXPECT_FALSE(matches_pattern("dram.*", "sdram.reads"));
    EXPECT_FALSE(matches_pattern("dram", "dram.reads"));
    EXPECT_FALSE(matches_pattern("", "a"));
    // Exponential in a naive matcher.
    EXPECT_FALSE(matches_pattern("*a*a*a*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

TEST_F(ToleranceFile, LastRuleThatMatchesWins) {
    const Tolerances rules = load(
        "  - {path: '*', relative: 2 %}\n"
        "  - {path: 'dram.*', absolute: 10 us}\n"
        "  - {path: 'dram.macs', exact: true}\n");
    EXPECT_EQ(rules.for_counter("npu0.busy_time", "fs").text, "2 %");
    EXPECT_EQ(rules.for_counter("dram.busy_time", "fs").text, "10 us");
    EXPECT_EQ(rules.for_counter("dram.busy_time", "fs").count, 10'000'000'000U);
    EXPECT_EQ(rules.for_counter("dram.macs", "MAC").kind, Band::Kind::exact);
    EXPECT_EQ(Tolerances().for_counter("dram.macs", "MAC").kind, Band::Kind::exact);
}

TEST_F(ToleranceFile, AbsoluteAmountsTakeTheUnitOfWhatTheyMatch) {
    const Tolerances rules = load(
        "  - {path: 'a.reads', absolute: 4 events}\n"
        "  - {path: 'summary.total_time', absolute: 1.5 ms}\n"
        "  - {path: 'summary.utilisation.*', absolute: 1 %}\n"
        "  - {path: 'summary.decode_rate', absolute: 0.5 token/s}\n");
    EXPECT_EQ(rules.for_counter("a.reads", "1").count, 4U);
    EXPECT_DOUBLE_EQ(rules.for_metric("total_time", "s")->amount, 0.0015);
    EXPECT_DOUBLE_EQ(rules.for_metric("utilisation.npu0", "1")->amount, 0.01);
    EXPECT_DOUBLE_EQ(rules.for_metric("decode_rate", "token/s")->amount, 0.5);
    EXPECT_EQ(rules.for_metric("energy", "J"), std::nullopt);
}

TEST_F(ToleranceFile, WrongUnitIsToldWhereTheAmountStands) {
    const Tolerances rules = load(
        "  - {path: 'dram.*', absolute: 10 us}\n"
        "  - {path: 'summary.*', absolute: 3 J}\n");
    const std::string file = directory_.file("t.yaml");
    EXPECT_EQ(config_error([&] { (void)rules.for_counter("dram.bytes_read", "B"); }),
              file +
                  ":2:32: absolute: '10 us' is a time, expected a size (units: B, KiB, MiB, GiB, TiB), as 'dram.*' "
                  "matches dram.bytes_read");
    EXPECT_EQ(config_error([&] { (void)rules.for_metric("decode_rate", "token/s"); }),
              file + ":3:35: absolute: '3 J' is no amount in token/s, as 'summary.*' matches summary.decode_rate");
}

TEST_F(ToleranceFile, RulesThatMatchNothingAreNamed) {
    const Tolerances rules = load(
        "  - {path: 'drma.*', exact: true}\n"
        "  - {path: 'dram.*', exact: true}\n");
    EXPECT_THAT(rules.idle_rules({"dram.reads"}),
                ElementsAre(directory_.file("t.yaml") + ":2:5: 'drma.*' matches nothing"));
}

struct BadRule {
    const char* rule;
    const char* expected;
};

class BadToleranceFile : public ToleranceFile, public ::testing::WithParamInterface<BadRule> {};

TEST_P(BadToleranceFile, IsRefusedWithItsPlace) {
    const std::string message = config_error([&] { (void)load(std::string("  - ") + GetParam().rule + "\n"); });
    EXPECT_THAT(message, HasSubstr(directory_.file("t.yaml") + ":2:"));
    EXPECT_THAT(message, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BadToleranceFile,
    ::testing::Values(BadRule{"{relative: 2 %}", "rules.0.path: required key is missing"},
                      BadRule{"{path: ''  , exact: true}", "rules.0.path: is empty"},
                      BadRule{"{path: a}", "expected one of relative, absolute, ignore: true and exact: true"},
                      BadRule{"{path: a, relative: 1 %, ignore: true}", "expected one of relative, absolute"},
                      BadRule{"{path: a, relative: 0.02}", "rules.0.relative: '0.02' has no unit, expected a share"},
                      BadRule{"{path: a, relative: 2 us}", "rules.0.relative: '2 us' is a time, expected a share"},
                      BadRule{"{path: a, relative: -2 %}", "rules.0.relative"},
                      BadRule{"{path: a, absolute: 10}", "rules.0.absolute: '10' is no amount with a unit"},
                      BadRule{"{path: a, absolute: fast}", "rules.0.absolute: 'fast' is no amount with a unit"},
                      BadRule{"{path: a, ignored: true}", "unknown key 'ignored', did you mean 'ignore'?"},
                      BadRule{"{path: tokens, relative: 1 %}", "tokens are equal or not"}));

TEST_F(ToleranceFile, AllProblemsAreReportedTogether) {
    const std::string message = config_error([&] { (void)load("  - {path: a}\n  - {path: b, absolute: x}\n"); });
    EXPECT_THAT(message, HasSubstr("t.yaml:2:"));
    EXPECT_THAT(message, HasSubstr("t.yaml:3:"));
}

}  // namespace
}  // namespace handset
