// SPDX-License-Identifier: Apache-2.0
// Trace files of other simulators, good and hostile.
#include "workloads/traces/memory_trace.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

namespace handset {
namespace {

using test::TemporaryDirectory;
using ::testing::HasSubstr;

class MemoryTrace : public ::testing::Test {
  protected:
    std::unique_ptr<TrafficSource> open(const std::string& text, TraceFormat format = TraceFormat::automatic) {
        test::write_text(path_, text);
        return open_trace(path_, {.format = format, .request_size = 64, .clock = 1250_ps});
    }
    std::vector<MemoryRequest> read(const std::string& text, TraceFormat format = TraceFormat::automatic) {
        const std::unique_ptr<TrafficSource> source = open(text, format);
        std::vector<MemoryRequest> requests;
        for (MemoryRequest request; source->next(request);) {
            requests.push_back(request);
        }
        return requests;
    }
    std::string error_of(const std::string& text, TraceFormat format = TraceFormat::automatic) {
        try {
            read(text, format);
        } catch (const ConfigError& error) {
            const std::string message = error.what();
            EXPECT_TRUE(message.starts_with(path_)) << message;
            return message.substr(std::min(message.size(), path_.size()));
        }
        return "";
    }

    TemporaryDirectory folder_;
    std::string path_ = folder_.file("trace.txt");
};

void expect_request(const MemoryRequest& request, Address address, std::uint32_t size, bool write) {
    EXPECT_EQ(request.address, address);
    EXPECT_EQ(request.size, size);
    EXPECT_EQ(request.write, write);
}

TEST_F(MemoryTrace, RamulatorLoadsAndStoresAreTheBlocksThatHoldThem) {
    const std::vector<MemoryRequest> requests = read("LD 0x1040\nST 4100\r\n\n# remark\n  LD\t0X3f");
    ASSERT_EQ(requests.size(), 3U);
    expect_request(requests[0], 0x1040, 64, false);
    expect_request(requests[1], 4096, 64, true);
    expect_request(requests[2], 0, 64, false);
    EXPECT_FALSE(requests[0].timed);
}

TEST_F(MemoryTrace, Dramsim3CyclesBecomeTimesOfItsClock) {
    const std::vector<MemoryRequest> requests = read("0x1000 READ 0\n20C0 WRITE 8\n0x40 write 8\n");
    ASSERT_EQ(requests.size(), 3U);
    expect_request(requests[0], 0x1000, 64, false);
    expect_request(requests[1], 0x20C0, 64, true);
    expect_request(requests[2], 0x40, 64, true);
    EXPECT_TRUE(requests[1].timed);
    EXPECT_EQ(requests[1].due, 10_ns) << "8 cycles of 1.25 ns";
}

TEST_F(MemoryTrace, MqsimSectorsAre512BytesAndZeroWrites) {
    const std::vector<MemoryRequest> requests = read("4851300 1 524288 16 0\n4864300 1 3 1 1\n");
    ASSERT_EQ(requests.size(), 2U);
    expect_request(requests[0], 524288ULL * 512, 8192, true);
    expect_request(requests[1], 1536, 512, false);
    EXPECT_EQ(requests[0].due, Femtoseconds{4'851'300'000'000});
}

TEST_F(MemoryTrace, LinesAcrossTheReadBufferStayWhole) {
    std::string text;
    for (std::uint64_t i = 0; i < 20000; ++i) {  // 260 KiB: four buffers
        text += "LD " + std::to_string(i * 64 + 1'000'000'000) + "\n";
    }
    const std::unique_ptr<TrafficSource> source = open(text);
    MemoryRequest request;
    for (std::uint64_t i = 0; i < 20000; ++i) {
        ASSERT_TRUE(source->next(request));
        ASSERT_EQ(request.address, i * 64 + 1'000'000'000 - 1'000'000'000 % 64);
    }
    EXPECT_EQ(source->where(), path_ + ":20000");
    EXPECT_EQ(source->percent_done(), 100U);
    EXPECT_FALSE(source->next(request));
}

TEST_F(MemoryTrace, AFileWithoutARequestIsAnError) {
    EXPECT_EQ(error_of(""), ": holds no request");
    EXPECT_EQ(error_of("# nothing\n\n"), ": holds no request");
    EXPECT_EQ(error_of("\r\n \t\n"), ": holds no request");
    EXPECT_EQ(error_of("# something\nLD 0x40\n"), "");
}

struct BadLine {
    std::string text;
    TraceFormat format;
    std::string expected;
};

TEST_F(MemoryTrace, ABadLineIsNamedWithItsReason) {
    const std::string huge(100'000, '7');
    const std::vector<BadLine> lines{
        {"LD 0x0\nLD\n", TraceFormat::automatic, ":2: expected 2 words (LD|ST ADDRESS), got 1"},
        {"LD 0x0\nXX 0x40\n", TraceFormat::automatic, ":2: expected LD or ST, got 'XX'"},
        {"LD zero\n", TraceFormat::automatic, ":1: address 'zero' is no number"},
        {"LD 0x\n", TraceFormat::automatic, ":1: address '0x' is no number"},
        {"LD -64\n", TraceFormat::automatic, ":1: address '-64' is no number"},
        {"LD 0x10000000000000000\n", TraceFormat::automatic, ":1: address '0x10000000000000000' does not fit 64 bits"},
        {"R 0,0,1,2,3,4\n", TraceFormat::automatic, ":1: read/write traces name bank, row and column"},
        {"hello\n", TraceFormat::automatic, ":1: not a request of any known format (ramulator: "},
        {"0x0 READ 0\n0x40 REED 1\n", TraceFormat::automatic, ":2: expected READ or WRITE, got 'REED'"},
        {"0x0 READ 5\n0x40 READ 4\n", TraceFormat::automatic, ":2: the time lies before the one of the previous"},
        {"0x0 READ\n", TraceFormat::dramsim3, ":1: expected 3 words (ADDRESS READ|WRITE CYCLE), got 2"},
        {"0x0 READ 1.5\n", TraceFormat::dramsim3, ":1: cycle '1.5' is no number"},
        {"1 0 0 8 2\n", TraceFormat::automatic, ":1: expected 1 or 0, got '2'"},
        {"1 0 0 0 1\n", TraceFormat::automatic, ":1: '0' sectors are out of range, expected 1 to 2097152"},
        {"1 0 99999999999999999 8 1\n", TraceFormat::automatic, ":1: sector '99999999999999999' is out of range"},
        {"1 0 0 8\n", TraceFormat::mqsim, ":1: expected 5 words"},
        {"LD 0x0\n", TraceFormat::mqsim, ":1: expected 5 words"},
        {huge, TraceFormat::automatic, ":1: the line has more than 1000 characters"},
        {std::string("\x01\xff\0 x", 5), TraceFormat::automatic, ":1: not a request of any known format"},
    };
    for (const BadLine& line : lines) {
        EXPECT_THAT(error_of(line.text, line.format), HasSubstr(line.expected)) << line.text.substr(0, 60);
    }
}

TEST_F(MemoryTrace, TimesBeyondTheSimulatedRangeAreRefused) {
    EXPECT_THROW(read("99999999999999999999999 0 0 8 1\n"), ConfigError);
    EXPECT_THROW(read("18446744073709551615 0 0 8 1\n"), ConfigError);
}

TEST_F(MemoryTrace, AFileThatCannotBeReadIsNamed) {
    try {
        open_trace("/nowhere/trace.txt", {});
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), "cannot read /nowhere/trace.txt: No such file or directory");
    }
    EXPECT_THROW(open_trace("/tmp", {}), ConfigError);
}

}  // namespace
}  // namespace handset
