// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/nand_array.h"

#include <array>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

constexpr Femtoseconds kPage = 16'384_ns;  // 16 KiB at 1 B/ns

NandConfig nand() {
    return small_flash().nand;
}

NandStep step(NandCommand command, const PageAddress& where, Bytes bytes = 16_KiB) {
    return {{command, where, false, 0}, bytes, false, {}};
}

PageAddress at(std::uint32_t channel, std::uint32_t die, std::uint32_t plane, std::uint32_t page = 0) {
    return {channel, die, plane, 0, page};
}

Femtoseconds run(NandArray& array, Femtoseconds now, const NandStep& one) {
    std::array steps{one};
    array.run(now, steps);
    return steps[0].done;
}

Femtoseconds read(NandArray& array, Femtoseconds now, const PageAddress& where, Bytes bytes = 16_KiB) {
    return run(array, now, step(NandCommand::read, where, bytes));
}

TEST(NandArray, AnIdleReadIsCommandSenseTurnaroundTransferAndDecoding) {
    NandConfig c = nand();
    c.t_command = 300_ns;
    c.t_data_out = 40_ns;
    c.t_ecc = 2_us;
    c.parity = 64_B;
    NandArray array(c);
    // 4 KiB are eight words of 512 + 64 B: 4608 ns.
    EXPECT_EQ(read(array, 1_ms, at(0, 0, 0), 4_KiB), 1_ms + 300_ns + 50_us + 40_ns + 4608_ns + 2_us);
    EXPECT_EQ(array.activity().bus_bytes, Bytes{4608});
    EXPECT_EQ(array.activity().pages_read, 1U);
}

TEST(NandArray, WholeWordsLeaveTheRegisterAndAtLeastTheLeastRead) {
    NandConfig c = nand();
    NandArray words(c);
    EXPECT_EQ(read(words, 0_ns, at(0, 0, 0), 513_B), 50_us + 1024_ns);
    c.least_read = 16_KiB;
    NandArray pages(c);
    EXPECT_EQ(read(pages, 0_ns, at(0, 0, 0), 513_B), 50_us + kPage);
}

TEST(NandArray, PageTypesHaveTheirOwnSenseTimes) {
    NandConfig c = nand();
    c.cells.t_read = {40_us, 50_us, 70_us};
    NandArray array(c);
    for (const auto& [page, sense] : {std::pair{0U, 40_us}, {1U, 50_us}, {2U, 70_us}, {3U, 40_us}}) {
        const Femtoseconds now = 1_ms * (page + 1);
        EXPECT_EQ(read(array, now, at(0, 0, 0, page)), now + sense + kPage) << page;
    }
}

TEST(NandArray, ABusyPlaneHoldsTheNextReadUntilItsRegisterIsEmpty) {
    const Femtoseconds free = 50_us + kPage;
    for (const auto& [arrival, delay] : {std::pair{free, 0_fs}, {free - 1_fs, 1_fs}, {0_us, free}}) {
        NandArray array(nand());
        read(array, 0_us, at(0, 0, 0));
        EXPECT_EQ(read(array, arrival, at(0, 0, 0, 5)), arrival + delay + free);
    }
}

TEST(NandArray, OnlyIndependentPlanesReadAtTheSameTime) {
    for (const auto& [rule, delay] : {std::pair{PlaneReads::independent, kPage},
                                      {PlaneReads::multi_plane, 50_us + kPage},
                                      {PlaneReads::serial, 50_us + kPage}}) {
        NandConfig c = nand();
        c.plane_reads = rule;
        NandArray array(c);
        const Femtoseconds first = read(array, 0_us, at(0, 0, 0));
        EXPECT_EQ(read(array, 0_us, at(0, 0, 1)), first + delay);
        EXPECT_EQ(read(array, 0_us, at(1, 0, 0)), first) << "another channel";
    }
}

TEST(NandArray, MultiPlaneReadsSenseEqualPagesOfOneCallTogether) {
    for (const auto& [page, second] : {std::pair{7U, 50_us + 2 * kPage}, {8U, 2 * (50_us + kPage)}}) {
        NandConfig c = nand();
        c.plane_reads = PlaneReads::multi_plane;
        NandArray array(c);
        std::array steps{step(NandCommand::read, at(0, 0, 0, 7)), step(NandCommand::read, at(0, 0, 1, page))};
        array.run(0_us, steps);
        EXPECT_EQ(steps[0].done, 50_us + kPage);
        EXPECT_EQ(steps[1].done, second) << "page " << page;
    }
}

