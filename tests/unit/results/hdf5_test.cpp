// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include "sim/base/errors.h"
#include "sim/results/hdf5_reader.h"
#include "sim/results/hdf5_writer.h"
#include "sim/results/summary_text.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/results/sample_result.h"

namespace handset {
namespace {

using test::sample_result;
using test::TemporaryDirectory;
using ::testing::HasSubstr;

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

void expect_equal(const RunResult& a, const RunResult& b) {
    EXPECT_EQ(a.attributes, b.attributes);
    EXPECT_EQ(a.resolved_yaml, b.resolved_yaml);
    EXPECT_EQ(a.summary, b.summary);
    EXPECT_EQ(a.counters, b.counters);
    EXPECT_EQ(a.ops, b.ops);
    EXPECT_EQ(a.requests, b.requests);
    EXPECT_EQ(a.memory, b.memory);
    EXPECT_EQ(a.prompt_tokens, b.prompt_tokens);
    EXPECT_EQ(a.tokens, b.tokens);
    EXPECT_EQ(a.text, b.text);
    ASSERT_EQ(a.series.size(), b.series.size());
    for (std::size_t i = 0; i < a.series.size(); ++i) {
        EXPECT_EQ(a.series[i].name(), b.series[i].name());
        EXPECT_EQ(a.series[i].unit(), b.series[i].unit());
        EXPECT_EQ(a.series[i].samples(), b.series[i].samples());
    }
}

std::string read_error(const std::string& path) {
    try {
        (void)read_run_result(path);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

class Hdf5 : public ::testing::Test {
  protected:
    TemporaryDirectory directory;
    std::string path = directory.file("run.h5");
};

TEST_F(Hdf5, RunComesBackAsWritten) {
    const RunResult result = sample_result();
    write_run_result(path, result);
    expect_equal(read_run_result(path), result);
    EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_F(Hdf5, EmptyRunComesBackEmpty) {
    write_run_result(path, RunResult{});
    expect_equal(read_run_result(path), RunResult{});
}

TEST_F(Hdf5, RunOfOnePromptHasNoTableOfRequests) {
    RunResult result = sample_result(2);
    result.requests.clear();
    write_run_result(path, result);
    EXPECT_TRUE(read_run_result(path).requests.empty());
    EXPECT_THAT(show_text(result), ::testing::Not(HasSubstr("requests")));
}

TEST_F(Hdf5, RequestThatStartsBeforeItArrivesIsRefused) {
    RunResult result = sample_result(2);
    result.requests[0].arrival = 11_ms;
    write_run_result(path, result);
    EXPECT_EQ(read_error(path), path + ": request 0 does not run from arrival over start to end");
}

TEST_F(Hdf5, ExtremeValuesSurvive) {
    RunResult result;
    result.counters = {{"a.max", "fs", CounterKind::level, UINT64_MAX}};
    OpRecord op;
    op.name = "x";
    op.layer = INT32_MIN;
    op.step = UINT32_MAX;
    op.ready = 1_fs;
    op.start = Femtoseconds{UINT64_MAX - 1};
    op.end = Femtoseconds{UINT64_MAX};
    result.ops = {op};
    // 2^53 + 1 has no exact floating-point value: times are kept as integers beside the coordinate in seconds.
    result.memory = {{"weights", {{Femtoseconds{9'007'199'254'740'993}, 7}}}};
    result.text = std::string("inner\0zero and \xff\xfe bytes", 23);
    result.attributes = {{"prompt", std::string(100'000, 'p')}};
    write_run_result(path, result);
    expect_equal(read_run_result(path), result);
}

TEST_F(Hdf5, EqualRunsGiveEqualBytes) {
    const std::string other = directory.file("other.h5");
    write_run_result(path, sample_result());
    write_run_result(other, sample_result());
    EXPECT_EQ(content(path), content(other));
    write_run_result(other, sample_result(7));
    EXPECT_NE(content(path), content(other));
}

herr_t expect_no_times(hid_t, const char* name, const H5O_info_t* info, void*) {
    EXPECT_EQ(info->atime + info->ctime + info->mtime + info->btime, 0) << name;
    return 0;
}

TEST_F(Hdf5, NoObjectCarriesATimeStamp) {
    write_run_result(path, sample_result());
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    ASSERT_GE(file, 0);
    EXPECT_EQ(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, expect_no_times, nullptr, H5O_INFO_TIME), 0);
    H5Fclose(file);
}

TEST_F(Hdf5, MemoryIsAStepFunctionOnOneAxis) {
    const std::vector<MemorySeries> memory{{"a", {{1_ns, 10}, {3_ns, 0}}}, {"b", {{2_ns, 5}}}};
    const std::vector<Femtoseconds> axis = memory_time_axis(memory);
    EXPECT_EQ(axis, (std::vector<Femtoseconds>{1_ns, 2_ns, 3_ns}));
    EXPECT_EQ(memory_at(memory[0], axis), (std::vector<std::uint64_t>{10, 10, 0}));
    EXPECT_EQ(memory_at(memory[1], axis), (std::vector<std::uint64_t>{0, 5, 5}));
}

TEST_F(Hdf5, SeriesThatCannotBeALinkIsRefusedAndLeavesNothing) {
    RunResult result;
    result.series = {TimeSeries("a/b", "B")};
    EXPECT_THROW(write_run_result(path, result), ModelError);
    EXPECT_TRUE(directory.empty());
}

TEST_F(Hdf5, AttributeNamedTwiceIsRefusedAndLeavesNothing) {
    RunResult result;
    result.attributes = {{"seed", "1"}, {"seed", "2"}};
    EXPECT_THROW(write_run_result(path, result), ConfigError);
    EXPECT_TRUE(directory.empty());
}

TEST_F(Hdf5, MissingFileIsNamed) {
    EXPECT_EQ(read_error(path), "cannot read " + path + ": No such file or directory");
}

TEST_F(Hdf5, OtherFormatsAreRefused) {
    std::ofstream(path) << "a,b\n1,2\n";
    EXPECT_EQ(read_error(path), path + ": is not an HDF5 file");
    EXPECT_EQ(read_error(directory.file(".")), "cannot read " + directory.file(".") + ": Is a directory");
}

TEST_F(Hdf5, ForeignHdf5FileIsRefused) {
    H5Fclose(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    EXPECT_EQ(read_error(path), path + ": is an HDF5 file but not a handset result (no attribute 'schema_version')");
}

TEST_F(Hdf5, OtherSchemaVersionIsRefused) {
    write_run_result(path, sample_result());
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
    const std::uint32_t version = 99;
    H5Awrite(attribute, H5T_NATIVE_UINT32, &version);
    H5Aclose(attribute);
    H5Fclose(file);
    EXPECT_EQ(read_error(path), path + ": has schema version 99, this program reads version 1");
}

class Hdf5Without : public Hdf5, public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(Hdf5Without, IsRefusedByName) {
    write_run_result(path, sample_result());
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    ASSERT_GE(H5Ldelete(file, GetParam().first, H5P_DEFAULT), 0);
    H5Fclose(file);
    EXPECT_EQ(read_error(path), path + ": " + GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(
    Objects, Hdf5Without,
    ::testing::Values(std::pair{"run", "group 'run' is missing or unreadable"},
                      std::pair{"config/yaml", "dataset 'config/yaml' is missing or unreadable"},
                      std::pair{"summary", "dataset 'summary' is missing or unreadable"},
                      std::pair{"counters", "dataset 'counters' is missing or unreadable"},
                      std::pair{"ops", "dataset 'ops' is missing or unreadable"},
                      std::pair{"series", "group 'series' is missing or unreadable"},
                      std::pair{"series/dram.power/value", "dataset 'value' is missing or unreadable"},
                      std::pair{"memory/time_fs", "dataset 'time_fs' is missing or unreadable"},
                      std::pair{"decisions/tokens", "dataset 'decisions/tokens' is missing or unreadable"},
                      std::pair{"text", "dataset 'text' is missing or unreadable"}));

/// Replaces /counters by a one-dimensional dataset of the given type and extent, without data.
void replace_counters(const std::string& path, hid_t type, hsize_t extent) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "counters", H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 4;
    H5Pset_chunk(properties, 1, &chunk);
    H5Dclose(H5Dcreate2(file, "counters", type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Pclose(properties);
    H5Sclose(space);
    H5Fclose(file);
}

TEST_F(Hdf5, TableOfAnotherShapeIsRefused) {
    write_run_result(path, sample_result());
    replace_counters(path, H5T_NATIVE_INT, 4);
    EXPECT_EQ(read_error(path), path + ": dataset 'counters' is not a table");
    const hid_t type = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(type, "path", 0, H5T_NATIVE_UINT64);
    replace_counters(path, type, 4);
    EXPECT_EQ(read_error(path), path + ": column 'path' of table 'counters' is not text");
    H5Tclose(type);
}

TEST_F(Hdf5, AbsurdExtentIsRefusedWithoutAllocatingIt) {
    write_run_result(path, sample_result());
    replace_counters(path, H5T_NATIVE_UINT64, hsize_t{1} << 60);
    EXPECT_EQ(read_error(path), path + ": dataset 'counters' claims more elements than the file can hold");
}

TEST_F(Hdf5, ColumnOutsideItsRowsIsRefused) {
    write_run_result(path, sample_result());
    std::string bytes = content(path);
    // In the file a column is its name padded to eight bytes and its offset; the first "value" is that of /summary.
    const std::size_t column = bytes.find(std::string("value\0\0\0", 8));
    ASSERT_NE(column, std::string::npos);
    bytes.replace(column + 8, 4, "\xff\xff\xff\x7f");
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_EQ(read_error(path), path + ": table 'summary' has a column outside its rows");
}

TEST_F(Hdf5, TruncatedFileIsRefusedAtEveryLength) {
    write_run_result(path, sample_result(1));
    const std::string whole = content(path);
    for (std::size_t length = 0; length < whole.size(); length += 97) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
        ASSERT_THAT(read_error(path), HasSubstr(path)) << "cut to " << length;
    }
}

TEST_F(Hdf5, HostFactsLieBesideTheResult) {
    EXPECT_EQ(host_json_path("out/a.h5"), "out/a.host.json");
    const std::string json = directory.file("a.host.json");
    write_host_json(json, {1.5, 4096, "2024-01-01T00:00:00Z", "build \"box\""});
    EXPECT_EQ(content(json),
              "{\n  \"wall_seconds\": 1.5,\n  \"peak_memory_bytes\": 4096,\n"
              "  \"date\": \"2024-01-01T00:00:00Z\",\n  \"host\": \"build \\\"box\\\"\"\n}\n");
}

}  // namespace
}  // namespace handset
