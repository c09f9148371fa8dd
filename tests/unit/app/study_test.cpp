// SPDX-License-Identifier: Apache-2.0
// Expressions of studies and the comparison with published figures.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/app/study_expression.h"
#include "sim/app/study_figures.h"
#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset::test {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<double> look_up(const std::string& reference) {
    return reference == "p.*.s.c.t" ? std::vector<double>{2, 8} : std::vector<double>{3};
}

double value_of(const std::string& text) {
    const std::vector<double> values = Expression(text).evaluate(look_up);
    return values.size() == 1 ? values.front() : std::numeric_limits<double>::quiet_NaN();
}

TEST(StudyExpression, FollowsPrecedenceAndBrackets) {
    EXPECT_DOUBLE_EQ(value_of("1 + 2 * 3"), 7);
    EXPECT_DOUBLE_EQ(value_of("(1 + 2) * 3"), 9);
    EXPECT_DOUBLE_EQ(value_of("8 / 4 / 2"), 1);
    EXPECT_DOUBLE_EQ(value_of("5 - 2 - 1"), 2);
    EXPECT_DOUBLE_EQ(value_of("-2 * -3"), 6);
    EXPECT_DOUBLE_EQ(value_of("1e-3 * 2"), 0.002);
}

TEST(StudyExpression, ReadsReferencesAndFunctions) {
    EXPECT_DOUBLE_EQ(value_of("p.m.s.c.t / 2"), 1.5);
    EXPECT_DOUBLE_EQ(value_of("mean(1, 2, p.m.s.c.t)"), 2);
    EXPECT_DOUBLE_EQ(value_of("geomean(2, 8)"), 4);
    EXPECT_DOUBLE_EQ(value_of("min(4, 3) + max(1, 2)"), 5);
    EXPECT_THAT(Expression("a.b.c.d.e / mean(a.*.c.d.e, 1)").references(), ElementsAre("a.b.c.d.e", "a.*.c.d.e"));
}

TEST(StudyExpression, WildcardsGiveListsThatGoElementByElement) {
    EXPECT_THAT(Expression("p.*.s.c.t / 2").evaluate(look_up), ElementsAre(1, 4));
    EXPECT_THAT(Expression("p.*.s.c.t * p.*.s.c.t").evaluate(look_up), ElementsAre(4, 64));
    EXPECT_DOUBLE_EQ(value_of("geomean(p.*.s.c.t)"), 4);
}

TEST(StudyExpression, MissingValueIsNotLostInAMinimum) {
    const auto lookup = [](const std::string&) {
        return std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 1};
    };
    EXPECT_TRUE(std::isnan(Expression("min(a.*.b.c.d)").evaluate(lookup).front()));
}

TEST(StudyExpression, NonsenseIsRefusedWithItsColumn) {
    const auto message = [](const std::string& text) { return config_error([&] { (void)Expression(text); }); };
    EXPECT_THAT(message("1 +"), HasSubstr("expected a value at column 4"));
    EXPECT_THAT(message("(1"), HasSubstr("expected ')' at column 3"));
    EXPECT_THAT(message("1 2"), HasSubstr("unexpected '2' at column 3"));
    EXPECT_THAT(message("a..b"), HasSubstr("a name is incomplete at column 3"));
    EXPECT_THAT(message("meen(1)"), HasSubstr("unknown function 'meen', did you mean 'mean'?"));
    EXPECT_THAT(message("$"), HasSubstr("expected a value, got '$' at column 1"));
    EXPECT_THAT(message(std::string(100, '(')), HasSubstr("nested too deeply"));
    EXPECT_THAT(message(""), HasSubstr("expected a value"));
}

TEST(StudyExpression, ListsOfDifferentLengthsAreRefused) {
    const auto lookup = [](const std::string& name) { return std::vector<double>(name == "a.b" ? 2 : 3, 1.0); };
    EXPECT_THAT(config_error([&] { (void)Expression("a.b + c.d").evaluate(lookup); }),
                HasSubstr("lists of 2 and 3 values cannot be combined"));
}

FigureConfig figure(FigureKind kind, std::vector<double> published, const std::string& tolerance = "25 %") {
    FigureConfig config;
    config.id = "f";
    config.kind = kind;
    config.published = std::move(published);
    config.tolerance = tolerance;
    return config;
}

std::string verdict_of(const FigureConfig& config, const std::vector<double>& values) {
    return compare_figure(config, values).verdict;
}

TEST(Figure, AbsoluteIsInsideUpToItsTolerance) {
    const FigureConfig ten = figure(FigureKind::absolute, {10});
    EXPECT_EQ(verdict_of(ten, {12.5}), verdict::kOk);
    EXPECT_EQ(verdict_of(ten, {12.51}), verdict::kOutside);
    EXPECT_EQ(verdict_of(ten, {7.5}), verdict::kOk);
    EXPECT_EQ(verdict_of(ten, {7.49}), verdict::kOutside);
    EXPECT_DOUBLE_EQ(compare_figure(ten, {12}).ratio, 1.2);
}

TEST(Figure, RangeIsWidenedByItsTolerance) {
    const FigureConfig range = figure(FigureKind::range, {10, 20}, "10 %");
    EXPECT_EQ(verdict_of(range, {9, 15, 22}), verdict::kOk);
    EXPECT_EQ(verdict_of(range, {8.9}), verdict::kOutside);
    EXPECT_EQ(verdict_of(range, {22.1}), verdict::kOutside);
    EXPECT_DOUBLE_EQ(compare_figure(range, {15}).ratio, 1);
    EXPECT_DOUBLE_EQ(compare_figure(range, {15, 5}).ratio, 0.5);
}

