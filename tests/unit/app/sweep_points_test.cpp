// SPDX-License-Identifier: Apache-2.0
// Which points a sweep has: values of ranges, combinations, conditions and samples.
#include "sim/app/sweep_points.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Texts = std::vector<std::string>;

/// A sweep with these lines below its fixed head.
SweepGrid grid_of(const std::string& lines) {
    const TemporaryDirectory work;
    return expand(load_sweep(work.write("s.yaml", "name: s\nsoc: p.yaml\nworkload: w.yaml\n" + lines)));
}

std::string message_of(const std::string& lines) {
    return config_error([&] { (void)grid_of(lines); });
}

TEST(Axis, StepKeepsTheEndItMeets) {
    EXPECT_THAT(stepped_values("8", "32", "8"), ElementsAre("8", "16", "24", "32"));
    EXPECT_THAT(stepped_values("8", "31", "8"), ElementsAre("8", "16", "24"));
}

TEST(Axis, StepOfDecimalsIsExact) {
    EXPECT_THAT(stepped_values("0.1", "0.3", "0.1"), ElementsAre("0.1", "0.2", "0.3"));
}

TEST(Axis, StepOfQuantitiesKeepsTheirUnit) {
    EXPECT_THAT(stepped_values("512 KiB", "1.5 MiB", "512 KiB"), ElementsAre("512 KiB", "1 MiB", "1.5 MiB"));
}

TEST(Axis, LogRangeOfWholeNumbersIsRounded) {
    EXPECT_THAT(spaced_values("8", "128", 5, AxisScale::log), ElementsAre("8", "16", "32", "64", "128"));
    // 10^(1/2) = 3.16
    EXPECT_THAT(spaced_values("1", "10", 3, AxisScale::log), ElementsAre("1", "3", "10"));
}

TEST(Axis, LogRangeLosesValuesThatRoundToTheSame) {
    EXPECT_THAT(spaced_values("1", "2", 5, AxisScale::log), ElementsAre("1", "2"));
}

TEST(Axis, LinearRangeOfQuantitiesHasBothEnds) {
    EXPECT_THAT(spaced_values("1 GHz", "2 GHz", 3, AxisScale::linear), ElementsAre("1 GHz", "1.5 GHz", "2 GHz"));
}

TEST(Axis, QuantitiesBecomeNumbersInTheUnitsOfTables) {
    const SweepAxis axis = axis_of("t", {"18 ns", "1 us"});
    EXPECT_EQ(axis.unit, "s");
    EXPECT_DOUBLE_EQ(axis_value(axis, "18 ns").number, 18e-9);
    EXPECT_EQ(axis_of("m", {"2 KiB"}).unit, "B");
    EXPECT_DOUBLE_EQ(axis_value(axis_of("m", {"2 KiB"}), "2 KiB").number, 2048);
}

TEST(Axis, MixedUnitsAreNames) {
    EXPECT_TRUE(axis_of("x", {"1 ns", "1 B"}).text);
    EXPECT_TRUE(axis_of("x", {"heft", "cpu_only"}).text);
}

TEST(Grid, LastAxisChangesFastest) {
    const SweepGrid grid = grid_of("axes: [{path: a.x, values: [1, 2]}, {path: b.y, values: [p, q]}]");
    EXPECT_THAT(grid.points, ElementsAre(Texts{"1", "p"}, Texts{"1", "q"}, Texts{"2", "p"}, Texts{"2", "q"}));
}

TEST(Grid, ZippedPathsChangeTogether) {
    const SweepGrid grid =
        grid_of("axes: [{zip: [{path: a.x, values: [1, 2]}, {path: a.y, values: [3, 4]}]}, {path: b.z, values: [5]}]");
    EXPECT_THAT(grid.points, ElementsAre(Texts{"1", "3", "5"}, Texts{"2", "4", "5"}));
}

TEST(Grid, ConditionsCompareAxesAndQuantities) {
    const SweepGrid grid = grid_of(
        "axes: [{path: a.x, values: [1, 2, 3]}, {path: a.y, values: [1, 2]}, {path: a.t, values: [1 ns, 1 us]}]\n"
        "when: [a.x <= a.y, a.t > 500 ns]");
    EXPECT_THAT(grid.points, ElementsAre(Texts{"1", "1", "1 us"}, Texts{"1", "2", "1 us"}, Texts{"2", "2", "1 us"}));
}

TEST(Grid, ConditionsCompareNames) {
    const SweepGrid grid = grid_of("axes: [{path: a.p, values: [heft, cpu_only]}]\nwhen: ['a.p != heft']");
    EXPECT_THAT(grid.points, ElementsAre(Texts{"cpu_only"}));
}

TEST(Grid, NestedValuesBecomeTextsThatSetTakes) {
    const SweepGrid grid = grid_of("axes: [{path: a, values: [{kind: npu, list: [1, 2]}, 'x: y']}]");
    EXPECT_THAT(grid.points, ElementsAre(Texts{"{kind: npu, list: [\"1\", \"2\"]}"}, Texts{"\"x: y\""}));
}

