// SPDX-License-Identifier: Apache-2.0
// Which runs a channel has to look at: the oldest of each bank, the oldest hits, and those over several bank groups.
#include "hw_models/dram/dram_queue.h"

#include <vector>

#include <gtest/gtest.h>

namespace handset {
namespace {

using Slots = std::vector<std::uint32_t>;

class DramQueueTest : public ::testing::Test {
  protected:
    /// A run over `groups` bank groups from `bank` of rank 1 on.
    std::uint32_t push(std::uint32_t bank, std::uint64_t row, bool hit = false, std::uint32_t groups = 1) {
        DramQueueEntry entry;
        entry.run.rank = 1;
        entry.run.row = row;
        entry.run.groups = groups;
        entry.bank = bank;
        return queue.push(entry, hit);
    }
    std::uint32_t oldest(std::uint32_t bank) { return queue.banks(1)[bank].runs.front().slot; }
    std::uint32_t oldest_hit(std::uint32_t bank) { return queue.banks(1)[bank].hit.slot; }

    DramQueue queue{2, 8};
};

TEST_F(DramQueueTest, BanksWaitUntilTheirLastRunIsRemoved) {
    const std::uint32_t a = push(3, 10);
    const std::uint32_t b = push(3, 11);
    const std::uint32_t c = push(5, 10);
    EXPECT_EQ(queue.waiting(1), (1U << 3) | (1U << 5));
    EXPECT_EQ(queue.waiting(0), 0U);
    queue.remove(a);
    EXPECT_EQ(queue.waiting(1), (1U << 3) | (1U << 5));
    EXPECT_EQ(oldest(3), b);
    queue.remove(b);
    EXPECT_EQ(queue.waiting(1), 1U << 5);
    queue.remove(c);
    EXPECT_EQ(queue.waiting(1), 0U);
    EXPECT_TRUE(queue.empty());
}

TEST_F(DramQueueTest, TheOldestIsTheOneThatCameFirstWhateverItsSlot) {
    const std::uint32_t a = push(0, 1);
    const std::uint32_t b = push(1, 1);
    queue.remove(a);
    const std::uint32_t c = push(0, 2);  // may take the slot of the first
    EXPECT_EQ(queue.oldest(), b);
    EXPECT_LT(queue[b].number, queue[c].number);
    queue.remove(b);
    EXPECT_EQ(queue.oldest(), c);
}

TEST_F(DramQueueTest, OpeningARowFindsItsOldestRun) {
    push(2, 7);
    const std::uint32_t first = push(2, 8);
    const std::uint32_t second = push(2, 8);
    EXPECT_EQ(queue.hits(1), 0U);
    EXPECT_EQ(queue.open(1, 2, 8), 2U);
    EXPECT_EQ(queue.hits(1), 1U << 2);
    EXPECT_EQ(oldest_hit(2), first);
    queue.remove(first);
    EXPECT_EQ(oldest_hit(2), second);
    queue.remove(second);
    EXPECT_EQ(queue.hits(1), 0U);  // the run for row 7 still waits
    EXPECT_EQ(queue.waiting(1), 1U << 2);
    EXPECT_EQ(queue.open(1, 2, 9), 0U);
    EXPECT_EQ(queue.hits(1), 0U);
}

TEST_F(DramQueueTest, ALaterHitDoesNotPassAnEarlierOne) {
    const std::uint32_t miss = push(4, 1);
    const std::uint32_t first = push(4, 2, true);
    push(4, 2, true);
    EXPECT_EQ(oldest(4), miss);
    EXPECT_EQ(oldest_hit(4), first);
}

TEST_F(DramQueueTest, RunsOverSeveralGroupsAreKeptApart) {
    const std::uint32_t a = push(0, 1, true, 4);
    const std::uint32_t b = push(0, 1, false, 2);
    EXPECT_EQ(queue.wide(), (Slots{a, b}));
    EXPECT_EQ(queue.waiting(1), 0U);
    EXPECT_EQ(queue.open(1, 0, 1), 0U);
    EXPECT_EQ(queue.oldest(), a);
    queue.remove(a);
    EXPECT_EQ(queue.wide(), Slots{b});
    EXPECT_EQ(queue.oldest(), b);
}

}  // namespace
}  // namespace handset
