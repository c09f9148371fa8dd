// SPDX-License-Identifier: Apache-2.0
// `handset replay` as its users meet it: good and bad traffic, parts and options.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/results/hdf5_reader.h"
#include "tests/cli/short_run.h"
#include "workloads/traces/traffic_generator.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kDram = "configs/parts/lpddr5x_8448.yaml";

std::vector<std::string> replay_dram(std::vector<std::string> more) {
    more.insert(more.begin(), {"replay", "dram", "--part", kDram});
    return more;
}

Outcome expect_done(const std::vector<std::string>& arguments) {
    Outcome outcome = handset(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome;
}

double metric_of(const RunResult& result, const std::string& name) {
    for (const SummaryMetric& metric : result.summary) {
        if (metric.name == name) {
            return metric.value;
        }
    }
    ADD_FAILURE() << "no metric " << name;
    return 0;
}

TEST(Replay, PrintsItsFiguresAndWritesThem) {
    const TemporaryDirectory work;
    const std::string file = work.file("new/x.h5");
    const Outcome outcome = expect_done(replay_dram({"--generate", "seqrd", "--count", "2000", "-o", file}));
    for (const char* const part : {"bandwidth", "GB/s", "read latency p99", "row hit rate", "dram.activations",
                                   "energy per bit", "pJ/bit", "mean under way"}) {
        EXPECT_THAT(outcome.out, HasSubstr(part));
    }
    EXPECT_THAT(outcome.err, StartsWith("replayed 2,000 requests in "));
    EXPECT_THAT(outcome.err, HasSubstr("wrote " + file + "\n"));
    const RunResult result = read_run_result(file);
    EXPECT_EQ(counter_value(result.counters, "replay.reads"), 2000U);
    EXPECT_EQ(counter_value(result.counters, "replay.bytes_read"), 128'000U);
    EXPECT_EQ(attribute(result, "generate"), "seqrd");
    EXPECT_THAT(result.resolved_yaml, HasSubstr("channels: 4"));
    // Bandwidth is bytes over time, and what was moved over time adds up to the same bytes.
    const double seconds = to_seconds(Femtoseconds{counter_value(result.counters, "replay.time")});
    EXPECT_NEAR(metric_of(result, "bandwidth") * seconds, 128'000, 1e-3);
    ASSERT_EQ(result.series.size(), 1U);
    EXPECT_EQ(result.series.front().name(), "replay.throughput");
    EXPECT_TRUE(std::filesystem::exists(work.file("new/x.host.json")));
    EXPECT_THAT(expect_done({"show", file}).out, HasSubstr("read latency p99"));
}

TEST(Replay, EqualReplaysGiveEqualFilesAndOtherSeedsDiffer) {
    const TemporaryDirectory work;
    const auto write = [&](const std::string& name, const std::string& seed) {
        const Outcome outcome = expect_done(
            replay_dram({"--generate", "mixed", "--count", "5000", "--seed", seed, "-q", "-o", work.file(name)}));
        EXPECT_EQ(outcome.err, "");
    };
    write("a.h5", "1");
    write("b.h5", "1");
    write("c.h5", "2");
    EXPECT_TRUE(read_text(work.file("a.h5")) == read_text(work.file("b.h5")));
    EXPECT_THAT(expect_done({"compare", work.file("a.h5"), work.file("b.h5")}).out, StartsWith("same: "));
    EXPECT_EQ(handset({"compare", work.file("a.h5"), work.file("c.h5")}).code, 1);
}

/// Runs a replay into `file` and returns what it wrote.
RunResult result_of(std::vector<std::string> arguments, const std::string& file) {
    arguments.insert(arguments.end(), {"-q", "-o", file});
    expect_done(replay_dram(std::move(arguments)));
    return read_run_result(file);
}

TEST(Replay, NothingExceedsThePeakHoweverShort) {
    const TemporaryDirectory work;
    // 4 channels of 16 bits at 8448 MT/s.
    constexpr double kPeak = 4 * 16 / 8 * 8448e6;
    const auto expect_below_peak = [&](const std::vector<std::string>& traffic) {
        for (const char* const count : {"1", "2", "100"}) {
            std::vector<std::string> arguments = traffic;
            arguments.insert(arguments.end(), {"--count", count});
            const double bandwidth = metric_of(result_of(arguments, work.file("x.h5")), "bandwidth");
            EXPECT_GT(bandwidth, 0.0) << ::testing::PrintToString(arguments);
            EXPECT_LE(bandwidth, kPeak) << ::testing::PrintToString(arguments);
        }
    };
    for (const TrafficPattern& pattern : traffic_catalogue()) {
        const std::string name(pattern.name);
        if (pattern.fixed) {
            expect_below_peak({"--generate", name});
            continue;
        }
        for (const char* const size : {"64 B", "1 KiB", "64 KiB"}) {
            for (const char* const writes : {"0", "100"}) {
                expect_below_peak({"--generate", name, "--size", size, "--writes", writes, "--interval", "0 s"});
            }
        }
    }
}

TEST(Replay, APostedWriteEndsWithItsLastBeatAndCostsItsEnergy) {
    const TemporaryDirectory work;
    // 64 B are two bursts of 32 B in one row of one bank: queue 10 ns, ACT to WR, write latency, two bursts.
    const RunResult one = result_of({"--generate", "seqwr", "--count", "1", "--set", "controller.t_request=10 ns",
                                     "--set", "timing.t_rcd=20 ns", "--set", "timing.write_latency=10 ns"},
                                    work.file("a.h5"));
    const double time = metric_of(one, "total_time");
    EXPECT_GT(time, 40e-9);
    EXPECT_LT(time, 60e-9) << "clocks round up, the data clock has to start";
    EXPECT_EQ(counter_value(one.counters, "dram.write_bursts"), 2U);
    EXPECT_GT(counter_value(one.counters, "dram.energy_write"), 0U);
    // Many are all in the memory, too, and every one costs the same.
    const RunResult many = result_of({"--generate", "seqwr", "--count", "100"}, work.file("b.h5"));
    EXPECT_EQ(counter_value(many.counters, "dram.write_bursts"), 200U);
    EXPECT_EQ(counter_value(many.counters, "dram.energy_write"),
              100 * counter_value(one.counters, "dram.energy_write"));
}

TEST(Replay, AHugeRequestIsServedAsManySmallOnes) {
    const TemporaryDirectory work;
    for (const char* const writes : {"0", "100"}) {
        const std::vector<std::string> traffic{"--generate", "sequential", "--writes", writes, "--size"};
        const auto play = [&](const std::string& size, const std::string& count, const std::string& file) {
            std::vector<std::string> arguments = traffic;
            arguments.insert(arguments.end(), {size, "--count", count});
            return result_of(arguments, work.file(file));
        };
        const RunResult one = play("256 MiB", "1", "a.h5");
        const RunResult many = play("4 KiB", "65536", "b.h5");
        EXPECT_NEAR(metric_of(one, "bandwidth") / metric_of(many, "bandwidth"), 1.0, 0.02);
        // Four queues of 128 bursts, and the last piece of 4 KiB may overhang.
        EXPECT_LE(counter_value(one.counters, "dram.queue_most"), 4U * 128 + 4096 / 32);
        EXPECT_EQ(counter_value(one.counters, std::string("replay.") + (writes[0] == '0' ? "reads" : "writes")), 1U);
    }
}

TEST(Replay, ATraceIsPlayedAsTheGeneratorThatMadeIt) {
    const TemporaryDirectory work;
    std::string text = "# made by hand\n";
    for (int i = 0; i < 3000; ++i) {
        text += (i % 3 == 2 ? "ST " : "LD ") + std::to_string((i % 3) * 268435456 + 64 * (i / 3)) + "\n";
    }
    const std::string trace = work.write("trace.txt", text);
    expect_done(replay_dram({"--trace", trace, "-o", work.file("a.h5")}));
    expect_done(replay_dram({"--generate", "mix21c", "--count", "3000", "-o", work.file("b.h5")}));
    EXPECT_THAT(expect_done({"compare", work.file("a.h5"), work.file("b.h5")}).out, StartsWith("same: "));
}

TEST(Replay, DueTimesOfATraceSetItsPace) {
    const TemporaryDirectory work;
    // 101 reads, one per 1000 cycles of 1 ns: the last is due after 100 us and done before 101 us.
    std::string text;
    for (int i = 0; i <= 100; ++i) {
        text += fmt::format("0x{:x} READ {}\n", 64 * i, 1000 * i);
    }
    expect_done(replay_dram(
        {"--trace", work.write("t.txt", text), "--format", "dramsim3", "--cycle", "1 ns", "-o", work.file("a.h5")}));
    const RunResult result = read_run_result(work.file("a.h5"));
    EXPECT_GT(counter_value(result.counters, "replay.time"), Femtoseconds{100'000'000'000}.count());
    EXPECT_LT(counter_value(result.counters, "replay.time"), Femtoseconds{101'000'000'000}.count());
    EXPECT_EQ(counter_value(result.counters, "replay.most_under_way"), 1U);
}

TEST(Replay, ARateAndItsIntervalAreTheSame) {
    const TemporaryDirectory work;
    // 64 B at 1 GB/s are 64 ns.
    expect_done(
        replay_dram({"--generate", "rate_limited", "--count", "1000", "--rate", "1 GB/s", "-o", work.file("a.h5")}));
    expect_done(
        replay_dram({"--generate", "rate_limited", "--count", "1000", "--interval", "64 ns", "-o", work.file("b.h5")}));
    EXPECT_THAT(expect_done({"compare", work.file("a.h5"), work.file("b.h5")}).out, StartsWith("same: "));
    EXPECT_NEAR(metric_of(read_run_result(work.file("a.h5")), "bandwidth"), 1e9, 1e7);
}

TEST(Replay, WritesAreNeverFasterThanTheMemory) {
    const TemporaryDirectory work;
    // All of them fit the queues; the largest is offered in pieces.
    for (const char* const size : {"64 B", "4 KiB", "1 GiB"}) {
        const std::string file = work.file("w.h5");
        expect_done(
            replay_dram({"--generate", "sequential", "--writes", "100", "--count", "1", "--size", size, "-o", file}));
        const RunResult result = read_run_result(file);
        EXPECT_GT(metric_of(result, "bandwidth"), 0.0) << size;
        EXPECT_LT(metric_of(result, "bandwidth"), 67.6e9) << size;
        EXPECT_EQ(counter_value(result.counters, "dram.write_bursts") * 32,
                  counter_value(result.counters, "replay.bytes_written"))
            << size << ": every byte is in the memory";
    }
}

TEST(Replay, SetChangesThePart) {
    const TemporaryDirectory work;
    expect_done(replay_dram(
        {"--generate", "seqrd", "--count", "1000", "--set", "timing.t_rcd=30 ns", "-o", work.file("a.h5")}));
    EXPECT_THAT(read_run_result(work.file("a.h5")).resolved_yaml, HasSubstr("t_rcd: 30 ns"));
}

TEST(Replay, FlashAnswersWithinItsQueueDepth) {
    const TemporaryDirectory work;
    // MQSim's format: arrival in ns, device, first sector, sectors, 1 read; 4 KiB each, 1 ms apart.
    const std::string trace = work.write("t.txt", "0 0 0 8 1\n1000000 0 800000 8 1\n2000000 0 1600000 8 1\n");
    expect_done({"replay", "flash", "--part", "configs/parts/ufs40.yaml", "--trace", trace, "-o", work.file("a.h5")});
    const RunResult result = read_run_result(work.file("a.h5"));
    EXPECT_EQ(counter_value(result.counters, "flash.commands"), 3U);
    EXPECT_EQ(counter_value(result.counters, "flash.flash_bytes_read"), 3U * 4096);
    EXPECT_EQ(counter_value(result.counters, "replay.most_under_way"), 1U);
    EXPECT_GT(counter_value(result.counters, "replay.time"), Femtoseconds{2'000'000'000'000}.count());
    EXPECT_GT(metric_of(result, "energy"), 0.0);
    // Depth 8 on several dies is faster than depth 1, and writes have a latency of their own.
    const auto bandwidth = [&](const std::string& window) {
        expect_done({"replay", "flash", "--part", "configs/parts/ufs40.yaml", "--generate", "mixed", "--size", "4 KiB",
                     "--count", "2000", "--window", window, "-o", work.file("b.h5")});
        return metric_of(read_run_result(work.file("b.h5")), "bandwidth");
    };
    EXPECT_GT(bandwidth("8"), 1.5 * bandwidth("1"));
    EXPECT_GT(metric_of(read_run_result(work.file("b.h5")), "write_latency_p99"), 0.0);
}

TEST(Replay, RequestsThatAFlashRefusesAreCountedAndMoveNothing) {
    const TemporaryDirectory work;
    const auto play = [&](const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"replay",  "flash", "--part", "configs/parts/ufs40.yaml",
                                           "--count", "500",   "-o",     work.file("a.h5")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        EXPECT_THAT(expect_done(arguments).out, HasSubstr("replay.failed"));
        return read_run_result(work.file("a.h5")).counters;
    };
    const Snapshot worn = play({"--generate", "sequential", "--size", "16 KiB", "--writes", "100", "--set",
                                "ftl.faults.program_failure=1000000"});
    const std::uint64_t refused = counter_value(worn, "flash.refused_requests");
    EXPECT_GT(refused, 100U) << "the cache took the first";
    EXPECT_EQ(counter_value(worn, "replay.failed"), refused);
    EXPECT_EQ(counter_value(worn, "replay.writes"), 500U);
    EXPECT_EQ(counter_value(worn, "replay.bytes_written"), (500 - refused) * 16384);
    const Snapshot unreadable = play({"--generate", "random", "--size", "4 KiB", "--set",
                                      "ftl.faults.read_failure=1000000", "--set", "ftl.faults.retry_failure=1000000"});
    EXPECT_EQ(counter_value(unreadable, "flash.uncorrectable_requests"), 500U);
    EXPECT_EQ(counter_value(unreadable, "replay.bytes_read"), 0U);
}

TEST(Replay, CyclesWithoutAClockAreRefused) {
    const TemporaryDirectory work;
    const std::string trace = work.write("t.txt", "0x0 READ 5\n");
    std::vector<std::string> arguments{"replay", "flash", "--part", "configs/parts/ufs40.yaml", "--trace", trace};
    const Outcome outcome = handset(arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(trace + ":1: cycles mean no time here"));
    arguments.insert(arguments.end(), {"--cycle", "1 ns"});
    expect_done(arguments);
}

TEST(Replay, APhoneIsPlayedThroughOneOfItsPorts) {
    const TemporaryDirectory work;
    const std::vector<std::string> port{"replay",  "soc",  "--soc",      "configs/soc/phone_8gen3.yaml",
                                        "--port",  "npu0", "--generate", "mixed",
                                        "--count", "3000", "--size",     "16 KiB"};
    const auto write = [&](const std::string& name) {
        std::vector<std::string> arguments = port;
        arguments.insert(arguments.end(), {"-o", work.file(name)});
        expect_done(arguments);
        return read_run_result(work.file(name)).counters;
    };
    const Snapshot counters = write("a.h5");
    EXPECT_EQ(counter_value(counters, "replay.reads") + counter_value(counters, "replay.writes"), 3000U);
    // 16 KiB are offered in pieces of 4 KiB, and every byte reaches the DRAM: the SLC does not keep weights.
    EXPECT_EQ(counter_value(counters, "noc.requests"), 12'000U);
    EXPECT_EQ(counter_value(counters, "dram.bytes_read") + counter_value(counters, "dram.bytes_written"),
              3000ULL * 16384);
    EXPECT_EQ(write("b.h5"), counters) << "equal replays differ";
}

TEST(Replay, ProgressIsPlainLinesAwayFromATerminal) {
    const Outcome outcome = expect_done(replay_dram({"--generate", "seqrd", "--count", "200000"}));
    EXPECT_THAT(outcome.err, StartsWith("replayed 65,536 requests (32 %)\nreplayed 131,072 requests (65 %)\n"));
}

struct BadReplay {
    std::string name;
    std::vector<std::string> arguments;
    std::string expected;
};

void PrintTo(const BadReplay& test, std::ostream* out) {
    *out << test.name;
}

class BadReplayLine : public ::testing::TestWithParam<BadReplay> {};

TEST_P(BadReplayLine, IsRefusedWithItsReason) {
    const Outcome outcome = handset(GetParam().arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, StartsWith("handset: "));
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().expected));
    EXPECT_EQ(outcome.out, "");
}

const std::vector<BadReplay> kBad{
    {"NoMemory", {"replay"}, "a verb is missing (known: dram"},
    {"UnknownMemory", {"replay", "drum"}, "unknown verb 'drum', did you mean 'dram'?"},
    {"NoPart", {"replay", "dram", "--generate", "seqrd"}, "--part is required"},
    {"MissingPart", {"replay", "dram", "--part", "/nowhere/x.yaml", "--generate", "seqrd"}, "/nowhere/x.yaml"},
    {"PartOfAnotherKind",
     {"replay", "dram", "--part", "configs/parts/ufs40.yaml", "--generate", "seqrd"},
     "configs/parts/ufs40.yaml:"},
    {"UnknownPort",
     {"replay", "soc", "--soc", "configs/soc/phone_8gen3.yaml", "--port", "slc", "--generate", "seqrd"},
     "--port: unknown port 'slc' (known: cpu0, gpu0, npu0, ufs0)"},
    {"PhoneWithWorkload",
     {"replay", "soc", "--soc", kPhone, "--port", "npu0", "--generate", "seqrd", "--set", "workload.max_tokens=1"},
     "--set workload.max_tokens=1: a replay has no workload"},
    {"NoTraffic", replay_dram({}), "one of --trace and --generate is required"},
    {"TwoTraffics", replay_dram({"--trace", "x", "--generate", "seqrd"}), "--trace and --generate exclude each other"},
    {"UnknownGenerator", replay_dram({"--generate", "seqread"}),
     "unknown generator 'seqread', did you mean 'seqrd'? (known: sequential, strided, random, mixed, rate_limited, "},
    {"UnknownFormat", replay_dram({"--trace", "x", "--format", "dramsim"}),
     "--format: unknown value 'dramsim', did you mean 'dramsim3'?"},
    {"MissingTrace", replay_dram({"--trace", "/nowhere/t"}), "cannot read /nowhere/t: No such file or directory"},
    {"TraceIsFolder", replay_dram({"--trace", "/tmp"}), "cannot read /tmp: it is a directory"},
    {"NoUnit", replay_dram({"--generate", "random", "--size", "64"}), "--size: '64' has no unit, expected a size"},
    {"WrongUnit", replay_dram({"--generate", "seqrd", "--interval", "5 B"}),
     "--interval: '5 B' is a size, expected a time"},
    {"TwoRates", replay_dram({"--generate", "seqrd", "--interval", "5 ns", "--rate", "1 GB/s"}),
     "--interval and --rate exclude each other"},
    {"NoRate", replay_dram({"--generate", "rate_limited"}), "rate_limited: needs --interval or --rate"},
    {"RateOfZero", replay_dram({"--generate", "seqrd", "--rate", "0 B/s"}), "--rate: 0 B/s never ends"},
    {"ZeroWindow", replay_dram({"--generate", "seqrd", "--window", "0"}),
     "--window: 0 is out of range, expected 1 to 1048576"},
    {"NoChunk", replay_dram({"--generate", "seqrd", "--chunk", "0 B"}), "--chunk: '0 B' is zero"},
    {"NoCycle", replay_dram({"--trace", "x", "--cycle", "0 ns"}), "--cycle: '0 ns' is zero"},
    {"NegativeWindow", replay_dram({"--generate", "seqrd", "--window", "-1"}), "--window"},
    {"ZeroCount", replay_dram({"--generate", "seqrd", "--count", "0"}), "--count: 0 requests are no traffic"},
    {"SizeOfReference", replay_dram({"--generate", "seqrd", "--size", "128 B"}),
     "seqrd: --size belongs to the definition of this reference pattern"},
    {"CountOfTrace", replay_dram({"--trace", "x", "--count", "5"}), "--count goes with --generate"},
    {"FormatOfGenerator", replay_dram({"--generate", "seqrd", "--format", "mqsim"}), "--format goes with --trace"},
    {"OutsideCapacity", replay_dram({"--generate", "random", "--span", "16 GiB"}),
     "random, request 10: address 15890080384 and 64 B lie outside the capacity of 12884901888 B"},
    {"UnknownParameter", replay_dram({"--generate", "seqrd", "--set", "chanels=2"}),
     "--set chanels=2: chanels: unknown key 'chanels', did you mean 'channels'?"},
    {"OutputIsPart", replay_dram({"--generate", "seqrd", "-o", kDram}),
     "cannot write '" + kDram + "': it is an input of this run"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadReplayLine, ::testing::ValuesIn(kBad),
                         [](const auto& test) { return test.param.name; });

struct BadTrace {
    std::string name;
    std::string text;
    std::string expected;
};

void PrintTo(const BadTrace& test, std::ostream* out) {
    *out << test.name;
}

class BadTraceFile : public ::testing::TestWithParam<BadTrace> {};

TEST_P(BadTraceFile, IsRefusedAtItsLine) {
    const TemporaryDirectory work;
    const std::string trace = work.write("trace.txt", GetParam().text);
    const std::string output = work.file("x.h5");
    const Outcome outcome = handset(replay_dram({"--trace", trace, "-o", output}));
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.err, "handset: " + trace + GetParam().expected + "\n");
    EXPECT_EQ(outcome.out, "");
    EXPECT_FALSE(std::filesystem::exists(output)) << "half a result";
}

const std::vector<BadTrace> kBadTraces{
    {"TruncatedLine", "LD 0x40\nST 0x80\nLD", ":3: expected 2 words (LD|ST ADDRESS), got 1"},
    {"TruncatedCycle", "0x40 READ 1\n0x80 READ", ":2: expected 3 words (ADDRESS READ|WRITE CYCLE), got 2"},
    {"OutsideCapacity", "LD 0x40\nLD 0x300000000\n",
     ":2: address 12884901888 and 64 B lie outside the capacity of 12884901888 B"},
    {"Empty", "", ": holds no request"},
    {"OnlyComments", "# nothing\n\n  # more of it", ": holds no request"},
    {"OtherKind", "LD 0x40\nRD 0x80\n", ":2: expected LD or ST, got 'RD'"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadTraceFile, ::testing::ValuesIn(kBadTraces),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace handset::test
