// SPDX-License-Identifier: Apache-2.0
#include "sim/results/summary_text.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/breakdown.h"
#include "tests/unit/results/sample_result.h"

namespace handset {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Summary, PrintsFiguresDevicesAndMemory) {
    RunResult result;
    result.summary = {
        {"time_to_first_token", "s", 0.0042}, {"decode_rate", "token/s", 934.6}, {"utilisation.npu0", "1", 0.714}};
    result.counters = {{"dram.energy_io", "fJ", CounterKind::sum, 250'000'000'000},
                       {"npu0.bytes_read", "B", CounterKind::sum, 99},
                       {"npu0.energy_idle", "fJ", CounterKind::sum, 150'000'000'000},
                       {"npu0.energy_mac", "fJ", CounterKind::sum, 600'000'000'000}};
    result.memory = {{"kv_cache", {{0_ns, 0}, {2_ns, 2048}}}, {"weights", {{0_ns, 4096}, {3_ns, 0}}}};
    EXPECT_EQ(summary_text(result),
              "time to first token  4.200 ms\n"
              "decode rate          934.6 token/s\n"
              "\n"
              "device    busy    energy   share\n"
              "npu0    71.4 %  750.0 uJ  75.0 %\n"
              "dram         -  250.0 uJ  25.0 %\n"
              "\n"
              "memory      at peak    highest\n"
              "weights   4.000 KiB  4.000 KiB\n"
              "kv_cache  2.000 KiB  2.000 KiB\n"
              "total     6.000 KiB\n"
              "the peak is at 2.000 ns\n");
}

TEST(Summary, EmptyRunPrintsNothing) {
    EXPECT_EQ(summary_text(RunResult{}), "");
    EXPECT_EQ(show_text(RunResult{}), "");
}

TEST(Summary, DeviceWithoutEnergyIsListed) {
    RunResult result;
    result.summary = {{"utilisation.gpu0", "1", 0}};
    EXPECT_EQ(summary_text(result), "\ndevice   busy  energy  share\ngpu0    0.0 %       -      -\n");
}

TEST(Summary, PeakIsOfTheSumNotTheSumOfPeaks) {
    // a: 10 until 2 ns, b: 8 from 2 ns on. Together never more than 10; the peaks add up to 18.
    const MemoryPeak peak = memory_peak({{"b", {{0_ns, 0}, {2_ns, 8}}}, {"a", {{1_ns, 10}, {2_ns, 0}}}});
    EXPECT_EQ(peak.total, 10_B);
    EXPECT_EQ(peak.time, 1_ns);
    ASSERT_EQ(peak.holders.size(), 2U);
    EXPECT_EQ(peak.holders[0].tag, "a");
    EXPECT_EQ(peak.holders[1].at_peak, 0_B);
    EXPECT_EQ(peak.holders[1].highest, 8_B);
}

TEST(Summary, OnlySumsOfEnergyCount) {
    const auto rows = energy_by_device({{"a.level", "fJ", CounterKind::level, 5},
                                        {"a.macs", "MAC", CounterKind::sum, 7},
                                        {"b.x", "fJ", CounterKind::sum, 11}});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].device, "b");
    EXPECT_EQ(rows[0].energy, 11_fJ);
}

TEST(Breakdown, GroupsAddUpToTheOps) {
    const RunResult result = test::sample_result();
    OpGroup all;
    for (const OpGroup& group : group_ops(result.ops, [](const OpRecord& op) { return op.kernel; })) {
        all.ops += group.ops;
        all.macs += group.macs;
        all.busy += group.busy;
    }
    Macs macs;
    Femtoseconds busy;
    for (const OpRecord& op : result.ops) {
        macs += op.macs;
        busy += op.end - op.start;
    }
    EXPECT_EQ(all.ops, result.ops.size());
    EXPECT_EQ(all.macs, macs);
    EXPECT_EQ(all.busy, busy);
}

TEST(Breakdown, GroupSpansFromFirstStartToLastEnd) {
    OpRecord early;
    early.ready = 1_ns;
    early.start = 5_ns;
    early.end = 9_ns;
    OpRecord late = early;
    late.start = 2_ns;
    late.end = 7_ns;
    const auto groups = group_ops({early, late}, [](const OpRecord&) { return "all"; });
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].begin, 2_ns);
    EXPECT_EQ(groups[0].end, 9_ns);
    EXPECT_EQ(groups[0].busy, 9_ns);     // 4 + 5
    EXPECT_EQ(groups[0].waiting, 5_ns);  // 4 + 1
}

TEST(Breakdown, MappingsTellWhatBoundThem) {
    OpRecord op;
    op.kernel = "matmul";
    op.device = "npu0";
    op.mapping = "weights stay, 32 x 64";
    op.end = 10_us;
    op.call_time = 1_us;
    op.matrix_time = 4_us;
    op.transfer_time = 8_us;
    OpRecord other = op;
    other.bytes_written = 64_B;  // another shape, cut alike
    other.matrix_time = 9_us;
    OpRecord plain;
    plain.kernel = "load";  // says nothing of its causes
    EXPECT_EQ(mappings_text({op, op, other, plain}),
              "\nmappings, by device time (shares overlap)\n"
              "  op              ops      busy      each  bound      call  compute  vector     DMA\n"
              "  matmul on npu0    2  20.00 us  10.00 us  DMA      10.0 %   40.0 %   0.0 %  80.0 %\n"
              "      weights stay, 32 x 64\n"
              "  matmul on npu0    1  10.00 us  10.00 us  compute  10.0 %   90.0 %   0.0 %  80.0 %\n"
              "      weights stay, 32 x 64\n");
    EXPECT_EQ(mappings_text({plain}), "");
}

TEST(Show, FitsAHundredColumnsAndTellsWhereTimeWent) {
    const std::string text = show_text(test::sample_result());
    EXPECT_THAT(text, HasSubstr("kernels, by device time\n"));
    EXPECT_THAT(text, HasSubstr("  ffn on npu0         28  3.920 ms  37.7 %"));
    EXPECT_THAT(text, HasSubstr("\nphases\n"));
    EXPECT_THAT(text, HasSubstr("\nlayers, by device time\n"));
    EXPECT_THAT(text, HasSubstr("  npu0.energy_compute"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 100U) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
    }
}

TEST(Show, RequestsCountFromTheirArrival) {
    const std::string text = requests_text(test::sample_result(2).requests);
    EXPECT_THAT(text, HasSubstr("first token"));
    EXPECT_THAT(text, HasSubstr("chat       0       5    2  10.00 ms     25.00 ms  40.00 ms  12.00 uJ"));
    EXPECT_THAT(text, HasSubstr("-          0       3    1      0 s      15.00 ms  15.00 ms  5.000 uJ"));
    std::vector<RequestRecord> many(21, test::sample_result(2).requests[1]);
    EXPECT_THAT(requests_text(many), HasSubstr("and 1 more"));
}

TEST(Show, LongAttributesAreCut) {
    RunResult result;
    result.attributes = {{"prompt", std::string(500, 'x')}, {"note", "first\nsecond"}};
    const std::string text = show_text(result);
    EXPECT_THAT(text, HasSubstr("prompt  " + std::string(72, 'x') + " ...\n"));
    EXPECT_THAT(text, HasSubstr("note    first ...\n"));
    EXPECT_THAT(text, Not(HasSubstr("second")));
}

}  // namespace
}  // namespace handset
