// SPDX-License-Identifier: Apache-2.0
#include "sim/results/timeline_writer.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/base/errors.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/results/sample_result.h"

namespace handset {
namespace {

class TimelineWriter : public ::testing::Test {
  protected:
    nlohmann::json written(const Timeline& timeline, const std::vector<MemorySeries>& memory = {}) {
        write_timeline(path, timeline, memory);
        EXPECT_FALSE(std::filesystem::exists(path + ".part"));
        return nlohmann::json::parse(std::ifstream(path)).at("traceEvents");
    }
    static std::vector<nlohmann::json> of_phase(const nlohmann::json& events, const std::string& phase) {
        std::vector<nlohmann::json> out;
        for (const nlohmann::json& event : events) {
            if (event.at("ph") == phase) {
                out.push_back(event);
            }
        }
        return out;
    }

    test::TemporaryDirectory directory;
    std::string path = directory.file("timeline.json");
};

TEST_F(TimelineWriter, EmptyTimelineIsValidJson) {
    EXPECT_TRUE(written(Timeline{}).empty());
}

TEST_F(TimelineWriter, TracksAreThreadsOfNamedProcesses) {
    Timeline timeline;
    timeline.add_track("npu0", "matrix");
    timeline.add_track("dram", "channel 0");
    timeline.add_track("npu0", "dma");
    const auto names = of_phase(written(timeline), "M");
    std::map<std::string, std::vector<int>> seen;
    for (const auto& event : names) {
        if (event.at("name") != "process_sort_index") {
            seen[event.at("args").at("name")] = {event.at("pid"), event.value("tid", 0)};
        }
    }
    const std::map<std::string, std::vector<int>> expected{
        {"npu0", {1, 0}}, {"dram", {2, 0}}, {"matrix", {1, 1}}, {"channel 0", {2, 2}}, {"dma", {1, 3}}};
    EXPECT_EQ(seen, expected);
}

TEST_F(TimelineWriter, SlicesAreSortedMicrosecondsWithoutOverlap) {
    Timeline timeline;
    const auto track = timeline.add_track("npu0", "matrix");
    const auto name = timeline.add_name("matmul");
    // Neighbours that meet within a nanosecond: [1234.5678, 2000.9 ns) and [2000.9, 2000.95 ns).
    timeline.add_slice(track, name, 2'000'900_ps, 2'000'950_ps);
    timeline.add_slice(track, name, Femtoseconds{1'234'567'800}, 2'000'900_ps);
    const auto slices = of_phase(written(timeline), "X");
    ASSERT_EQ(slices.size(), 2U);
    EXPECT_DOUBLE_EQ(slices[0].at("ts").get<double>(), 1.234);
    EXPECT_DOUBLE_EQ(slices[0].at("dur").get<double>(), 0.766);
    EXPECT_DOUBLE_EQ(slices[1].at("ts").get<double>(), 2.000);
    EXPECT_DOUBLE_EQ(slices[1].at("dur").get<double>(), 0);
    EXPECT_EQ(slices[0].at("name"), "matmul");
}

TEST_F(TimelineWriter, NamesAreEscaped) {
    Timeline timeline;
    const auto track = timeline.add_track("a\\b", "tab\t");
    timeline.add_slice(track, timeline.add_name("quote \" and broken \xff"), 0_ns, 1_ns);
    const auto events = written(timeline);
    EXPECT_EQ(of_phase(events, "X").at(0).at("name"), "quote \" and broken \xef\xbf\xbd");
    EXPECT_EQ(of_phase(events, "M").at(0).at("args").at("name"), "a\\b");
}

TEST_F(TimelineWriter, MemoryIsACounterWithOneValuePerTag) {
    const auto events = written(Timeline{}, {{"weights", {{1_us, 10}}}, {"kv", {{2_us, 4}}}});
    const auto counters = of_phase(events, "C");
    ASSERT_EQ(counters.size(), 2U);
    EXPECT_EQ(counters[0].at("args"), (nlohmann::json{{"weights", 10}, {"kv", 0}}));
    EXPECT_EQ(counters[1].at("args"), (nlohmann::json{{"weights", 10}, {"kv", 4}}));
    EXPECT_DOUBLE_EQ(counters[1].at("ts").get<double>(), 2);
}

TEST_F(TimelineWriter, WholeRunHasOneSlicePerOp) {
    const RunResult run = test::sample_result();
    EXPECT_EQ(of_phase(written(test::sample_timeline(run), run.memory), "X").size(), run.ops.size());
}

TEST_F(TimelineWriter, PathThatCannotBeWrittenIsNamed) {
    EXPECT_THROW(write_timeline(directory.file("no/dir.json"), Timeline{}, {}), ConfigError);
}

}  // namespace
}  // namespace handset
