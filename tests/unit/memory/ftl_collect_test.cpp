// SPDX-License-Identifier: Apache-2.0
// Garbage collection and wear: what they cost and that they never stall.
#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/memory/ftl_support.h"

namespace handset {
namespace {

/// Superblocks of 4 x 64 = 256 pages, 256 of them.
NandGeometry wide_nand() {
    return {.channels = 2, .dies = 1, .planes = 2, .blocks = 256, .pages = 64, .page = 16_KiB};
}

double write_amplification(const FtlActivity& before, const FtlActivity& after) {
    return static_cast<double>(after.pages_programmed - before.pages_programmed) /
           static_cast<double>(after.host_pages_written - before.host_pages_written);
}

/// Of uniform random overwrites after `warm_up` device fills, over one more fill.
double random_overwrite(const FtlConfig& config, int warm_up = 4) {
    Ftl ftl(wide_nand(), config);
    const std::uint64_t pages = ftl.logical_pages();
    ftl.preload(0, pages);
    std::mt19937_64 random(17);
    std::vector<NandOp> ops;
    FtlActivity before;
    for (int fill = 0; fill <= warm_up; ++fill) {
        before = ftl.activity();
        for (std::uint64_t i = 0; i < pages; ++i) {
            ops.clear();
            EXPECT_EQ(ftl.write(random() % pages, ops), FtlStatus::ok);
        }
    }
    return write_amplification(before, ftl.activity());
}

/// First-in first-out cleaning of T pages that hold L (Menon 1995; Desnoyers, "Analytic modeling of SSD write
/// performance", SYSTOR 2012, who shows that greedy tends to it from below with growing blocks): a page stays valid
/// through the T (1 - u) host writes of a cycle with probability u = exp(-(1 - u) T / L); amplification 1 / (1 - u).
double fifo_amplification(double t, double l) {
    double u = 0.5;
    for (int i = 0; i < 200; ++i) {
        u = std::exp(-(1 - u) * t / l);
    }
    return 1 / (1 - u);
}

TEST(FtlCollection, SequentialOverwriteProgramsEachPageOnce) {
    Ftl ftl(small_nand(), small_ftl());
    NandOracle nand(small_nand());
    std::vector<NandOp> ops;
    for (std::uint64_t i = 0; i < 10 * ftl.logical_pages(); ++i) {
        ops.clear();
        ASSERT_EQ(ftl.write(i % ftl.logical_pages(), ops), FtlStatus::ok);
        nand.execute(ops, i);
    }
    EXPECT_EQ(ftl.activity().pages_programmed, 10 * ftl.logical_pages());
    EXPECT_EQ(ftl.activity().pages_moved, 0U);
    expect_consistent(ftl);
    for (std::uint64_t page = 0; page < ftl.logical_pages(); ++page) {
        EXPECT_EQ(nand.content(*ftl.locate(page)), 9 * ftl.logical_pages() + page);
    }
}

TEST(FtlCollection, UniformOverwriteCostsWhatGreedyCollectionMust) {
    for (const std::uint32_t over_provisioning : {70U, 120U, 200U, 350U}) {
        FtlConfig c;
        c.over_provisioning = over_provisioning;
        // Five superblocks take no part on average: the three or four free ones, and the victim, the host's and the
        // collector's open superblock are each half used.
        const double t = 251.0 * 256;
        const double l = std::floor(256.0 * 256 * (1000 - over_provisioning) / 1000);
        const double fifo = fifo_amplification(t, l);
        const double measured = random_overwrite(c);
        EXPECT_LT(measured, fifo) << over_provisioning;
        EXPECT_GT(measured, 0.88 * fifo) << over_provisioning;
    }
}

TEST(FtlCollection, RandomGreedyIsALittleWorseThanGreedy) {
    FtlConfig c;
    c.over_provisioning = 120;
    const double greedy = random_overwrite(c);
    c.gc_policy = GcPolicy::random_greedy;
    c.gc_samples = 16;
    const double sampled = random_overwrite(c);
    c.gc_samples = 2;
    const double poorly_sampled = random_overwrite(c);
    EXPECT_GT(sampled, greedy);
    EXPECT_LT(sampled, 1.25 * greedy);
    EXPECT_GT(poorly_sampled, sampled);
}

TEST(FtlCollection, MoreSpareNeverCostsMore) {
    double before = 1e9;
    for (const std::uint32_t over_provisioning : {40U, 80U, 160U, 320U, 640U}) {
        FtlConfig c;
        c.over_provisioning = over_provisioning;
        const double cost = random_overwrite(c, 2);
        EXPECT_LT(cost, before);
        before = cost;
    }
}

TEST(FtlCollection, TheLeastSpareThatIsAllowedNeverStalls) {
    // 4096 pages, 2 + 3 superblocks of 128 working: 640 / 4096 = 15.6 %.
    FtlConfig c = small_ftl();
    c.gc_threshold = 2;
    c.over_provisioning = 157;
    Errors errors;
    c.check_geometry(small_nand(), errors);
    ASSERT_TRUE(errors.empty());
    --c.over_provisioning;
    c.check_geometry(small_nand(), errors);
    ASSERT_FALSE(errors.empty()) << "the limit itself";
    ++c.over_provisioning;
    for (const GcPolicy policy : {GcPolicy::greedy, GcPolicy::random_greedy}) {
        c.gc_policy = policy;
        Ftl ftl(small_nand(), c);
        ftl.preload(0, ftl.logical_pages());
        std::mt19937_64 random(3);
        std::vector<NandOp> ops;
        for (int i = 0; i < 100'000; ++i) {
            ops.clear();
            ASSERT_EQ(ftl.write(random() % ftl.logical_pages(), ops), FtlStatus::ok) << i;
        }
        expect_consistent(ftl);
    }
}

TEST(FtlCollection, MovesComeInSmallPartsBetweenTheWritesOfTheHost) {
    FtlConfig c;
    c.over_provisioning = 120;
    Ftl ftl(wide_nand(), c);
    ftl.preload(0, ftl.logical_pages());
    std::mt19937_64 random(5);
    std::vector<NandOp> ops;
    std::size_t longest = 0;
    for (int i = 0; i < 200'000; ++i) {
        ops.clear();
        ftl.write(random() % ftl.logical_pages(), ops);
        longest = std::max(longest, ops.size());
    }
    // Amplification is about 4: three moves (a read and a program each) per write on average. A whole victim at once
    // would be up to 2 * 256 operations.
    EXPECT_LT(longest, 64U);
}

/// Spread of erases after overwriting only the first tenth of the device, which is full.
std::uint32_t hot_spot_spread(std::uint32_t wear_gap) {
    FtlConfig c = small_ftl();
    c.wear_gap = wear_gap;
    Ftl ftl(small_nand(), c);
    ftl.preload(0, ftl.logical_pages());
    std::mt19937_64 random(11);
    std::vector<NandOp> ops;
    for (int i = 0; i < 300'000; ++i) {
        ops.clear();
        EXPECT_EQ(ftl.write(random() % (ftl.logical_pages() / 10), ops), FtlStatus::ok);
    }
    expect_consistent(ftl);
    std::uint32_t least = UINT32_MAX;
    std::uint32_t most = 0;
    for (std::uint32_t block = 0; block < small_nand().blocks; ++block) {
        least = std::min(least, ftl.medium().erases(block));
        most = std::max(most, ftl.medium().erases(block));
    }
    return most - least;
}

TEST(FtlWear, LevellingBoundsTheSpreadOfErases) {
    // 300000 writes / 128 pages are 2344 erases of at least. Unlevelled, cold superblocks are never erased; levelled,
    // one job per collection keeps up with the gap.
    EXPECT_GT(hot_spot_spread(0), 100U);
    EXPECT_LE(hot_spot_spread(8), 8U + 8U);
    EXPECT_LE(hot_spot_spread(32), 32U + 8U);
}

TEST(FtlWear, TheLeastWornFreeSuperblockIsTakenNext) {
    Ftl ftl(small_nand(), small_ftl());
    std::vector<NandOp> ops;
    for (std::uint64_t i = 0; i < 32 * 128 * 5; ++i) {
        ftl.write(i % 128, ops);
    }
    std::uint32_t least = UINT32_MAX;
    std::uint32_t most = 0;
    for (std::uint32_t block = 0; block < small_nand().blocks; ++block) {
        least = std::min(least, ftl.medium().erases(block));
        most = std::max(most, ftl.medium().erases(block));
    }
    EXPECT_LE(most - least, 1U) << "no cold data: dynamic levelling alone";
    EXPECT_GE(least, 3U);
}

}  // namespace
}  // namespace handset
