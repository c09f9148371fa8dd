// SPDX-License-Identifier: Apache-2.0
// The rules by which traffic is played, against a memory simple enough to compute by hand.
#include "sim/replay/replay.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

/// Serves one piece after the other; a piece leaves its queue when its service starts and completes when it ends.
class FakeMemory final : public ReplayTarget {
  public:
    struct Submitted {
        Femtoseconds time;
        Address address = 0;
        std::uint64_t size = 0;
        bool write = false;
    };

    FakeMemory(const ReplayRules& rules, std::size_t depth, Femtoseconds service)
        : rules_(rules), depth_(depth), service_(service) {}

    [[nodiscard]] ReplayRules rules() const override { return rules_; }
    [[nodiscard]] bool accepts(Address /*address*/, std::uint64_t /*size*/, bool /*write*/) const override {
        return waiting_.size() < depth_;
    }
    void submit(Femtoseconds now, Address address, std::uint64_t size, bool write, std::uint32_t token) override {
        EXPECT_EQ(now, now_) << "offered at a time the memory was not advanced to";
        EXPECT_EQ(now % rules_.clock, 0_fs);
        EXPECT_EQ(token == kPostedToken, write && rules_.posted_writes);
        submitted.push_back({now, address, size, write});
        waiting_.push_back({now, token});
    }
    [[nodiscard]] Femtoseconds next_event() const override {
        return waiting_.empty() ? kNoEvent : std::max(free_at_, waiting_.front().arrival);
    }
    void advance(Femtoseconds now) override {
        EXPECT_GE(now, now_) << "time ran backwards";
        now_ = now;
        while (next_event() <= now) {
            free_at_ = next_event() + service_;
            completions_.push_back({waiting_.front().token, free_at_});
            waiting_.pop_front();
        }
    }
    [[nodiscard]] Femtoseconds idle_since() const override { return free_at_; }
    bool take_completion(ReplayCompletion& completion) override {
        if (completions_.empty()) {
            return false;
        }
        completion = completions_.front();
        completions_.pop_front();
        return true;
    }

    std::vector<Submitted> submitted;

  private:
    struct Waiting {
        Femtoseconds arrival;
        std::uint32_t token = 0;
    };

    ReplayRules rules_;
    std::size_t depth_;
    Femtoseconds service_;
    std::deque<Waiting> waiting_;
    std::deque<ReplayCompletion> completions_;
    Femtoseconds free_at_;
    Femtoseconds now_;
};

class Requests final : public TrafficSource {
  public:
    explicit Requests(std::vector<MemoryRequest> requests) : requests_(std::move(requests)) {}

    bool next(MemoryRequest& request) override {
        if (next_ == requests_.size()) {
            return false;
        }
        request = requests_[next_++];
        return true;
    }
    [[nodiscard]] std::string where() const override { return "request " + std::to_string(next_ - 1); }
    [[nodiscard]] unsigned percent_done() const override { return 0; }

  private:
    std::vector<MemoryRequest> requests_;
    std::size_t next_ = 0;
};

std::vector<MemoryRequest> sequential(std::size_t count, std::uint32_t size = 64, bool write = false) {
    std::vector<MemoryRequest> requests;
    for (std::size_t i = 0; i < count; ++i) {
        requests.push_back({.address = i * size, .size = size, .write = write, .timed = false, .due = {}});
    }
    return requests;
}

ReplayRules rules(bool posted_writes = true) {
    // One 32-byte burst per clock of 1 ns.
    return {.capacity = 1_MiB, .clock = 1_ns, .bytes_per_clock = 32, .posted_writes = posted_writes};
}

ReplayResult play(FakeMemory& memory, std::vector<MemoryRequest> requests, std::uint32_t window = 16,
                  std::uint64_t chunk = 32) {
    Requests source(std::move(requests));
    return Replay(memory, source, {.window = window, .chunk = chunk, .progress = {}}).run();
}

