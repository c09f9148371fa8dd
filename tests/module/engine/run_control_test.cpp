// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/run_control.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/engine/timed_queue.h"

namespace handset {
namespace {

TEST(RunControl, StopsWhenTheWorkIsDoneNotWhenEventsEnd) {
    int finished = 0;
    TimedQueue<int> queue("queue", [&](int value) {
        finished += value;
        if (finished == 2) {
            pause_run();
        }
    });
    queue.schedule(10_us, 1);
    queue.schedule(20_us, 1);
    queue.schedule(30_us, 1);
    RunHooks hooks;
    hooks.done = [&] { return finished >= 2; };
    hooks.dump = [] { return std::string(); };
    EXPECT_EQ(run_until_done(hooks), 20_us);
    EXPECT_EQ(finished, 2);
}

TEST(RunControl, AQuietRunWithWorkLeftIsAModelErrorWithTheDump) {
    TimedQueue<int> queue("queue", [](int) {});
    queue.schedule(10_us, 1);
    RunHooks hooks;
    hooks.done = [] { return false; };
    hooks.dump = [] { return std::string("npu0: busy with 'matmul'"); };
    try {
        run_until_done(hooks);
        FAIL() << "the watchdog slept";
    } catch (const ModelError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("with work left"));
        EXPECT_THAT(error.what(), testing::HasSubstr("npu0: busy with 'matmul'"));
    }
}

TEST(RunControl, ContinuesWhereItStopped) {
    int finished = 0;
    int goal = 1;
    TimedQueue<int> queue("queue", [&](int value) {
        finished += value;
        if (finished == goal) {
            pause_run();
        }
    });
    queue.schedule(10_us, 1);
    queue.schedule(20_us, 1);
    RunHooks hooks;
    hooks.done = [&] { return finished >= goal; };
    hooks.dump = [] { return std::string(); };
    EXPECT_EQ(run_until_done(hooks), 10_us);
    goal = 2;
    EXPECT_EQ(run_until_done(hooks), 20_us);
}

TEST(RunControl, ASliceWithoutEventsDoesNotHoldTimeStill) {
    bool finished = false;
    TimedQueue<int> queue("queue", [&](int) {
        finished = true;
        pause_run();
    });
    queue.schedule(35_us, 1);
    int calls = 0;
    RunHooks hooks;
    hooks.done = [&] { return finished; };
    hooks.dump = [] { return std::string(); };
    hooks.progress = [&] { ++calls; };
    hooks.slice = 10_us;
    EXPECT_EQ(run_until_done(hooks), 35_us);
    EXPECT_GE(calls, 1);
}

TEST(RunControl, ADriverOutsideSeesEverythingUpToItsTime) {
    std::vector<int> seen;
    TimedQueue<int> queue("queue", [&](int value) {
        seen.push_back(value);
        if (value == 2) {
            queue.schedule(simulated_now(), 3);  // one round later, at the same time
        }
    });
    run_until(0_us);
    EXPECT_EQ(next_event_time(), std::nullopt);
    queue.schedule(10_us, 1);
    queue.schedule(20_us, 2);
    EXPECT_EQ(next_event_time(), 10_us);
    run_until(10_us);
    EXPECT_EQ(seen, std::vector<int>({1}));
    EXPECT_EQ(next_event_time(), 20_us);
    run_until(20_us);
    EXPECT_EQ(seen, std::vector<int>({1, 2, 3}));
    run_until(30_us);
    EXPECT_EQ(simulated_now(), 30_us) << "time passes without events";
}

}  // namespace
}  // namespace handset
