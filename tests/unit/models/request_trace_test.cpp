// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/request_trace.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset {
namespace {

using ::testing::StartsWith;

class RequestTrace : public ::testing::Test {
  protected:
    std::vector<TracedRequest> read(const std::string& text, const RequestTraceOptions& options = {}) {
        return read_request_trace(directory_.write("trace.csv", text), options);
    }
    std::string refusal(const std::string& text, const RequestTraceOptions& options = {}) {
        const std::string message = test::config_error([&] { (void)read(text, options); });
        const std::string file = directory_.file("trace.csv");
        return message.rfind(file, 0) == 0 ? message.substr(file.size()) : message;
    }

  private:
    test::TemporaryDirectory directory_;
};

TEST_F(RequestTrace, ReadsColumnsInAnyOrder) {
    const auto requests =
        read("# ours\n\nconversation, output_tokens,arrival,prompt_tokens\r\nchat, 5, 1.5 ,20\n,7,2.000000000000001,3");
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].conversation, "chat");
    EXPECT_EQ(requests[0].output_tokens, 5U);
    EXPECT_EQ(requests[0].prompt_tokens, 20U);
    EXPECT_EQ(requests[0].arrival, 0_fs);  // times count from the first request taken
    EXPECT_EQ(requests[1].conversation, "");
    EXPECT_EQ(requests[1].arrival, 500_ms + 1_fs);
}

TEST_F(RequestTrace, LengthsAloneHaveNoArrival) {
    const auto requests = read("prompt_tokens,output_tokens\n1,1048576\n");
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].output_tokens, 1U << 20);
    EXPECT_FALSE(requests[0].arrival.has_value());
}

TEST_F(RequestTrace, TakesAPart) {
    const std::string text = "prompt_tokens,output_tokens,arrival\n1,1,1\n2,1,3\n3,1,4.25\n4,1,9\n";
    const auto requests = read(text, {.from = 1, .limit = 2, .scale_arrivals = 0.5});
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].prompt_tokens, 2U);
    EXPECT_EQ(requests[0].arrival, 0_s);
    EXPECT_EQ(requests[1].prompt_tokens, 3U);
    EXPECT_EQ(requests[1].arrival, 625_ms);  // (4.25 - 3) / 2
    EXPECT_EQ(refusal(text, {.from = 4}), ": holds no request behind the first 4");
}

// Over the end of February of a leap year and of a common one.
TEST_F(RequestTrace, DatesFollowTheCalendar) {
    const auto requests = read(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-02-28 23:59:59.9799600,374,44\n2024-02-29 00:00:00,396,109\n"
        "2024-02-29 03:00:00.5,396,109\n");
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].prompt_tokens, 374U);
    EXPECT_EQ(requests[0].output_tokens, 44U);
    EXPECT_EQ(requests[1].arrival, 20'040_us);
    EXPECT_EQ(requests[2].arrival, 10'800_s + 520'040_us);
    const auto common =
        read("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-02-28 23:59:59,1,1\n2023-03-01 00:00:00,1,1\n");
    EXPECT_EQ(common[1].arrival, 1_s);
}