TEST(Replay, OffersTheBurstsOfARequestOnConsecutiveClocks) {
    FakeMemory memory(rules(), 100, 5_ns);
    const ReplayResult result = play(memory, sequential(2));
    ASSERT_EQ(memory.submitted.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(memory.submitted[i].time, 1_ns * i);
        EXPECT_EQ(memory.submitted[i].address, 32 * i);
        EXPECT_EQ(memory.submitted[i].size, 32U);
    }
    // Four services back to back: the first request ends at 10 ns, the second, offered at 2 ns, at 20 ns.
    EXPECT_EQ(result.time, 20_ns);
    EXPECT_EQ(result.read_latency.least(), 10_ns);
    EXPECT_EQ(result.read_latency.largest(), 18_ns);
    EXPECT_EQ(result.bytes_read, 128_B);
    EXPECT_DOUBLE_EQ(result.bandwidth(), 128 / 20e-9);
}

TEST(Replay, ClosedLoopOffersAReadWhenAnotherEnds) {
    FakeMemory memory(rules(), 100, 5_ns);
    const ReplayResult result = play(memory, sequential(3), 1);
    EXPECT_EQ(memory.submitted[2].time, 10_ns) << "the very clock at which the last byte of the first one came";
    EXPECT_EQ(memory.submitted[4].time, 20_ns);
    EXPECT_EQ(result.read_latency.percentile(100), 10_ns);
    EXPECT_EQ(result.most_under_way, 1U);
    EXPECT_DOUBLE_EQ(result.mean_under_way(), 1.0);
}

TEST(Replay, LatencyCountsFromTheFirstOfferThoughItWasRefused) {
    // Queue of one piece: piece 0 starts at 0, piece 1 waits from 1 ns on; request 1 is first offered at 2 ns and
    // refused until 10 ns, when piece 1 starts.
    FakeMemory memory(rules(), 1, 10_ns);
    const ReplayResult result = play(memory, sequential(2));
    EXPECT_EQ(memory.submitted[2].time, 10_ns);
    EXPECT_EQ(memory.submitted[3].time, 20_ns);
    EXPECT_EQ(result.time, 40_ns);
    EXPECT_EQ(result.read_latency.largest(), 38_ns);
}

TEST(Replay, ARefusedRequestBlocksThoseBehindIt) {
    FakeMemory memory(rules(), 1, 10_ns);
    play(memory, sequential(5));
    for (std::size_t i = 1; i < memory.submitted.size(); ++i) {
        EXPECT_EQ(memory.submitted[i].address, 32 * i);
        EXPECT_GE(memory.submitted[i].time, memory.submitted[i - 1].time + 1_ns);
    }
}

TEST(Replay, PostedWritesNeverCountAgainstTheWindow) {
    FakeMemory memory(rules(), 100, 10_ns);
    const ReplayResult result = play(memory, sequential(4, 64, true), 1);
    EXPECT_EQ(memory.submitted.back().time, 7_ns) << "eight bursts, one per clock";
    EXPECT_EQ(result.time, 80_ns) << "the last of eight bursts of 10 ns is written";
    EXPECT_EQ(result.write_latency.count(), 0U);
    EXPECT_EQ(result.bytes_written, 256_B);
    EXPECT_EQ(result.most_under_way, 0U);
}

TEST(Replay, OtherWritesCountAndCompleteAsReadsDo) {
    FakeMemory memory(rules(false), 100, 10_ns);
    const ReplayResult result = play(memory, sequential(2, 64, true), 1);
    EXPECT_EQ(memory.submitted[2].time, 20_ns);
    EXPECT_EQ(result.time, 40_ns);
    EXPECT_EQ(result.write_latency.percentile(50), 20_ns);
}

TEST(Replay, DueTimesHoldRequestsBackAndStartTheirLatency) {
    std::vector<MemoryRequest> requests = sequential(3);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        requests[i].timed = true;
        requests[i].due = 15'500_ps * i;
    }
    FakeMemory memory(rules(), 100, 10_ns);
    const ReplayResult result = play(memory, requests, 1000);
    EXPECT_EQ(memory.submitted[2].time, 16_ns) << "the clock behind 15.5 ns";
    EXPECT_EQ(memory.submitted[4].time, 31_ns);
    // Services: 0-20, 20-40, 40-60 ns; due at 0, 15.5 and 31 ns.
    EXPECT_EQ(result.read_latency.least(), 20_ns);
    EXPECT_EQ(result.read_latency.largest(), 29_ns);
    EXPECT_EQ(result.most_under_way, 2U) << "the first ends at 20 ns, before the third is due";
}

