// SPDX-License-Identifier: Apache-2.0
// `handset op` as its users meet it: one op, lists of ops, files, and inputs that cannot be run.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/cli/short_run.h"
#include "tests/support/csv_file.h"

namespace handset::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPhone = "configs/soc/phone_8gen3.yaml";

std::vector<std::string> on(const std::string& device, std::vector<std::string> more) {
    more.insert(more.begin(), {"op", "matmul", "--soc", kPhone, "--device", device});
    return more;
}

std::string done(const std::vector<std::string>& arguments) {
    const Outcome outcome = handset(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
}

/// Rows of the CSV file that the command writes. Shapes are quoted for their commas: these are cut out first.
std::vector<CsvRow> measured(std::vector<std::string> arguments) {
    const TemporaryDirectory work;
    const std::string file = work.file("x.csv");
    arguments.insert(arguments.end(), {"--csv", file, "-q"});
    (void)done(arguments);
    const std::string text = read_text(file);
    std::string plain;
    bool quoted = false;
    for (const char c : text) {
        quoted = c == '"' ? !quoted : quoted;
        plain += c == '"' ? "" : std::string(1, quoted && c == ',' ? ';' : c);
    }
    return read_csv(work.write("plain.csv", plain));
}

double value(const CsvRow& row, const std::string& column) {
    return std::stod(row.at(column));
}

TEST(Op, TellsTimeBoundTrafficAndEnergy) {
    const std::string out = done(on("npu0", {"--shape", "m=64,n=256,k=512"}));
    for (const char* const part : {"time ", "cycles", "bound", "utilisation", "rate", "bandwidth", "call time",
                                   "matrix time", "vector time", "transfer time", "compulsory", "slc read", "dram read",
                                   "energy device", "energy memory", "energy phone", "preparation time"}) {
        EXPECT_THAT(out, HasSubstr(part));
    }
    EXPECT_THAT(out, HasSubstr("8,388,608")) << "64 * 256 * 512 MACs";
}

TEST(Op, NoOpBeatsItsPeakOrMovesLessThanItsOperands) {
    for (const char* const device : {"npu0", "cpu0", "gpu0"}) {
        const CsvRow row = measured(on(device, {"--shape", "m=64,n=512,k=512"})).at(0);
        EXPECT_GT(value(row, "ideal_compute_time [s]"), 0) << device;
        EXPECT_GE(value(row, "time [s]"), value(row, "ideal_compute_time [s]")) << device;
        EXPECT_GE(value(row, "loaded [B]") + value(row, "stored [B]"), value(row, "compulsory [B]")) << device;
        // Inputs from empty caches: 64 * (512 + 4) and 512 * (512 + 4) bytes, int8 rows with an fp32 scale.
        EXPECT_GE(value(row, "dram_read [B]"), 297'216) << device;
    }
}

// Outputs stay in the PEs: a fold is 32 x 32 results and takes the whole contraction, so the cycles of the arrays are
// those of weight stationary folds within fill and drain.
TEST(Op, DataflowNeedsNoOtherParameters) {
    std::vector<double> matrix;
    for (const char* const dataflow : {"ws", "os", "is"}) {
        const CsvRow row = measured(on("npu0", {"--shape", "m=256,n=512,k=512", "--dataflow", dataflow})).at(0);
        matrix.push_back(value(row, "matrix_time [s]"));
        EXPECT_GE(matrix.back(), value(row, "ideal_compute_time [s]")) << dataflow;
    }
    EXPECT_NE(matrix[0], matrix[1]);
    EXPECT_NEAR(matrix[1] / matrix[0], 1.0, 0.5);
}

TEST(Op, EveryShapeOfAListStartsInTheSameState) {
    const TemporaryDirectory work;
    const std::string twice = work.write("l.csv", "name,m,n,k\na,8,512,512\nb,1,4096,512\nc,8,512,512\n");
    for (const char* const device : {"npu0", "cpu0"}) {
        const auto rows = measured(on(device, {"--list", twice}));
        ASSERT_EQ(rows.size(), 3U);
        EXPECT_EQ(rows[0].at("op"), "a");
        EXPECT_EQ(rows[0].at("dram_read [B]"), rows[2].at("dram_read [B]")) << device;
        EXPECT_EQ(rows[0].at("preparation_time [s]"), rows[2].at("preparation_time [s]")) << device;
        // Only refresh and the state of the DRAM rows differ: a refresh takes 0.3 us of some 25 us, in one run or the
        // other.
        EXPECT_NEAR(value(rows[2], "time [s]") / value(rows[0], "time [s]"), 1.0, 0.05) << device;
    }
}

TEST(Op, AListIsATableWithALineForEveryShape) {
    const TemporaryDirectory work;
    const std::string list = work.write("l.csv", "name,m,n,k,format\nup,8,64,96,w8a8\ndown,1,64,96,w4a8\n");
    const std::string out = done(on("cpu0", {"--list", list}));
    std::istringstream lines(out);
    std::string line;
    std::getline(lines, line);
    EXPECT_THAT(line, AllOf(HasSubstr("op"), HasSubstr("time"), HasSubstr("bound"), HasSubstr("mapping")));
    std::getline(lines, line);
    EXPECT_THAT(line, AllOf(HasSubstr("up"), HasSubstr("m=8,n=64,k=96"), HasSubstr("w8a8")));
    std::getline(lines, line);
    EXPECT_THAT(line, AllOf(HasSubstr("down"), HasSubstr("w4a8")));
    EXPECT_FALSE(std::getline(lines, line));
}

TEST(Op, ReadsLayersOfScaleSim) {
    const TemporaryDirectory work;
    const std::string file = work.write("l.csv", "Layer, M, N, K,\nfc1, 4, 128, 64,\n");
    EXPECT_THAT(done(on("npu0", {"--scalesim", file})), AllOf(HasSubstr("fc1"), HasSubstr("m=4,n=128,k=64")));
}

TEST(Op, WarmCachesSpareTheDram) {
    // 512 KiB of weights stay in the system cache of 12 MiB.
    const CsvRow cold = measured(on("cpu0", {"--shape", "m=1,n=512,k=1024"})).at(0);
    const CsvRow warm = measured(on("cpu0", {"--shape", "m=1,n=512,k=1024", "--warm"})).at(0);
    EXPECT_GE(value(cold, "dram_read [B]"), 524'288);
    EXPECT_LT(value(warm, "dram_read [B]"), value(cold, "dram_read [B]") / 2);
    EXPECT_LT(value(warm, "time [s]"), value(cold, "time [s]"));
}

TEST(Op, AChainedOpNeedsNoCallFromTheHost) {
    const CsvRow called = measured(on("npu0", {"--shape", "m=32,n=64,k=64"})).at(0);
    const CsvRow chained = measured(on("npu0", {"--shape", "m=32,n=64,k=64", "--chained"})).at(0);
    EXPECT_LT(value(chained, "call_time [s]"), value(called, "call_time [s]") / 2);
    EXPECT_LT(value(chained, "time [s]"), value(called, "time [s]"));
}

TEST(Op, RepetitionsTellTheirRange) {
    const CsvRow row = measured(on("cpu0", {"--shape", "m=1,n=64,k=64", "--repeat", "3"})).at(0);
    EXPECT_LE(value(row, "shortest [s]"), value(row, "time [s]"));
    EXPECT_GE(value(row, "longest [s]"), value(row, "time [s]"));
}

TEST(Op, NumbersAreCheckedWithDataOn) {
    for (const char* const device : {"npu0", "cpu0", "gpu0"}) {
        EXPECT_THAT(done(on(device, {"--shape", "m=5,n=33,k=96", "--data", "on"})), HasSubstr("exact")) << device;
    }
    EXPECT_THAT(done({"op", "attention", "--soc", kPhone, "--device", "gpu0", "--shape",
                      "rows=3,kv=40,heads=4,kv_heads=2,head_dim=32", "--data", "on", "--chained"}),
                HasSubstr("numbers"));
}

TEST(Op, ResultFilesAreShown) {
    const TemporaryDirectory work;
    const std::string file = work.file("x.h5");
    (void)done(on("npu0", {"--shape", "m=8,n=64,k=64", "--repeat", "2", "-o", file}));
    const RunResult result = read_run_result(file);
    ASSERT_EQ(result.ops.size(), 2U);
    EXPECT_EQ(result.ops[0].device, "npu0");
    EXPECT_EQ(counter_value(result.counters, "npu0.macs"), 2U * 8 * 64 * 64);
    EXPECT_EQ(attribute(result, "start"), "cold, called");
    EXPECT_THAT(done({"show", file}), AllOf(HasSubstr("mappings, by device time"), HasSubstr("matmul on npu0")));
}

TEST(Op, HelpListsOperatorsFormatsAndAnExample) {
    EXPECT_THAT(done({"op", "--help"}), AllOf(HasSubstr("rmsnorm"), HasSubstr("[kv_heads]"), HasSubstr("w4a16"),
                                              HasSubstr("Example:\n  handset op matmul")));
}

TEST(Op, AShapeLargerThanTheDramRunsOutOfSimulatedMemory) {
    const Outcome outcome = handset(on("npu0", {"--shape", "m=100000,n=100000,k=100000"}));
    EXPECT_EQ(outcome.code, 4);
    EXPECT_THAT(outcome.err, HasSubstr("simulated DRAM is full: 'w' needs"));
    EXPECT_EQ(outcome.out, "");
}

struct BadOp {
    std::string name;
    std::vector<std::string> arguments;
    std::string expected;
};

void PrintTo(const BadOp& test, std::ostream* out) {
    *out << test.name;
}

class BadOpCommand : public ::testing::TestWithParam<BadOp> {};

TEST_P(BadOpCommand, IsRefusedWithItsReason) {
    const Outcome outcome = handset(GetParam().arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().expected));
    EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
    EXPECT_EQ(outcome.out, "");
}

const std::vector<BadOp> kBad{
    {"Kernel", {"op", "matmull", "--soc", kPhone, "--device", "npu0", "--shape", "m=1"}, "did you mean 'matmul'"},
    {"Device", on("npu1", {"--shape", "m=1,n=1,k=1"}), "--device: unknown device 'npu1'"},
    {"Storage", on("ufs0", {"--shape", "m=1,n=1,k=1"}), "known: cpu0, gpu0, npu0"},
    {"Format", on("npu0", {"--shape", "m=1,n=1,k=1", "--format", "w3"}), "unknown format of matmul 'w3'"},
    {"ShapeKey", on("npu0", {"--shape", "m=1,n=1,k=1,q=1"}), "unknown shape key of matmul 'q'"},
    {"Zero", on("npu0", {"--shape", "m=0,n=1,k=1"}), "m=0 is out of range"},
    {"NoShape", on("npu0", {}), "exactly one of --shape, --list and --scalesim"},
    {"TwoShapes", on("npu0", {"--shape", "m=1,n=1,k=1", "--list", "x"}), "exactly one of --shape, --list and"},
    {"NoList", on("npu0", {"--list", "/nowhere.csv"}), "cannot read '/nowhere.csv'"},
    {"Lowering", on("npu0", {"--shape", "m=1,n=1,k=1", "--lowering", "magic"}), "lowering"},
    {"TileKey", on("npu0", {"--shape", "m=1,n=1,k=1", "--tile", "z=4"}), "--tile: unknown key 'z'"},
    {"TileValue", on("npu0", {"--shape", "m=1,n=1,k=1", "--tile", "m=x"}), "--tile: m must be a whole number"},
    {"TileEmpty", on("npu0", {"--shape", "m=1,n=1,k=1", "--tile", "m"}), "--tile: m has no value"},
    {"Dataflow", on("npu0", {"--shape", "m=1,n=1,k=1", "--dataflow", "xs"}), "unknown value 'xs'"},
    {"DataflowOfCpu", on("cpu0", {"--shape", "m=1,n=1,k=1", "--dataflow", "ws"}), "array"},
    {"Workload", on("npu0", {"--shape", "m=1,n=1,k=1", "--set", "workload.max_tokens=1"}), "an op has no workload"},
    {"Repeat", on("npu0", {"--shape", "m=1,n=1,k=1", "--repeat", "0"}), "repeat"},
    {"CsvIsInput", on("npu0", {"--shape", "m=1,n=1,k=1", "--csv", kPhone}), "it is an input of this run"},
    {"ScaleSimOfVector",
     {"op", "add", "--soc", kPhone, "--device", "cpu0", "--scalesim", "x"},
     "layers of SCALE-Sim are products"},
};

INSTANTIATE_TEST_SUITE_P(Op, BadOpCommand, ::testing::ValuesIn(kBad), [](const auto& test) { return test.param.name; });

TEST(Op, BadLinesOfAListAreNamed) {
    const TemporaryDirectory work;
    const std::string list = work.write("l.csv", "m,n,k\n1,2,3\n1,0,3\n4,5,6\n7,8,4294967296\n");
    const Outcome outcome = handset(on("npu0", {"--list", list}));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("l.csv:3: the shape of matmul: n=0 is out of range"),
                                   HasSubstr("l.csv:5: the shape of matmul: k=4294967296")));
}

}  // namespace
}  // namespace handset::test
