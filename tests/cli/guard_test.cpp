// SPDX-License-Identifier: Apache-2.0
// What must survive a careless command line: inputs are not overwritten, numbers far out of scale are refused.
#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/short_run.h"
#include "tests/support/text_file.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;

TEST(OutputGuard, KeepsFilesOfAnotherKind) {
    const TemporaryDirectory work;
    const std::string text = work.write("part.yaml", "capacity: 1 GiB\n");
    for (const std::string option : {"-o", "--timeline"}) {
        const Outcome outcome = handset(short_run({option, text}));
        EXPECT_EQ(outcome.code, 2);
        EXPECT_THAT(outcome.err, HasSubstr("a file of another kind has this name"));
    }
    EXPECT_EQ(read_text(text), "capacity: 1 GiB\n");
}

TEST(OutputGuard, ReplacesAnEarlierResultButNotTheOneItReplays) {
    const TemporaryDirectory work;
    const std::string result = work.file("a.h5");
    EXPECT_EQ(handset(short_run({"-o", result})).code, 0);
    EXPECT_EQ(handset(short_run({"-o", result})).code, 0);
    const Outcome replay = handset(short_run({"-o", result, "--data", "off", "--replay", result}));
    EXPECT_EQ(replay.code, 2);
    EXPECT_THAT(replay.err, HasSubstr("it is an input of this run"));
    const Outcome junit = handset({"compare", result, result, "--junit", result});
    EXPECT_EQ(junit.code, 2);
    EXPECT_EQ(handset({"show", result}).code, 0) << "the result is still one";
}

TEST(OutputGuard, RefusesWhatIsNoRegularFile) {
    const TemporaryDirectory work;
    ASSERT_EQ(mkfifo(work.file("pipe").c_str(), 0600), 0);
    const Outcome outcome = handset(short_run({"--timeline", work.file("pipe")}));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("it is not a regular file"));
    EXPECT_TRUE(std::filesystem::is_fifo(work.file("pipe")));
}

TEST(OutputGuard, NoticesThatTheTimelineWouldReplaceTheHostFacts) {
    const TemporaryDirectory work;
    const Outcome outcome = handset(short_run({"-o", work.file("x.h5"), "--timeline", work.file("x.host.json")}));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("name the same file"));
}

TEST(StorageGuard, APhoneThatCannotReadItsModelStops) {
    const Outcome outcome = handset(
        short_run({"--set", "ufs0.ftl.faults.read_failure=1000000", "--set", "ufs0.ftl.faults.retry_failure=1000000"}));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("ufs0: read of "));
    EXPECT_THAT(outcome.err, HasSubstr(" B at flash address "));
    EXPECT_THAT(outcome.err, HasSubstr("ECC gave up after 5 retries (ftl.faults.read_failure = 1000000, "
                                       "ftl.faults.retry_failure = 1000000)"));
    EXPECT_EQ(outcome.out, "");
}

TEST(OutputGuard, WritesThroughASymbolicLink) {
    const TemporaryDirectory work;
    std::filesystem::create_symlink(work.file("real.h5"), work.file("link.h5"));
    EXPECT_EQ(handset(short_run({"-o", work.file("link.h5")})).code, 0);
    EXPECT_TRUE(std::filesystem::is_symlink(work.file("link.h5")));
    EXPECT_EQ(handset({"show", work.file("real.h5")}).code, 0);
}

TEST(RangeGuard, TimeAndEnergyDoNotWrap) {
    for (const std::string value : {"npu0.call=9000 s", "npu0.call=18000 s", "noc.request_latency=18000 s",
                                    "power.base_power=1000000 W", "cpu0.tile_overhead=18446744073709551615 cycles"}) {
        const Outcome outcome = handset(short_run({"--set", value}));
        EXPECT_EQ(outcome.code, 2) << value << outcome.out;
        EXPECT_THAT(outcome.err, HasSubstr("far out of scale")) << value;
    }
}

TEST(SizeGuard, AModelLargerThanTheFlashIsTheUsersMatter) {
    const Outcome outcome =
        handset(short_run({"--set", "ufs0.capacity=1 MiB", "--set", "ufs0.ftl.over_provisioning=900", "--set",
                           "ufs0.nand.planes=1", "--set", "ufs0.nand.pages=4"}));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("of flash, the phone has 1 MiB"));
}

TEST(SizeGuard, SyntheticWeightsThatFitNoDramAreNotGenerated) {
    const TemporaryDirectory work;
    const std::string workload =
        work.write("w.yaml",
                   "name: a\nprompt_tokens: 3\nmax_tokens: 1\nmodel:\n  shape: {hidden: 8192, layers: 60, heads: 64, "
                   "kv_heads: 8, ffn: 28672, vocab: 32000, context: 64}\n");
    ChildOptions options;
#if !defined(__SANITIZE_ADDRESS__)
    options.address_space = rlim_t{1} << 30;
#endif
    const Outcome outcome = handset({"run", "--soc", kPhone, "--workload", workload}, options);
    EXPECT_EQ(outcome.code, 4);
    EXPECT_THAT(outcome.err, HasSubstr("the synthetic weights need"));
}

}  // namespace
}  // namespace handset::test