TEST(Replay, WholeRequestsTakeTheClocksOfTheirBursts) {
    FakeMemory memory(rules(), 100, 1_ns);
    play(memory, sequential(3, 256), 16, 0);
    ASSERT_EQ(memory.submitted.size(), 3U);
    EXPECT_EQ(memory.submitted[1].size, 256U);
    EXPECT_EQ(memory.submitted[1].time, 8_ns);
    EXPECT_EQ(memory.submitted[2].time, 16_ns);
}

TEST(Replay, SeveralBurstsFitTheClockOfAWidePort) {
    ReplayRules wide = rules();
    wide.bytes_per_clock = 64;
    FakeMemory memory(wide, 100, 1_ns);
    play(memory, sequential(3, 32));
    EXPECT_EQ(memory.submitted[0].time, 0_ns);
    EXPECT_EQ(memory.submitted[1].time, 0_ns);
    EXPECT_EQ(memory.submitted[2].time, 1_ns);
}

TEST(Replay, PiecesEndAtBurstBoundaries) {
    FakeMemory memory(rules(), 100, 1_ns);
    const ReplayResult result = play(memory, {{.address = 48, .size = 32, .write = false, .timed = false, .due = {}}});
    ASSERT_EQ(memory.submitted.size(), 2U);
    EXPECT_EQ(memory.submitted[0].size, 16U);
    EXPECT_EQ(memory.submitted[1].address, 64U);
    EXPECT_EQ(result.reads, 1U);
}

TEST(Replay, RequestsTooLargeForTheMemoryAreSplit) {
    ReplayRules narrow = rules();
    narrow.largest = 128;
    FakeMemory memory(narrow, 100, 1_ns);
    const ReplayResult result = play(memory, sequential(1, 256), 16, 0);
    ASSERT_EQ(memory.submitted.size(), 2U);
    EXPECT_EQ(memory.submitted[1].size, 128U);
    EXPECT_EQ(memory.submitted[1].time, 4_ns);
    EXPECT_EQ(result.read_latency.count(), 1U);
}

TEST(Replay, RefusesAddressesOutsideTheCapacity) {
    const auto error_of = [](Address address, std::uint32_t size) {
        FakeMemory memory(rules(), 100, 1_ns);
        try {
            play(memory, {{.address = address, .size = size, .write = false, .timed = false, .due = {}}});
        } catch (const ConfigError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(error_of((1 << 20) - 64, 64), "");
    EXPECT_EQ(error_of((1 << 20) - 63, 64),
              "request 0: address 1048513 and 64 B lie outside the capacity of 1048576 B");
    EXPECT_NE(error_of(UINT64_MAX, 64), "") << "the end of the request would wrap";
    EXPECT_NE(error_of(0, (1 << 20) + 1), "");
}

TEST(Replay, RefusesAWindowOfNothingOrOfEverything) {
    FakeMemory memory(rules(), 1, 1_ns);
    EXPECT_THROW(play(memory, sequential(1), 0), ConfigError);
    EXPECT_THROW(play(memory, sequential(1), UINT32_MAX), ConfigError);
}

TEST(Replay, NoTrafficTakesNoTime) {
    FakeMemory memory(rules(), 1, 1_ns);
    const ReplayResult result = play(memory, {});
    EXPECT_EQ(result.requests(), 0U);
    EXPECT_EQ(result.bandwidth(), 0.0);
    EXPECT_EQ(result.mean_under_way(), 0.0);
}

TEST(Replay, ReportsProgress) {
    FakeMemory memory(rules(), 100, 1_ns);
    Requests source(
        std::vector<MemoryRequest>(100'000, {.address = 0, .size = 32, .write = false, .timed = false, .due = {}}));
    std::vector<std::uint64_t> seen;
    Replay(memory, source, {.window = 4, .chunk = 0, .progress = [&](std::uint64_t n) { seen.push_back(n); }}).run();
    EXPECT_THAT(seen, ::testing::ElementsAre(32768, 65536, 98304));
}

}  // namespace
}  // namespace handset
