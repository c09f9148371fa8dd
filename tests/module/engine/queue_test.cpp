// SPDX-License-Identifier: Apache-2.0
// TimedQueue, Arbiter and the alarms below them: when and in which order values come out.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine/arbiter.h"
#include "sim/engine/timed_queue.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(TimedQueue, DeliversByTimeThenInsertion) {
    std::vector<std::pair<int, std::uint64_t>> seen;
    TimedQueue<int> queue("queue", [&](int value) { seen.emplace_back(value, simulated_now().count()); });
    queue.schedule(30_fs, 1);
    queue.schedule(10_fs, 2);
    queue.schedule(30_fs, 3);
    queue.schedule(20_fs, 4);
    EXPECT_FALSE(queue.empty());
    sc_core::sc_start();
    EXPECT_THAT(seen, ElementsAre(Pair(2, 10U), Pair(4, 20U), Pair(1, 30U), Pair(3, 30U)));
    EXPECT_TRUE(queue.empty());
}

// b is made and set before a; both ring at 10 fs, and what they set for that moment rings after both.
TEST(Alarm, AMomentRunsInRoundsByNameHoweverTheAlarmsWereMade) {
    std::vector<std::string> rung;
    Alarm last("z", [&] { rung.emplace_back("z"); });
    Alarm first("a_again", [&] { rung.emplace_back("a_again"); });
    Alarm b("b", [&] {
        rung.emplace_back("b");
        first.set(simulated_now());
    });
    Alarm a("a", [&] {
        rung.emplace_back("a");
        last.set(simulated_now());
    });
    b.set(10_fs);
    a.set(10_fs);
    sc_core::sc_start();
    EXPECT_THAT(rung, ElementsAre("a", "b", "a_again", "z"));
}

TEST(Alarm, RingsAtTheEarliestOfItsTimesOnly) {
    std::vector<std::uint64_t> rung;
    Alarm alarm("alarm", [&] { rung.push_back(simulated_now().count()); });
    alarm.set(30_fs);
    alarm.set(10_fs);
    alarm.set(20_fs);
    sc_core::sc_start();
    EXPECT_THAT(rung, ElementsAre(10U));
}

TEST(TimedQueue, HandlersMayScheduleEarlierThanWhatIsPending) {
    std::vector<std::pair<int, std::uint64_t>> seen;
    TimedQueue<int>* self = nullptr;
    TimedQueue<int> queue("queue", [&](int value) {
        seen.emplace_back(value, simulated_now().count());
        if (value == 1) {
            self->schedule(simulated_now(), 2);
            self->schedule(simulated_now() + 5_fs, 3);
        }
    });
    self = &queue;
    queue.schedule(10_fs, 1);
    queue.schedule(100_fs, 4);
    sc_core::sc_start();
    EXPECT_THAT(seen, ElementsAre(Pair(1, 10U), Pair(2, 10U), Pair(3, 15U), Pair(4, 100U)));
}

TEST(Arbiter, ServesByPriorityThenAgeThenInitiator) {
    std::vector<std::string> served;
    Arbiter<std::string>* self = nullptr;
    bool open = false;
    Arbiter<std::string> arbiter("arbiter", [&] {
        while (open && !self->empty()) {
            served.push_back(self->take());
        }
    });
    self = &arbiter;
    TimedQueue<int> script("script", [&](int step) {
        if (step == 0) {
            arbiter.request(1, InitiatorId{5}, "old, low");
            arbiter.request(0, InitiatorId{5}, "old, high, initiator 5");
            arbiter.request(0, InitiatorId{5}, "the same again");
            arbiter.request(0, InitiatorId{2}, "old, high, initiator 2");
        } else if (step == 1) {
            arbiter.request(0, InitiatorId{1}, "new, high");
            EXPECT_EQ(arbiter.size(), 5U);
        } else {
            open = true;
            arbiter.wake();
        }
    });
    for (const int step : {0, 1, 2}) {
        script.schedule(Femtoseconds{10} * static_cast<std::uint64_t>(step + 1), step);
    }
    sc_core::sc_start();
    EXPECT_THAT(served, ElementsAre("old, high, initiator 2", "old, high, initiator 5", "the same again", "new, high",
                                    "old, low"));
}

TEST(Arbiter, CollectsAllRequestsOfAMomentBeforeItServes) {
    std::vector<int> served;
    Arbiter<int>* self = nullptr;
    Arbiter<int> arbiter("arbiter", [&] {
        while (!self->empty()) {
            served.push_back(self->take());
        }
    });
    self = &arbiter;
    // Two processes of the same delta: whichever runs first, initiator 1 goes first.
    TimedQueue<int> late("late", [&](int value) { arbiter.request(0, InitiatorId{9}, value); });
    TimedQueue<int> early("early", [&](int value) { arbiter.request(0, InitiatorId{1}, value); });
    late.schedule(10_fs, 90);
    early.schedule(10_fs, 10);
    sc_core::sc_start();
    EXPECT_THAT(served, ElementsAre(10, 90));
}

}  // namespace
}  // namespace handset