TEST_F(RequestTrace, BadFilesAreRefusedWithTheirPlace) {
    const std::string head = "prompt_tokens,output_tokens,arrival\n";
    EXPECT_EQ(refusal(""), ": holds no request");
    EXPECT_EQ(refusal(head), ": holds no request");
    EXPECT_EQ(refusal("prompt_tokens,arrival\n1,1\n"), ":1:1: there is no column 'output_tokens'");
    EXPECT_EQ(refusal("prompt_tokens, output_tokens, ContextTokens\n"),
              ":1:31: the column 'ContextTokens' is there twice");
    EXPECT_THAT(refusal("prompt_tokens,output_token\n"),
                StartsWith(":1:15: unknown column 'output_token', did you mean 'output_tokens'?"));
    EXPECT_EQ(refusal("prompt_tokens,output_tokens,arrival,TIMESTAMP\n"), ":1:1: there are two columns of times");
    EXPECT_EQ(refusal(head + "1,2\n"), ":2:3: expected 3 values, got 2");
    EXPECT_EQ(refusal(head + "1,2,3,4\n"), ":2:7: expected 3 values, got 4");
    EXPECT_EQ(refusal(head + "1,2,0\nx, 2,3\n"), ":3:1: expected a number of tokens, got 'x'");
    EXPECT_EQ(refusal(head + "1, ,3\n"), ":2:4: expected a number of tokens, got ''");
    EXPECT_EQ(refusal(head + "1,-2,3\n"), ":2:3: expected a number of tokens, got '-2'");
    EXPECT_EQ(refusal(head + "1.5,2,3\n"), ":2:1: expected a number of tokens, got '1.5'");
    EXPECT_EQ(refusal(head + "0,2,3\n"), ":2:1: '0' tokens are out of range, expected 1 to 1048576");
    EXPECT_EQ(refusal(head + "1048577,2,3\n"), ":2:1: '1048577' tokens are out of range, expected 1 to 1048576");
    EXPECT_EQ(refusal(head + "1,99999999999999999999,3\n"),
              ":2:3: '99999999999999999999' tokens are out of range, expected 1 to 1048576");
    EXPECT_EQ(refusal(head + "1,2,now\n"), ":2:5: expected a number of seconds, got 'now'");
    EXPECT_EQ(refusal(head + "1,2,-1\n"), ":2:5: expected a number of seconds, got '-1'");
    EXPECT_EQ(refusal(head + "1,2,1e3\n"), ":2:5: expected a number of seconds, got '1e3'");
    EXPECT_EQ(refusal(head + "1,2,99999999999999999999\n"),
              ":2:5: expected a number of seconds, got '99999999999999999999'");
    EXPECT_EQ(refusal(head + "1,2,3\n1,2,2.9\n"), ":3:5: the request arrives before the one above it");
    EXPECT_EQ(refusal(head + "1,2,3\n1,2,18446744073709551615\n"),
              ":3:5: the request arrives more than 14400 s after the first one taken");
    EXPECT_EQ(refusal(head + "1,2,0\n1,2,14400\n", {.scale_arrivals = 1.1}),
              ":3:5: the request arrives more than 14400 s after the first one taken");
    EXPECT_EQ(refusal("prompt_tokens,output_tokens,conversation\n1,2,\"a\"\n"),
              ":2:5: quoted fields are not understood");
    EXPECT_EQ(refusal("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-01 00:00:00,1,1\n"),
              ":2:1: expected a time such as 2023-11-16 18:17:03.9799600, got '2023-13-01 00:00:00'");
    EXPECT_EQ(refusal("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16T18:17:03,1,1\n"),
              ":2:1: expected a time such as 2023-11-16 18:17:03.9799600, got '2023-11-16T18:17:03'");
    EXPECT_THAT(test::config_error([] { (void)read_request_trace("/nowhere.csv", {}); }),
                StartsWith("cannot read /nowhere.csv: "));
}

// The real traces, where they are: 8819 and 19366 requests by their line counts; the first lines by hand.
TEST(AzureTrace, IsRead) {
    const char* const shared = std::getenv("HANDSET_SHARED_DATA");
    const std::string folder = (shared != nullptr ? std::string(shared) : HANDSET_DEFAULT_SHARED_DATA) + "/traces/";
    if (!std::filesystem::exists(folder + "AzureLLMInferenceTrace_code.csv")) {
        GTEST_SKIP() << "needs the Azure LLM inference traces in " << folder;
    }
    const auto code = read_request_trace(folder + "AzureLLMInferenceTrace_code.csv", {});
    EXPECT_EQ(code.size(), 8819U);
    EXPECT_EQ(code[0].prompt_tokens, 4808U);
    EXPECT_EQ(code[1].output_tokens, 8U);
    EXPECT_EQ(code[1].arrival, 52_ms);  // 04.0319600 - 03.9799600
    EXPECT_EQ(read_request_trace(folder + "AzureLLMInferenceTrace_conv.csv", {}).size(), 19366U);
}

}  // namespace
}  // namespace handset