TEST(Figure, OrderIsFallingOrAsPublished) {
    const FigureConfig falling = figure(FigureKind::order, {});
    EXPECT_EQ(verdict_of(falling, {3, 2, 1}), verdict::kOk);
    EXPECT_EQ(verdict_of(falling, {3, 1, 2}), verdict::kOutside);
    EXPECT_EQ(verdict_of(falling, {3, 3, 1}), verdict::kOutside) << "equal values have no order";
    const FigureConfig published = figure(FigureKind::order, {46, 18, 91});
    EXPECT_EQ(verdict_of(published, {2, 1, 3}), verdict::kOk);
    EXPECT_EQ(verdict_of(published, {1, 2, 3}), verdict::kOutside);
}

TEST(Figure, ShapeComparesValuesDividedByTheFirst) {
    const FigureConfig shape = figure(FigureKind::shape, {10, 20, 40}, "10 %");
    EXPECT_EQ(verdict_of(shape, {1, 2.2, 3.6}), verdict::kOk);
    EXPECT_EQ(verdict_of(shape, {1, 2.3, 4}), verdict::kOutside);
    EXPECT_DOUBLE_EQ(compare_figure(shape, {1, 2, 2}).ratio, 0.5);
}

TEST(Figure, KnownDeviationIsAnErrorOnceItAgrees) {
    FigureConfig config = figure(FigureKind::ratio, {10});
    config.expect = FigureExpectation::deviates;
    EXPECT_EQ(verdict_of(config, {20}), verdict::kDeviation);
    EXPECT_FALSE(fails(compare_figure(config, {20})));
    EXPECT_EQ(verdict_of(config, {10}), verdict::kAgreesNow);
    EXPECT_TRUE(fails(compare_figure(config, {10})));
}

TEST(Figure, MissingRunIsNoResult) {
    const FigureRow row = compare_figure(figure(FigureKind::ratio, {10}), {std::numeric_limits<double>::quiet_NaN()});
    EXPECT_EQ(row.verdict, verdict::kNoResult);
    EXPECT_TRUE(fails(row));
}

TEST(Figure, WrongNumberOfValuesIsAnError) {
    EXPECT_THAT(config_error([] {
                    (void)compare_figure(figure(FigureKind::ratio, {10}), {1, 2});
                }),
                HasSubstr("expected one value, the expressions give 2"));
    EXPECT_THAT(config_error([] {
                    (void)compare_figure(figure(FigureKind::shape, {1, 2}), {1});
                }),
                HasSubstr("expected 2 values, the expressions give 1"));
}

const std::string kHead = R"(name: s
title: a study
source: nobody
phones: {p: p.yaml}
models: {m: m.yaml, n: n.yaml}
systems: {fast: {workload: {policy: heft, sampling: {seed: 3}}}, slow: {soc: {cpu0.clusters: [1, 2]}}}
cases: {c: {}}
)";

StudyConfig study_of(const std::string& lines) {
    const TemporaryDirectory work;
    return load_study(work.write("s.yaml", kHead + lines));
}

TEST(StudyFile, RunsAreCombinationsEachOnce) {
    const StudyConfig study = study_of("runs: [{models: [n], systems: [slow]}, {systems: [slow, fast]}]\nfigures: []");
    std::vector<std::string> ids;
    for (const StudyRun& run : runs_of(study)) {
        ids.push_back(run.id);
    }
    EXPECT_THAT(ids, ElementsAre("p.n.slow.c", "p.m.slow.c", "p.m.fast.c", "p.n.fast.c"));
}

TEST(StudyFile, NestedChangesBecomePaths) {
    const StudyConfig study = study_of("runs: [{}]\nfigures: []");
    EXPECT_EQ(study.systems.at("fast").workload.at("sampling.seed"), "3");
    EXPECT_EQ(study.systems.at("slow").soc.at("cpu0.clusters"), "[\"1\", \"2\"]");
}

TEST(StudyFile, ProblemsNameTheNearest) {
    const auto message = [](const std::string& lines) { return config_error([&] { (void)study_of(lines); }); };
    const std::string figure = "kind: ratio, published: 1, source: here}]";
    EXPECT_THAT(message("runs: [{systems: [fas]}]\nfigures: []"),
                HasSubstr("unknown system 'fas', did you mean 'fast'?"));
    EXPECT_THAT(message("runs: [{}]\nfigures: [{id: a, value: p.m.fats.c.t, " + figure),
                HasSubstr("figures: 'a': unknown run 'p.m.fats.c', did you mean 'p.m.fast.c'?"));
    EXPECT_THAT(message("runs: [{}]\nfigures: [{id: a, value: p.m.t, " + figure),
                HasSubstr("'p.m.t' is not phone.model.system.case.metric"));
    EXPECT_THAT(message("runs: [{}]\nfigures: [{id: a, value: 1, expect: deviates, " + figure),
                HasSubstr("a figure that is expected to deviate says why"));
    EXPECT_THAT(message("runs: [{}]\nfigures: [{id: a, value: 1, tolerance: 3, " + figure),
                HasSubstr("'3' is not a percentage such as '25 %'"));
    EXPECT_THAT(message("runs: [{}]\nfigures: [{id: a, value: 1, kind: range, published: 1, source: here}]"),
                HasSubstr("expected [low, high], got 1"));
    EXPECT_THAT(message("runs: []\nfigures: []"), HasSubstr("there is nothing to run"));
}

}  // namespace
}  // namespace handset::test
