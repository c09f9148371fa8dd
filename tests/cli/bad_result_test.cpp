// SPDX-License-Identifier: Apache-2.0
// Broken result files given to show, compare and --replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string good_result(const TemporaryDirectory& work) {
    const std::string file = work.file("good.h5");
    const Outcome outcome = handset(short_run({"-q", "-o", file}));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return file;
}

struct BadResult {
    std::string name;
    std::string (*broken)(std::string good);
    std::string expected;
};

void PrintTo(const BadResult& test, std::ostream* out) {
    *out << test.name;
}

class BadResultFile : public ::testing::TestWithParam<BadResult> {};

TEST_P(BadResultFile, IsRefusedByEveryReader) {
    const TemporaryDirectory work;
    const std::string good = good_result(work);
    const std::string bad = work.write("bad.h5", GetParam().broken(read_text(good)));
    const std::vector<std::vector<std::string>> commands{
        {"show", bad}, {"compare", good, bad}, {"compare", bad, good}, short_run({"--data", "off", "--replay", bad})};
    for (const std::vector<std::string>& command : commands) {
        const Outcome outcome = handset(command);
        EXPECT_EQ(outcome.code, 2) << command.front();
        EXPECT_THAT(outcome.err, HasSubstr(bad)) << command.front();
        EXPECT_THAT(outcome.err, HasSubstr(GetParam().expected)) << command.front();
        EXPECT_THAT(outcome.err, Not(HasSubstr("internal error"))) << command.front();
        EXPECT_EQ(outcome.out, "") << command.front();
    }
}

const std::vector<BadResult> kResults{
    {"Empty", [](std::string) { return std::string(); }, "is not an HDF5 file"},
    {"Text", [](std::string) { return std::string("time,energy\n1,2\n"); }, "is not an HDF5 file"},
    {"SignatureOnly", [](std::string good) { return good.substr(0, 8); }, "bad.h5"},
    {"Half", [](std::string good) { return good.substr(0, good.size() / 2); }, "bad.h5"},
    {"LastByteMissing", [](std::string good) { return good.substr(0, good.size() - 1); }, "bad.h5"},
    {"OtherSchema", [](std::string good) { return replaced(good, "schema_version", "schema_versiom"); },
     "schema_version"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadResultFile, ::testing::ValuesIn(kResults),
                         [](const auto& test) { return test.param.name; });

TEST(BadResultPath, MissingFileAndFolderAreNamed) {
    EXPECT_THAT(handset({"show", "/nowhere.h5"}).err, HasSubstr("cannot read /nowhere.h5: No such file or directory"));
    EXPECT_EQ(handset({"show", "/nowhere.h5"}).code, 2);
    EXPECT_THAT(handset({"show", "/tmp"}).err, HasSubstr("cannot read /tmp: Is a directory"));
    EXPECT_EQ(handset({"compare", "/tmp", "/tmp"}).code, 2);
}

}  // namespace
}  // namespace handset::test
