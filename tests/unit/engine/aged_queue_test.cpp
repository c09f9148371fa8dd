// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/aged_queue.h"

#include <string>

#include <gtest/gtest.h>

namespace handset {
namespace {

TEST(AgedQueue, OrdersByPriorityThenArrivalThenInitiatorThenSequence) {
    AgedQueue<std::string> queue;
    queue.push(1, 10_ns, InitiatorId{0}, "low");
    queue.push(0, 20_ns, InitiatorId{3}, "late");
    queue.push(0, 15_ns, InitiatorId{3}, "third");
    queue.push(0, 15_ns, InitiatorId{2}, "first");
    queue.push(0, 15_ns, InitiatorId{2}, "second");
    for (const char* expected : {"first", "second", "third", "late", "low"}) {
        ASSERT_EQ(queue.front(1_ms), expected) << "without a limit nobody is promoted";
        ASSERT_EQ(queue.take(1_ms), expected);
    }
    EXPECT_TRUE(queue.empty());
}

TEST(AgedQueue, PromotesWhoHasWaitedTheLimitAndNobodyAFemtosecondEarlier) {
    AgedQueue<std::string> queue(100_ns);
    queue.push(2, 10_ns, InitiatorId{0}, "low");
    queue.push(0, 50_ns, InitiatorId{1}, "high");
    EXPECT_EQ(queue.front(110_ns - 1_fs), "high");
    EXPECT_EQ(queue.front(110_ns), "low");
}

TEST(AgedQueue, AmongThePromotedTheOldestGoesFirst) {
    AgedQueue<std::string> queue(100_ns);
    queue.push(2, 12_ns, InitiatorId{0}, "younger");
    queue.push(3, 10_ns, InitiatorId{0}, "oldest");
    queue.push(0, 15_ns, InitiatorId{1}, "high");
    for (const char* expected : {"oldest", "younger", "high"}) {
        ASSERT_EQ(queue.take(200_ns), expected);
    }
}

TEST(AgedQueue, ALowPriorityWaitsItsLimitPlusOneServiceUnderEndlessHighTraffic) {
    // One request per 10 ns is served, two of priority 0 arrive per 10 ns; the low one came at 0 and is due at 100 ns.
    AgedQueue<int> queue(100_ns);
    queue.push(5, 0_ns, InitiatorId{9}, -1);
    Femtoseconds served;
    for (std::uint64_t i = 0; i < 100 && served == Femtoseconds{}; ++i) {
        const Femtoseconds now = 10_ns * i;
        queue.push(0, now, InitiatorId{0}, 1);
        queue.push(0, now, InitiatorId{1}, 2);
        served = queue.take(now) == -1 ? now : served;
    }
    EXPECT_EQ(served, 100_ns);
}

}  // namespace
}  // namespace handset
