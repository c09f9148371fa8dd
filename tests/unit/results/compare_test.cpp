// SPDX-License-Identifier: Apache-2.0
#include "sim/results/compare.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(Compare, JunitHasOneCasePerComponent) {
    const Comparison comparison = compare(with_counters({bytes("a<b.x", 1), bytes("c.gone", 4), bytes("d.same", 2)}),
                                          with_counters({bytes("a<b.x", 2), bytes("d.more", 3), bytes("d.same", 2)}));
    EXPECT_EQ(comparison_junit(comparison),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<testsuites tests=\"4\" failures=\"2\">\n"
              "  <testsuite name=\"handset compare\" tests=\"4\" failures=\"2\">\n"
              "    <testcase classname=\"handset.compare\" name=\"a&lt;b\">\n"
              "      <failure message=\"1 changed, 0 missing\">  counter  base  now     change\n"
              "  a&lt;b.x       1  2 B  +100.00 %\n"
              "</failure>\n"
              "    </testcase>\n"
              "    <testcase classname=\"handset.compare\" name=\"c\">\n"
              "      <failure message=\"0 changed, 1 missing\">missing\n  c.gone  4 B\n</failure>\n"
              "    </testcase>\n"
              "    <testcase classname=\"handset.compare\" name=\"d\">\n"
              "      <system-out>new\n  d.more  3 B\n</system-out>\n"
              "    </testcase>\n"
              "    <testcase classname=\"handset.compare\" name=\"generated tokens\"/>\n"
              "  </testsuite>\n"
              "</testsuites>\n");
}

}  // namespace
}  // namespace handset
