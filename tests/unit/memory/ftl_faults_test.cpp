// SPDX-License-Identifier: Apache-2.0
// Operations that fail: ECC retries, bad blocks, a device that runs out of spare blocks.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/memory/ftl_support.h"

namespace handset {
namespace {

/// Reads `count` pages of a preloaded device; the number of operations with 0, 1, ... retries.
std::vector<int> retry_histogram(const FtlConfig& config, int count) {
    Ftl ftl(small_nand(), config);
    ftl.preload(0, ftl.logical_pages());
    std::vector<int> histogram(config.faults.retry_steps + 1);
    std::vector<NandOp> ops;
    for (int i = 0; i < count; ++i) {
        ops.clear();
        ftl.read(static_cast<std::uint64_t>(i) % ftl.logical_pages(), ops);
        ++histogram.at(ops.at(0).retries);
    }
    return histogram;
}

TEST(FtlReadFaults, RetriesFollowTheirRates) {
    FtlConfig c = small_ftl();
    c.faults.read_failure = 100'000;
    c.faults.retry_failure = 250'000;
    c.faults.retry_steps = 3;
    const std::vector<int> histogram = retry_histogram(c, 100'000);
    // 10 % fail first; of those 75 % succeed with one retry, 18.75 % with two, the other 6.25 % take all three.
    // Three standard deviations of 7500 are 250, of 1875 130, of 625 75.
    EXPECT_NEAR(histogram[0], 90'000, 300);
    EXPECT_NEAR(histogram[1], 7500, 250);
    EXPECT_NEAR(histogram[2], 1875, 130);
    EXPECT_NEAR(histogram[3], 625, 75);
    EXPECT_EQ(retry_histogram(c, 100'000), histogram) << "equal seed, equal faults";
    c.faults.seed = 2;
    EXPECT_NE(retry_histogram(c, 100'000), histogram);
}

TEST(FtlReadFaults, AReadIsUncorrectableAfterItsLastRetry) {
    FtlConfig c = small_ftl();
    c.faults.read_failure = 1'000'000;
    c.faults.retry_failure = 1'000'000;
    c.faults.retry_steps = 7;
    Ftl ftl(small_nand(), c);
    ftl.preload(0, 10);
    std::vector<NandOp> ops;
    EXPECT_EQ(ftl.read(4, ops), FtlStatus::uncorrectable);
    EXPECT_THAT(ops, testing::ElementsAre(NandOp{.where = {.plane = 1}, .retries = 7}));
    EXPECT_EQ(ftl.activity().uncorrectable, 1U);
    EXPECT_EQ(ftl.activity().read_retries, 7U);
}

TEST(FtlReadFaults, WhatCollectionCouldNotReadStaysMarkedUntilItIsWritten) {
    FtlConfig c = small_ftl();
    c.faults.read_failure = 20'000;
    c.faults.retry_failure = 1'000'000;
    Ftl ftl(small_nand(), c);
    ftl.preload(0, ftl.logical_pages());
    std::mt19937_64 random(23);
    std::vector<NandOp> ops;
    for (int i = 0; i < 20'000; ++i) {
        ftl.write(random() % (ftl.logical_pages() / 2) * 2, ops);
    }
    // Odd pages were only moved. One in fifty of their moves failed; the mark moves along.
    std::vector<std::uint64_t> marked;
    for (std::uint64_t page = 1; page < ftl.logical_pages(); page += 2) {
        if (ftl.medium().damaged(ftl.medium().number(ftl.locate(page).value()))) {
            marked.push_back(page);
            EXPECT_EQ(ftl.read(page, ops), FtlStatus::uncorrectable);
        }
    }
    ASSERT_GT(marked.size(), 10U);
    Ftl recovered(c, ftl.medium());
    EXPECT_EQ(recovered.read(marked[0], ops), FtlStatus::uncorrectable) << "the mark survives a power loss";
    ftl.write(marked[0], ops);
    EXPECT_FALSE(ftl.medium().damaged(ftl.medium().number(ftl.locate(marked[0]).value())));
}

/// Random overwrites of a full device until a write is refused, or `limit`. Every acknowledged page must read back.
struct Endurance {
    std::uint64_t acknowledged = 0;
    FtlActivity activity;
    bool read_only = false;
};

Endurance wear_out(const FtlConfig& config, std::uint64_t limit) {
    Ftl ftl(small_nand(), config);
    NandOracle nand(small_nand());
    std::vector<std::uint64_t> shadow(ftl.logical_pages());
    ftl.preload(0, ftl.logical_pages());
    for (std::uint64_t page = 0; page < shadow.size(); ++page) {
        nand.preload(ftl.locate(page).value(), shadow[page] = page);
    }
    std::mt19937_64 random(29);
    std::vector<NandOp> ops;
    Endurance result;
    for (std::uint64_t content = 1'000'000; result.acknowledged < limit && !ftl.read_only(); ++content) {
        const std::uint64_t page = random() % shadow.size();
        ops.clear();
        const FtlStatus status = ftl.write(page, ops);
        nand.execute(ops, content);
        if (status == FtlStatus::ok) {
            shadow[page] = content;
            ++result.acknowledged;
        }
    }
    for (std::uint64_t page = 0; page < shadow.size(); ++page) {
        ops.clear();
        EXPECT_EQ(ftl.read(page, ops), FtlStatus::ok);
        EXPECT_EQ(nand.content(ops.at(0).where), shadow[page]) << page;
    }
    expect_consistent(ftl);
    result.activity = ftl.activity();
    result.read_only = ftl.read_only();
    return result;
}

TEST(FtlBadBlocks, AFailedProgramMovesThePageAndRetiresItsBlock) {
    FtlConfig c = small_ftl();
    c.faults.program_failure = 1000;
    Ftl ftl(small_nand(), c);
    std::vector<NandOp> ops;
    std::uint64_t page = 0;
    while (ftl.activity().bad_blocks == 0) {
        ops.clear();
        ASSERT_EQ(ftl.write(page++, ops), FtlStatus::ok);
    }
    ASSERT_EQ(ops.size(), 2U) << "two programs: the failed one and the one that counts";
    const PageAddress failed = ops[0].where;
    EXPECT_NE(ops[1].where, failed);
    EXPECT_EQ(ftl.locate(page - 1), ops[1].where);
    EXPECT_TRUE(ftl.medium().bad(failed.block, ftl.medium().plane_of(ftl.medium().number(failed))));
    // The next writes take its other pages along; after one write per page of a block it holds nothing.
    for (std::uint32_t i = 0; i < small_nand().pages; ++i) {
        ftl.write(page++, ops);
    }
    for (std::uint64_t written = 0; written < page; ++written) {
        PageAddress where = ftl.locate(written).value();
        where.page = failed.page;
        EXPECT_NE(where, failed);
    }
    expect_consistent(ftl);
}

TEST(FtlBadBlocks, NothingAcknowledgedIsLostUntilTheDeviceIsReadOnly) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        FtlConfig c = small_ftl();
        c.faults.seed = seed;
        c.faults.program_failure = 200;
        c.faults.erase_failure = 1000;
        const Endurance result = wear_out(c, 1'000'000);
        EXPECT_TRUE(result.read_only);
        // 820 spare pages less four superblocks of 128, two reserved and two open: at least 19 and, were all of it
        // used, 51 blocks of 16 can go.
        EXPECT_GE(result.activity.bad_blocks, 19U);
        EXPECT_LE(result.activity.bad_blocks, 52U);
        EXPECT_GT(result.acknowledged, 5'000U);
    }
}

TEST(FtlBadBlocks, EraseFailuresAloneEndTheDevice) {
    FtlConfig c = small_ftl();
    c.faults.erase_failure = 1'000'000;
    const Endurance result = wear_out(c, 1'000'000);
    EXPECT_TRUE(result.read_only);
    EXPECT_EQ(result.activity.erases, result.activity.bad_blocks);
    EXPECT_GE(result.acknowledged, 128U);
}

TEST(FtlBadBlocks, ProgramsThatAlwaysFailAcknowledgeNothing) {
    FtlConfig c = small_ftl();
    c.faults.program_failure = 1'000'000;
    const Endurance result = wear_out(c, 1000);
    EXPECT_TRUE(result.read_only);
    EXPECT_EQ(result.acknowledged, 0U);
}

TEST(FtlBadBlocks, ADeviceWithoutFaultsNeverGoesReadOnly) {
    const Endurance result = wear_out(small_ftl(), 100'000);
    EXPECT_FALSE(result.read_only);
    EXPECT_EQ(result.activity.bad_blocks, 0U);
}

TEST(FtlBadBlocks, AReadOnlyDeviceRefusesWritesAndStillReads) {
    FtlConfig c = small_ftl();
    c.faults.program_failure = 1'000'000;
    Ftl ftl(small_nand(), c);
    ftl.preload(0, 10);
    std::vector<NandOp> ops;
    EXPECT_EQ(ftl.write(3, ops), FtlStatus::read_only);
    ops.clear();
    EXPECT_EQ(ftl.write(4, ops), FtlStatus::read_only);
    EXPECT_THAT(ops, testing::IsEmpty());
    EXPECT_EQ(ftl.read(3, ops), FtlStatus::ok);
}

}  // namespace
}  // namespace handset