TEST(Sample, RandomPointsDifferAndRepeatWithTheirSeed) {
    const std::string lines =
        "axes: [{path: a.x, from: 1, to: 10, step: 1}, {path: a.y, from: 1, to: 10, step: 1}]\n"
        "sample: {method: random, points: 20, seed: ";
    const SweepGrid grid = grid_of(lines + "7}");
    EXPECT_EQ(grid.points.size(), 20U);
    EXPECT_EQ(std::set<Texts>(grid.points.begin(), grid.points.end()).size(), 20U);
    EXPECT_EQ(grid.points, grid_of(lines + "7}").points);
    EXPECT_NE(grid.points, grid_of(lines + "8}").points);
}

TEST(Sample, LatinHypercubeUsesEachRowAndColumnOnce) {
    const std::string lines =
        "axes: [{path: a.x, from: 1, to: 64}, {path: a.y, from: 1 KiB, to: 64 KiB}]\n"
        "sample: {method: latin_hypercube, points: 64, seed: ";
    const SweepGrid grid = grid_of(lines + "1}");
    ASSERT_EQ(grid.points.size(), 64U);
    for (const std::size_t column : {0U, 1U}) {
        std::set<std::string> used;
        for (const Texts& point : grid.points) {
            used.insert(point[column]);
        }
        EXPECT_EQ(used.size(), 64U) << "axis " << column;
    }
    // Independent axes: the diagonal would be 64 of 64, chance gives about one.
    const auto diagonal = std::count_if(grid.points.begin(), grid.points.end(),
                                        [](const Texts& point) { return point[0] + " KiB" == point[1]; });
    EXPECT_LT(diagonal, 10);
    EXPECT_EQ(grid.points, grid_of(lines + "1}").points);
}

TEST(Sample, StrataUseFewLevelsEquallyOften) {
    const std::vector<std::size_t> strata = stratified(12, 4, 3);
    for (std::size_t level = 0; level < 4; ++level) {
        EXPECT_EQ(std::count(strata.begin(), strata.end(), level), 3);
    }
}

struct BadSweep {
    const char* lines;
    const char* expected;
};

TEST(BadSweeps, AreRefusedWithTheirReason) {
    const std::string one = "axes: [{path: a.x, values: [1, 2]}]\n";
    const std::vector<BadSweep> cases{
        {"axes: []", "axes: there is nothing to vary"},
        {"axes: [{path: a.x}]", "axis 'a.x': give either values or from and to"},
        {"axes: [{path: a.x, from: 1}]", "axis 'a.x': 'from' and 'to' go together"},
        {"axes: [{path: a.x, from: 1, to: 2}]", "axis 'a.x': from and to need a step or a count"},
        {"axes: [{path: a.x, from: 2, to: 1, step: 1}]", "axis 'a.x': the range from '2' to '1' is empty"},
        {"axes: [{path: a.x, from: 1, to: 2, step: 0}]", "axis 'a.x': the step '0' must be positive"},
        {"axes: [{path: a.x, from: 1 ns, to: 2, step: 1}]", "axis 'a.x': '1 ns' and '2' are of different units"},
        {"axes: [{path: a.x, from: 1 ns, to: 2 ns, step: 1 B}]", "the step '1 B' is not of the unit of '1 ns'"},
        {"axes: [{path: a.x, from: 0, to: 2, count: 3, scale: log}]", "a log range starts above zero"},
        {"axes: [{path: a.x, from: 1, to: 2, step: 1, count: 2}]", "give either step or count"},
        {"axes: [{path: a.x, from: low, to: 2, step: 1}]", "'low' is not a number or a quantity"},
        {"axes: [{path: a.x, values: [1]}, {path: a.x, values: [2]}]", "'a.x' is varied twice"},
        {"axes: [{path: a.x, values: [1]}]\nset: {a.x: 3}", "'a.x' is an axis too"},
        {"axes: [{path: a.x, values: [1], zip: [{path: a.y, values: [1]}]}]",
         "an axis has either a path with values or a zip"},
        {"axes: [{zip: [{path: a.x, values: [1]}, {path: a.y, values: [1, 2]}]}]",
         "zip: 'a.y' has 2 values, 'a.x' has 1"},
        {"axes: [{path: a.x, values: [1]}]\nsampel: {}", "unknown key 'sampel', did you mean 'sample'?"},
        {"axes: [{path: a.x, values: [1]}]\nsample: {method: random}", "how many points?"},
        {"axes: [{path: a.x, values: [1]}]\nsample: {points: 3}", "a grid has all its points"},
        {"axes: [{path: a.x, values: [1, 2]}]\nsample: {method: random, points: 3}", "fewer than 3 combinations"},
        {"axes: [{path: a.x, values: [1]}]\nwhen: [a.x]", "'a.x' is not a comparison"},
        {"axes: [{path: a.x, values: [1]}]\nwhen: [a.z < 2]", "'a.z < 2': unknown axis 'a.z'"},
        {"axes: [{path: a.x, values: [1]}]\nwhen: [a.x < 2 ns]", "compares values of different units"},
        {"axes: [{path: a.x, values: [p]}]\nwhen: [a.x < q]", "names can be compared with == and != only"},
        {"axes: [{path: a.x, values: [1]}]\nwhen: [a.x > 1]", "no point is left"},
        {"axes: [{path: a.x, from: 1, to: 2000, step: 1}, {path: a.y, from: 1, to: 2000, step: 1}]",
         "more than a million combinations"},
    };
    for (const BadSweep& bad : cases) {
        EXPECT_THAT(message_of(bad.lines), HasSubstr(bad.expected)) << bad.lines;
    }
}

}  // namespace
}  // namespace handset::test
