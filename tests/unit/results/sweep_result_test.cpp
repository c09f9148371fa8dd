// SPDX-License-Identifier: Apache-2.0
// Sweep files: what is written comes back, shards make the whole.
#include "sim/results/sweep_result.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;

/// Points shard - 1 + k * shards of six: point 4 failed, points 0 and 5 have equal input.
SweepResult sample(std::uint32_t shard = 1, std::uint32_t shards = 1) {
    SweepResult result;
    result.name = "sample";
    result.attributes = {{"git", "abc"}, {"data", "off"}};
    result.shard = shard;
    result.shards = shards;
    result.total_points = 6;
    result.sweep_yaml = "name: sample\n";
    result.base_yaml = "soc: {}\n";
    result.axes = {{"dram.t_rcd", "s", false}, {"workload.policy", "", true}};
    for (std::uint32_t i = shard - 1; i < 6; i += shards) {
        const std::string key = i == 5 ? "key0" : "key" + std::to_string(i);
        result.points.push_back({i, key, {{i * 1e-9, ""}, {0, i % 2 == 0 ? "heft" : "cpu_only"}}});
        PointOutcome outcome{0, "", {{"time", "s", 0.1 * i}, {"rate", "token/s", 5.0 * i}}, {}};
        outcome.counters = {{"npu0.macs", "MAC", CounterKind::sum, i}};
        result.outcomes[key] = i == 4 ? PointOutcome{4, "out of memory\nweights", {}, {}} : outcome;
        if (i == 5) {
            result.outcomes[key] = {
                0, "", {{"time", "s", 0}, {"rate", "token/s", 0}}, {{"npu0.macs", "MAC", CounterKind::sum, 0}}};
        }
    }
    return result;
}

std::string bytes_of(const TemporaryDirectory& work, const SweepResult& result) {
    const std::string file = work.file("bytes.h5");
    write_sweep_result(file, result);
    return read_text(file);
}

TEST(SweepFile, ComesBackAsItWas) {
    const TemporaryDirectory work;
    const SweepResult before = sample();
    write_sweep_result(work.file("s.h5"), before);
    const SweepResult after = read_sweep_result(work.file("s.h5"));
    EXPECT_EQ(after.name, before.name);
    EXPECT_EQ(after.attributes, before.attributes);
    EXPECT_EQ(after.axes, before.axes);
    EXPECT_EQ(after.outcomes, before.outcomes);
    ASSERT_EQ(after.points.size(), 6U);
    EXPECT_EQ(after.points[3].values, before.points[3].values);
    EXPECT_EQ(result_kind(work.file("s.h5")), "sweep");
    EXPECT_EQ(bytes_of(work, after), bytes_of(work, before));
}

TEST(SweepFile, IsNoRun) {
    const TemporaryDirectory work;
    write_sweep_result(work.file("s.h5"), sample());
    EXPECT_THAT(config_error([&] { (void)read_run_result(work.file("s.h5")); }),
                HasSubstr("is a 'handset sweep', expected a 'handset run'"));
}

TEST(SweepFile, FiguresOfAStudyComeBack) {
    const TemporaryDirectory work;
    SweepResult study = sample();
    study.kind = "study";
    study.figures = {{"fig1", "ratio", "1", "18.2", "17", 0.934, 0.25, "ok", "Fig. 1", "a note"}};
    write_sweep_result(work.file("s.h5"), study);
    const SweepResult after = read_sweep_result(work.file("s.h5"));
    ASSERT_EQ(after.figures.size(), 1U);
    EXPECT_EQ(after.figures[0].note, "a note");
    EXPECT_DOUBLE_EQ(after.figures[0].tolerance, 0.25);
}

TEST(SweepTable, HasTheMetricsAskedForOrAll) {
    SweepResult result = sample();
    EXPECT_EQ(metric_columns(result).size(), 2U);
    result.metrics = {"rate", "nonsense"};
    const auto columns = metric_columns(result);
    ASSERT_EQ(columns.size(), 2U);
    EXPECT_EQ(columns[0].second, "token/s");
    EXPECT_TRUE(std::isnan(metric_value(result.outcomes.at("key1"), "nonsense")));
}

TEST(SweepTable, TellsBestWorstAndFailures) {
    const std::string text = sweep_text(sample());
    EXPECT_THAT(text, HasSubstr("sweep sample: 6 points, 1 failed"));
    EXPECT_THAT(text, HasSubstr("failed (4): out of memory\n"));
    EXPECT_THAT(sweep_text(sample(), 2), HasSubstr("... and 4 more points"));
}

TEST(MergedShards, EqualTheWholeToTheByte) {
    const TemporaryDirectory work;
    std::vector<SweepResult> shards;
    for (const std::uint32_t shard : {3U, 1U, 2U}) {  // in any order
        const std::string file = work.file("shard.h5");
        write_sweep_result(file, sample(shard, 3));
        shards.push_back(read_sweep_result(file));
    }
    EXPECT_EQ(bytes_of(work, merge_sweeps(shards, {"c", "a", "b"})), bytes_of(work, sample()));
}

TEST(MergedShards, MustBeCompleteAndOfOneSweep) {
    const auto message = [](const std::vector<SweepResult>& shards) {
        return config_error([&] { (void)merge_sweeps(shards, {"a.h5", "b.h5"}); });
    };
    EXPECT_THAT(message({sample(1, 3), sample(3, 3)}), HasSubstr("2 of 6 points are in none of the files: 1, 4"));
    EXPECT_THAT(message({sample(1, 2), sample(1, 2)}), HasSubstr("a.h5 and b.h5 both hold point 0"));
    SweepResult other = sample(2, 2);
    other.name = "another";
    EXPECT_THAT(message({sample(1, 2), other}), HasSubstr("different sweeps ('sample' and 'another')"));
    other = sample(2, 2);
    other.sweep_yaml += "#";
    EXPECT_THAT(message({sample(1, 2), other}), HasSubstr("a.h5 and b.h5 are of different sweep configurations"));
    other = sample(2, 2);
    other.base_yaml += "#";
    EXPECT_THAT(message({sample(1, 2), other}), HasSubstr("different phones or workloads"));
    other = sample(2, 2);
    other.attributes[0].second = "def";
    EXPECT_THAT(message({sample(1, 2), other}), HasSubstr("different git ('abc' and 'def')"));
}

}  // namespace
}  // namespace handset::test