TEST(NandArray, CacheReadSensesTheNextPageWhileTheRegisterEmpties) {
    // Sense 50, transfer 16.384: uncached pages are 66.384 us apart, cached ones 50.
    const std::array<Femtoseconds, 3> expected{2 * (50_us + kPage), 100_us + kPage, 100_us + kPage};
    for (const CacheRead rule : {CacheRead::none, CacheRead::sequential, CacheRead::random}) {
        NandConfig c = nand();
        c.cache_read = rule;
        NandArray next(c);
        read(next, 0_us, at(0, 0, 0, 3));
        EXPECT_EQ(read(next, 0_us, at(0, 0, 0, 4)), expected.at(static_cast<std::size_t>(rule)));
        NandArray other(c);
        read(other, 0_us, at(0, 0, 0, 3));
        EXPECT_EQ(read(other, 0_us, at(0, 0, 0, 5)), rule == CacheRead::random ? 100_us + kPage : 2 * (50_us + kPage));
    }
}

TEST(NandArray, ASlowRegisterHoldsTheCachedPageBack) {
    NandConfig c = nand();
    c.cache_read = CacheRead::sequential;
    c.bus_rate = 100_MBps;  // a page takes 163.84 us
    NandArray array(c);
    EXPECT_EQ(read(array, 0_us, at(0, 0, 0, 0)), 50_us + 163'840_ns);
    EXPECT_EQ(read(array, 0_us, at(0, 0, 0, 1)), 50_us + 2 * 163'840_ns) << "the bus never rests";
    EXPECT_EQ(read(array, 0_us, at(0, 0, 0, 2)), 50_us + 3 * 163'840_ns);
}

TEST(NandArray, TransfersUseGapsThatEarlierOnesLeft) {
    NandArray array(nand());
    read(array, 0_us, at(0, 0, 0));
    read(array, 0_us, at(0, 0, 0, 1));  // transfers at 50 and at 116.384 us
    EXPECT_EQ(read(array, 10_us, at(0, 1, 0)), 50_us + 2 * kPage) << "after the first, long before the second";
    // Sensed at 110 us; the 6.384 us until 116.384 take twelve words of 512 ns, the other twenty follow at 132.768.
    EXPECT_EQ(read(array, 60_us, at(0, 1, 1)), 2 * (50_us + kPage) + 20 * 512_ns);
}

TEST(NandArray, ProgramsLoadTheRegisterAndOccupyTheirDie) {
    NandArray array(nand());
    EXPECT_EQ(run(array, 0_us, step(NandCommand::program, at(0, 0, 0))), kPage + 600_us);
    EXPECT_EQ(read(array, 20_us, at(0, 0, 1)), kPage + 600_us + 50_us + kPage) << "the same die";
    EXPECT_EQ(read(array, 20_us, at(0, 1, 0)), 70_us + kPage) << "another die of the channel";
}

TEST(NandArray, EqualPagesOfADieAreProgrammedTogether) {
    NandArray together(nand());
    std::array steps{step(NandCommand::program, at(0, 0, 0, 9)), step(NandCommand::program, at(0, 0, 1, 9))};
    together.run(0_us, steps);
    EXPECT_EQ(steps[1].done, 2 * kPage + 600_us);
    EXPECT_EQ(steps[0].done, steps[1].done);
    NandArray apart(nand());
    std::array other{step(NandCommand::program, at(0, 0, 0, 9)), step(NandCommand::program, at(0, 0, 1, 10))};
    apart.run(0_us, other);
    EXPECT_EQ(other[1].done, 2 * (kPage + 600_us));
}

TEST(NandArray, ErasesOccupyTheirDieWithoutTheBus) {
    NandArray array(nand());
    EXPECT_EQ(run(array, 0_us, step(NandCommand::erase, at(0, 0, 0))), 3500_us);
    EXPECT_EQ(read(array, 0_us, at(0, 1, 0)), 50_us + kPage);
    EXPECT_EQ(read(array, 0_us, at(0, 0, 1)), 3550_us + kPage);
    EXPECT_EQ(array.activity().blocks_erased, 1U);
}

TEST(NandArray, EachRetrySensesAndMovesThePageAgain) {
    NandConfig c = nand();
    c.t_ecc = 2_us;
    NandArray array(c);
    NandStep one = step(NandCommand::read, at(0, 0, 0));
    one.op.retries = 2;
    EXPECT_EQ(run(array, 0_us, one), 3 * (50_us + kPage + 2_us));
    EXPECT_EQ(array.activity().pages_read, 3U);
}

TEST(NandArray, OneBitPerCellHasItsOwnTimes) {
    NandArray array(nand());
    NandStep one = step(NandCommand::program, at(0, 0, 0));
    one.slc = true;
    EXPECT_EQ(run(array, 0_us, one), kPage + 100_us);
}

TEST(NandArray, OrderedStepsWaitForWhatTheyDependOn) {
    NandArray array(nand());
    // A page moves from one die to another, then its old block is erased and programmed.
    std::array steps{step(NandCommand::read, at(0, 0, 0)), step(NandCommand::program, at(1, 0, 0)),
                     step(NandCommand::erase, at(0, 0, 0)), step(NandCommand::program, at(0, 0, 0))};
    const Femtoseconds end = array.run_in_order(0_us, steps);
    const Femtoseconds moved = 50_us + kPage + kPage + 600_us;
    EXPECT_EQ(steps[1].done, moved);
    EXPECT_EQ(steps[2].done, moved + 3500_us);
    EXPECT_EQ(steps[3].done, moved + 3500_us + kPage + 600_us);
    EXPECT_EQ(end, steps[3].done);
}

TEST(NandArray, ReadsBetweenProgramsDoNotKeepThemApart) {
    NandArray array(nand());
    std::array steps{step(NandCommand::program, at(0, 0, 0)), step(NandCommand::read, at(1, 0, 0)),
                     step(NandCommand::program, at(0, 0, 1))};
    EXPECT_EQ(array.run_in_order(0_us, steps), 50_us + kPage + 2 * kPage + 600_us) << "both planes at once";
    EXPECT_EQ(steps[1].done, 50_us + kPage);
    EXPECT_EQ(steps[0].done, steps[2].done);
}

TEST(NandArray, ForgottenTimesAreNotBookedAgain) {
    NandArray array(nand());
    read(array, 0_us, at(0, 0, 0));
    array.forget(1_ms);
    EXPECT_EQ(read(array, 0_us, at(0, 0, 0)), 1_ms + 50_us + kPage);
}

TEST(Reservations, FindTheFirstGapThatIsLongEnough) {
    Reservations r;
    r.take(10_ns, 20_ns);
    r.take(25_ns, 30_ns);
    EXPECT_EQ(r.find(0_ns, 10_ns), 0_ns);
    EXPECT_EQ(r.find(0_ns, 11_ns), 30_ns);
    EXPECT_EQ(r.find(12_ns, 5_ns), 20_ns);
    EXPECT_EQ(r.find(12_ns, 5_ns + 1_fs), 30_ns);
    EXPECT_EQ(r.clash(20_ns, 25_ns), 0_ns);
    EXPECT_EQ(r.clash(20_ns, 25_ns + 1_fs), 30_ns);
    EXPECT_EQ(r.clash(20_ns - 1_fs, 21_ns), 20_ns);
    r.take(20_ns, 25_ns);
    EXPECT_EQ(r.find(10_ns, 1_fs), 30_ns) << "three bookings have become one";
    EXPECT_THROW(r.take(29_ns, 31_ns), ModelError);
}

TEST(Reservations, PiecesFillGapsWithoutBeingCut) {
    Reservations r;
    r.take(10_ns, 20_ns);
    std::vector<Reservations::Interval> runs;
    // Lead 1 and pieces of 4: two fit into [0, 10), the third follows at 20.
    EXPECT_EQ(r.fit(0_ns, 1_ns, 4_ns, 3, runs), 24_ns);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs[0].end, 9_ns);
    EXPECT_EQ(runs[1].begin, 20_ns);
    runs.clear();
    EXPECT_EQ(r.fit(6_ns, 1_ns, 4_ns, 1, runs), 25_ns) << "lead and first piece stay together";
}

TEST(NandConfigCheck, ReportsEachBrokenRule) {
    NandConfig c = nand();
    Errors errors;
    c.check(errors);
    c.cells.check(errors);
    EXPECT_TRUE(errors.empty());
    c.page = 1000_B;
    c.codeword = 600_B;
    c.least_read = 2000_B;
    c.check(errors);
    c.cells.t_read.clear();
    c.cells.check(errors);
    EXPECT_THAT(errors.problems(),
                testing::ElementsAre("page: must be whole sectors of 512 B",
                                     "codeword: must be whole sectors of 512 B and divide the page",
                                     "least_read: must not exceed the page", "t_read: one to four page types"));
}

}  // namespace
}  // namespace handset
