// SPDX-License-Identifier: Apache-2.0
#include "sim/results/compare.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/comparison_report.h"
#include "tests/unit/results/sample_result.h"

namespace handset {
namespace {

using ::testing::HasSubstr;

RunResult with_counters(Snapshot counters) {
    RunResult result;
    result.counters = std::move(counters);
    return result;
}

CounterValue bytes(const char* path, std::uint64_t value) {
    return {path, "B", CounterKind::sum, value};
}

std::vector<std::string> paths(const Comparison& comparison) {
    std::vector<std::string> out;
    for (const Difference& difference : comparison.changed) {
        out.push_back(difference.path);
    }
    return out;
}

TEST(Compare, RunEqualsItself) {
    const RunResult run = test::sample_result();
    const Comparison comparison = compare(run, run);
    EXPECT_TRUE(comparison.passed());
    EXPECT_EQ(comparison.equal, run.counters.size());
    EXPECT_EQ(comparison_text(comparison), "same: 24 counters equal, 0 changed, 0 missing, 0 new\n");
}

TEST(Compare, OneUnitIsADifferenceEvenBeyondFloatingPoint) {
    // 2^60 and 2^60 + 1 are the same double.
    const std::uint64_t big = std::uint64_t{1} << 60;
    const Comparison comparison = compare(with_counters({bytes("a.x", big)}), with_counters({bytes("a.x", big + 1)}));
    ASSERT_EQ(comparison.changed.size(), 1U);
    EXPECT_GT(comparison.changed[0].relative, 0);
    EXPECT_FALSE(comparison.passed());
    EXPECT_THAT(comparison_text(comparison), HasSubstr("+8.7e-17 %"));
}

TEST(Compare, LargestRelativeChangeComesFirst) {
    const Comparison comparison =
        compare(with_counters({bytes("a.big", 1000), bytes("a.half", 10), bytes("b.same", 7), bytes("c.zero", 0)}),
                with_counters({bytes("a.big", 1100), bytes("a.half", 5), bytes("b.same", 7), bytes("c.zero", 1)}));
    EXPECT_EQ(paths(comparison), (std::vector<std::string>{"c.zero", "a.half", "a.big"}));
    EXPECT_TRUE(std::isinf(comparison.changed[0].relative));
    EXPECT_DOUBLE_EQ(comparison.changed[1].relative, -0.5);
    EXPECT_DOUBLE_EQ(comparison.changed[2].relative, 0.1);
    EXPECT_EQ(comparison_text(comparison),
              "DIFFERENT: 1 counters equal, 3 changed, 0 missing, 0 new\n"
              "\nc\n"
              "  counter  base  now  change\n"
              "  c.zero      0  1 B  from 0\n"
              "\na\n"
              "  counter   base      now    change\n"
              "  a.half      10      5 B  -50.00 %\n"
              "  a.big    1,000  1,100 B  +10.00 %\n");
}

TEST(Compare, MissingFailsAndNewDoesNot) {
    const RunResult two = with_counters({bytes("a.x", 1), bytes("a.y", 2)});
    const RunResult one = with_counters({bytes("a.x", 1)});
    const Comparison lost = compare(two, one);
    EXPECT_FALSE(lost.passed());
    EXPECT_EQ(lost.missing, (Snapshot{bytes("a.y", 2)}));
    EXPECT_THAT(comparison_text(lost), HasSubstr("\nmissing (in the baseline only)\n  a.y  2 B\n"));
    const Comparison gained = compare(one, two);
    EXPECT_TRUE(gained.passed());
    EXPECT_EQ(gained.added, (Snapshot{bytes("a.y", 2)}));
    EXPECT_THAT(comparison_text(gained), HasSubstr("\nnew (not in the baseline)\n  a.y  2 B\n"));
}

TEST(Compare, CounterOfAnotherUnitIsAnotherCounter) {
    const Comparison comparison = compare(with_counters({{"a.x", "B", CounterKind::sum, 5}}),
                                          with_counters({{"a.x", "MAC", CounterKind::sum, 5}}));
    EXPECT_EQ(comparison.missing.size(), 1U);
    EXPECT_EQ(comparison.added.size(), 1U);
    EXPECT_EQ(comparison.equal, 0U);
}

TEST(Compare, OtherTokensFailAtTheirPosition) {
    RunResult base;
    base.tokens = {1, 2, 3};
    RunResult other;
    other.tokens = {1, 9, 3};
    RunResult shorter;
    shorter.tokens = {1, 2};
    EXPECT_EQ(compare(base, other).first_other_token, 1U);
    EXPECT_EQ(compare(base, shorter).first_other_token, 2U);
    EXPECT_FALSE(compare(base, shorter).passed());
    EXPECT_THAT(comparison_text(compare(base, other)), HasSubstr("generated tokens differ from position 1 on\n"));
}

TEST(Compare, OtherInputsAreToldButAreNoFailure) {
    RunResult base;
    base.attributes = {{"policy", "heft"}, {"seed", "1"}};
    RunResult now;
    now.attributes = {{"policy", "npu_cpu"}, {"git", "abc"}};
    const Comparison comparison = compare(base, now);
    EXPECT_TRUE(comparison.passed());
    EXPECT_THAT(comparison_text(comparison), HasSubstr("  policy  heft    -> npu_cpu\n"
                                                       "  seed    1       -> (none)\n"
                                                       "  git     (none)  -> abc\n"));
}

ToleranceRule relative(const char* path, Share share) {
    ToleranceRule rule;
    rule.path = path;
    rule.relative = share;
    return rule;
}

ToleranceRule absolute(const char* path, const char* amount) {
    ToleranceRule rule;
    rule.path = path;
    rule.absolute = amount;
    return rule;
}

ToleranceRule ignore(const char* path) {
    ToleranceRule rule;
    rule.path = path;
    rule.ignore = true;
    return rule;
}

constexpr Share kTwoPercent{20'000'000};

TEST(CompareWithTolerances, BandIsJudgedToTheLastUnit) {
    const RunResult base = with_counters({bytes("a.x", 1000)});
    const Tolerances two_percent({relative("a.*", kTwoPercent)});
    EXPECT_TRUE(compare(base, with_counters({bytes("a.x", 1020)}), two_percent).passed());
    EXPECT_TRUE(compare(base, with_counters({bytes("a.x", 980)}), two_percent).passed());
    EXPECT_FALSE(compare(base, with_counters({bytes("a.x", 1021)}), two_percent).passed());
    EXPECT_FALSE(compare(base, with_counters({bytes("a.x", 979)}), two_percent).passed());
    const Tolerances kib({absolute("a.*", "1 KiB")});
    EXPECT_TRUE(compare(base, with_counters({bytes("a.x", 2024)}), kib).passed());
    EXPECT_FALSE(compare(base, with_counters({bytes("a.x", 2025)}), kib).passed());
}

TEST(CompareWithTolerances, RelativeBandOfHugeCountersIsExact) {
    // 2 % of 2^63 is 184467440737095516.16: one more than its floor is outside, though the doubles are equal.
    const std::uint64_t big = std::uint64_t{1} << 63;
    const Tolerances two_percent({relative("*", kTwoPercent)});
    const RunResult base = with_counters({bytes("a.x", big)});
    EXPECT_TRUE(compare(base, with_counters({bytes("a.x", big + 184'467'440'737'095'516)}), two_percent).passed());
    EXPECT_FALSE(compare(base, with_counters({bytes("a.x", big + 184'467'440'737'095'517)}), two_percent).passed());
}

TEST(CompareWithTolerances, NothingGrowsFromZeroByAShare) {
    const Tolerances wide({relative("*", Share{1'000'000'000})});
    EXPECT_FALSE(compare(with_counters({bytes("a.x", 0)}), with_counters({bytes("a.x", 1)}), wide).passed());
}

TEST(CompareWithTolerances, InsideIsReportedApartAndIgnoredIsCounted) {
    const Comparison comparison =
        compare(with_counters({bytes("a.x", 100), bytes("b.gone", 1), bytes("b.y", 5), bytes("c.z", 7)}),
                with_counters({bytes("a.x", 101), bytes("b.y", 6), bytes("c.z", 7)}),
                Tolerances({relative("a.*", kTwoPercent), ignore("b.*")}));
    EXPECT_TRUE(comparison.passed());
    EXPECT_EQ(comparison_text(comparison),
              "same: 1 counters equal, 1 inside their tolerance, 0 changed, 0 missing, 0 new, 2 ignored\n"
              "\ninside their tolerance\n"
              "  counter  base    now   change  allowed\n"
              "  a.x       100  101 B  +1.00 %      2 %\n");
}

RunResult with_rate(double rate) {
    RunResult result = with_counters({bytes("a.x", 1)});
    result.summary = {{"decode_rate", "token/s", rate}};
    return result;
}

TEST(CompareWithTolerances, MetricIsContextUntilARuleNamesIt) {
    const Comparison context =
        compare(with_rate(10), with_rate(9), Tolerances({relative("*", Share{1}), relative("summary.x", Share{1})}));
    EXPECT_TRUE(context.passed());
    EXPECT_THAT(comparison_text(context),
                HasSubstr("\nsummary\n  decode_rate  10.00 token/s  9.000 token/s  -10.00 %\n"));
    const Comparison judged = compare(with_rate(10), with_rate(9), Tolerances({relative("summary.*", kTwoPercent)}));
    EXPECT_FALSE(judged.passed());
    EXPECT_THAT(comparison_text(judged), HasSubstr("-10.00 %  OUTSIDE, allowed 2 %\n"));
    EXPECT_THAT(comparison_junit(judged), HasSubstr("name=\"summary\">\n      <failure message=\"1 metrics outside"));
    EXPECT_TRUE(
        compare(with_rate(10), with_rate(9), Tolerances({absolute("summary.decode_rate", "1 token/s")})).passed());
}

TEST(CompareWithTolerances, JudgedMetricThatIsGoneFails) {
    const Comparison gone = compare(with_rate(10), with_counters({bytes("a.x", 1)}),
                                    Tolerances({relative("summary.decode_rate", kTwoPercent)}));
    EXPECT_FALSE(gone.passed());
    EXPECT_THAT(comparison_text(gone), HasSubstr("  decode_rate  10.00 token/s  (none)    OUTSIDE, allowed 2 %\n"));
}

TEST(CompareWithTolerances, OnlyARuleForTokensLetsThemGo) {
    RunResult base;
    base.tokens = {1};
    const RunResult other;
    EXPECT_FALSE(compare(base, other, Tolerances({ignore("*")})).passed());
    EXPECT_TRUE(compare(base, other, Tolerances({ignore("tokens")})).passed());
}

TEST(Compare, ParametersThatDifferAreNamedByPath) {
    RunResult base;
    base.resolved_yaml = "soc:\n  npu0: {rows: 64, formats: [int8, fp16]}\n";
    RunResult now;
    now.resolved_yaml = "soc:\n  npu0: {rows: 32, formats: [int8], cols: 8}\n";
    EXPECT_THAT(comparison_text(compare(base, now)), HasSubstr("\nparameters that differ\n"
                                                               "  soc.npu0.rows       64      -> 32\n"
                                                               "  soc.npu0.formats.1  fp16    -> (none)\n"
                                                               "  soc.npu0.cols       (none)  -> 8\n"));
}

TEST(Compare, MarkdownIsShortAndFoldsTheRest) {
    Snapshot many{bytes("b.gone", 4)};
    Snapshot more;
    for (std::uint64_t i = 0; i < 20; ++i) {
        many.insert(many.begin() + static_cast<std::ptrdiff_t>(i), bytes(("a.x" + std::to_string(10 + i)).c_str(), 1));
        more.push_back(bytes(("a.x" + std::to_string(10 + i)).c_str(), 2));
    }
    RunResult base = with_counters(many);
    base.attributes = {{"prompt", "a|b <b>\nc"}};
    const std::string text = comparison_markdown(compare(base, with_counters(more)), "base.h5", "out/new.h5");
    EXPECT_THAT(text,
                HasSubstr("### handset compare: FAILED\n\nout/new.h5 (new) against base.h5 (accepted). 0 counters "
                          "equal, 20 changed, 1 missing, 0 new.\n"));
    EXPECT_THAT(text, HasSubstr("<details><summary>a: 20 changes, largest +100.00 %</summary>\n\n"
                                "| counter | base | now | unit | change | allowed |\n"
                                "|:---|---:|---:|---:|---:|---:|\n| a.x10 | 1 | 2 | B | +100.00 % | none |\n"));
    EXPECT_THAT(text, HasSubstr("\nand 5 more\n"));
    EXPECT_THAT(text, HasSubstr("<summary>1 counter missing</summary>"));
    EXPECT_THAT(text, HasSubstr("| prompt | a&#124;b &#60;b&#62; c |  |\n"));
}

TEST(Compare, MarkdownOfAnythingFitsAComment) {
    Snapshot before;
    Snapshot after;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        before.push_back(bytes(
            ("dev" + std::to_string(10'000 + i / 50) + ".counter" + std::to_string(100 + i % 50)).c_str(), UINT64_MAX));
        after.push_back(before.back());
        after.back().value = i + 1;
    }
    EXPECT_LT(comparison_markdown(compare(with_counters(before), with_counters(after)), "a", "b").size(), 65'536U);
}

TEST(Compare, JunitHasOneCasePerComponent) {
    const Comparison comparison = compare(with_counters({bytes("a<b.x", 1), bytes("c.gone", 4), bytes("d.same", 2)}),
                                          with_counters({bytes("a<b.x", 2), bytes("d.more", 3), bytes("d.same", 2)}));
    EXPECT_EQ(comparison_junit(comparison),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<testsuites tests=\"5\" failures=\"2\" errors=\"0\">\n"
              "  <testsuite name=\"handset compare\" tests=\"5\" failures=\"2\" errors=\"0\">\n"
              "    <testcase classname=\"handset.compare\" name=\"a&lt;b\">\n"
              "      <failure message=\"1 changed, 0 missing\" type=\"difference\">  counter  base  now     change\n"
              "  a&lt;b.x       1  2 B  +100.00 %\n"
              "</failure>\n"
              "    </testcase>\n"
              "    <testcase classname=\"handset.compare\" name=\"c\">\n"
              "      <failure message=\"0 changed, 1 missing\" type=\"difference\">missing\n  c.gone  4 B\n</failure>\n"
              "    </testcase>\n"
              "    <testcase classname=\"handset.compare\" name=\"d\">\n"
              "      <system-out>new\n  d.more  3 B\n</system-out>\n"
              "    </testcase>\n"
              "    <testcase classname=\"handset.compare\" name=\"summary\"/>\n"
              "    <testcase classname=\"handset.compare\" name=\"generated tokens\"/>\n"
              "  </testsuite>\n"
              "</testsuites>\n");
}

}  // namespace
}  // namespace handset
