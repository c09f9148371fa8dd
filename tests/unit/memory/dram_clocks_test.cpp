// SPDX-License-Identifier: Apache-2.0
// Times of a data sheet in whole clocks, spacings derived from them, and clock edges in femtoseconds.
#include "hw_models/dram/dram_clocks.h"

#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"
#include "tests/unit/memory/dram_parts.h"

namespace handset {
namespace {

std::uint32_t rcd_clocks(Femtoseconds t_rcd, Hertz data_rate) {
    DramConfig config = small_dram();
    config.data_rate = data_rate;
    config.timing.t_rcd = t_rcd;
    return DramClocks(config).rcd;
}

TEST(DramClocks, ATimeMayBeMissedByLessThanTwoPointSixPercentOfAClock) {
    // 800 MHz: a clock is 1.25 ns, 2.6 % of it 32.5 ps; the rule counts in thousandths of a clock (1.25 ps).
    EXPECT_EQ(rcd_clocks(0_ns, 6400_MHz), 0U);
    EXPECT_EQ(rcd_clocks(1_ps, 6400_MHz), 0U);
    EXPECT_EQ(rcd_clocks(18'750_ps, 6400_MHz), 15U);
    EXPECT_EQ(rcd_clocks(18'782'499_fs, 6400_MHz), 15U) << "one femtosecond less than 32.5 ps above 15 clocks";
    EXPECT_EQ(rcd_clocks(18'782'500_fs, 6400_MHz), 16U);
    EXPECT_EQ(rcd_clocks(17'534_ps, 6400_MHz), 15U) << "34 ps above 14 clocks";
    EXPECT_EQ(rcd_clocks(17'532_ps, 6400_MHz), 14U) << "32 ps above";
}

TEST(DramClocks, AWrittenOutTimeOfWholeClocksStaysWhole) {
    // 1056 MHz (8448 MT/s): 4 clocks are 3.787878... ns; a data sheet says 3.788 ns, 0.13 thousandths too long.
    EXPECT_EQ(rcd_clocks(3'788_ps, 8448_MHz), 4U);
    EXPECT_EQ(rcd_clocks(3'787_ps, 8448_MHz), 4U);
    EXPECT_EQ(rcd_clocks(3'814_ps, 8448_MHz), 5U) << "4 clocks and 2.8 %";
    // t_rcd 18.75 ns is 19.8 clocks.
    EXPECT_EQ(rcd_clocks(18'750_ps, 8448_MHz), 20U);
}

TEST(DramClocks, DerivedSpacingsOfLpddr5AreThoseOfTheReferenceSet) {
    const DramClocks c(dram_part("lpddr5_6400_ref"));
    EXPECT_EQ(c.read_data, 17U);
    EXPECT_EQ(c.write_data, 9U);
    EXPECT_EQ(c.burst, 2U);
    EXPECT_EQ(c.read_write, 12U);    // RL 17 + 2 + turnaround 2 - WL 9
    EXPECT_EQ(c.write_read, 16U);    // WL 9 + 2 + t_wtr 5
    EXPECT_EQ(c.write_read_l, 23U);  // WL 9 + 2 + t_wtr_l 12
    EXPECT_EQ(c.read_precharge, 8U);
    EXPECT_EQ(c.write_precharge, 39U);  // WL 9 + 2 + t_wr 28
    EXPECT_EQ(c.rcd, 15U);
    EXPECT_EQ(c.rp, 15U);
    EXPECT_EQ(c.rp_all, 17U);
    EXPECT_EQ(c.ras, 34U);
    EXPECT_EQ(c.rc, 49U);
    EXPECT_EQ(c.rrd, 4U);
    EXPECT_EQ(c.rrd_l, 4U) << "0 means as t_rrd";
    EXPECT_EQ(c.faw, 16U);
    EXPECT_EQ(c.ccd_l, 4U);
    EXPECT_EQ(c.refi, 3125U);
    EXPECT_EQ(c.refi_bank, 195U);  // 3125 / 16
    EXPECT_EQ(c.rfc, 168U);
    EXPECT_EQ(c.request, 1U);
}

TEST(DramClocks, DerivedSpacingsOfLpddr4AreThoseOfTheReferenceSet) {
    const DramClocks c(dram_part("lpddr4_3200_ref"));
    EXPECT_EQ(c.read_data, 37U);
    EXPECT_EQ(c.write_data, 17U);
    EXPECT_EQ(c.burst, 8U);
    EXPECT_EQ(c.read_write, 30U);    // 37 + 8 + 2 - 17
    EXPECT_EQ(c.write_read, 39U);    // 17 + 8 + 14
    EXPECT_EQ(c.write_read_l, 39U);  // no bank groups
    EXPECT_EQ(c.read_precharge, 18U);
    EXPECT_EQ(c.write_precharge, 54U);  // 17 + 8 + 29
    EXPECT_EQ(c.rcd, 29U);
    EXPECT_EQ(c.rp, 27U);
    EXPECT_EQ(c.rp_all, 32U);
    EXPECT_EQ(c.ras, 70U);
    EXPECT_EQ(c.rc, 97U);
    EXPECT_EQ(c.rrd, 16U);
    EXPECT_EQ(c.faw, 64U);
    EXPECT_EQ(c.ccd_l, 8U);
    EXPECT_EQ(c.ppd, 4U);
    EXPECT_EQ(c.refi, 6246U);
    EXPECT_EQ(c.rfc, 446U);
    EXPECT_EQ(c.activate, 4U);
}

TEST(DramClocks, ARowCycleIsNeverShorterThanOpeningAndClosing) {
    DramConfig config = small_dram();
    config.timing.t_rc = 45_ns;  // 36 clocks; t_ras 34 + t_rp 15
    EXPECT_EQ(DramClocks(config).rc, 49U);
    config.timing.t_rc = 62'500_ps;
    EXPECT_EQ(DramClocks(config).rc, 50U);
}

TEST(DramClocks, AWriteDirectlyAfterAReadKeepsOneClockOfCommandBus) {
    DramConfig config = small_dram();
    config.timing.write_latency = 40_ns;  // 32 clocks: write data come long after read data 17 + 2 + 2
    EXPECT_EQ(DramClocks(config).read_write, 1U);
}

TEST(DramTimeBase, ConvertsBackAndForthWhereAPeriodIsNoWholeNumberOfFemtoseconds) {
    // 1056 MHz: 946 969.69... fs. Edge n lies at ceil(n / f): 1 at 946 970, 2 at 1 893 940, 33 at 31 250 000 exactly.
    const DramTimeBase base(1056_MHz);
    EXPECT_EQ(base.time(1), 946'970_fs);
    EXPECT_EQ(base.time(2), 1'893'940_fs);
    EXPECT_EQ(base.time(33), 31'250'000_fs);
    EXPECT_EQ(base.edge_after(946'970_fs), 1U);
    EXPECT_EQ(base.edge_after(946'971_fs), 2U);
    EXPECT_EQ(base.edge_after(1_fs), 1U);
    EXPECT_EQ(base.edge_before(946'969_fs), 0U);
    EXPECT_EQ(base.edge_before(946'970_fs), 1U);
    EXPECT_EQ(base.edge_before(0_fs), 0U);
}

TEST(DramTimeBase, RoundTripsAtEveryEdgeAndOneFemtosecondBeside) {
    for (const Hertz clock : {1056_MHz, 800_MHz, 1600_MHz, 921'500'000_Hz, 2133_MHz, 1_Hz * 999'999'937}) {
        const DramTimeBase base(clock);
        // Around zero, an hour and everything between by factors of 7.
        for (DramClock start = 1; start < 4'000'000'000'000; start *= 7) {
            for (DramClock edge = start; edge < start + 50; ++edge) {
                const Femtoseconds at = base.time(edge);
                ASSERT_EQ(base.edge_before(at), edge) << clock.count();
                ASSERT_EQ(base.edge_after(at), edge) << clock.count();
                ASSERT_EQ(base.edge_before(at - 1_fs), edge - 1) << clock.count();
                ASSERT_EQ(base.edge_after(at + 1_fs), edge + 1) << clock.count();
            }
        }
    }
}

}  // namespace
}  // namespace handset
