// SPDX-License-Identifier: Apache-2.0
// Every constraint between commands of one rank, probed at one clock too early and at the first that is allowed.
#include "hw_models/dram/dram_rank.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

// Banks 0-3 are group 0, 4-7 group 1 and so on.
enum class Do : std::uint8_t { act, pre, read, write, refresh, ask_act, ask_pre, ask_read, ask_write };

struct Step {
    Do what = Do::act;
    std::uint32_t bank = 0;
    DramClock at = 0;
};

/// A rank that is refreshed first at `first_refresh`.
struct Bench {
    explicit Bench(const DramConfig& c, DramClock first_refresh = 1000)
        : config(c), clocks(config), rank(config, clocks, first_refresh) {}

    void perform(const Step& step) {
        switch (step.what) {
            case Do::act:
                return rank.activate(step.bank, 7, step.at, activity);
            case Do::pre:
                return rank.precharge(step.bank, step.at, true, activity);
            case Do::refresh:
                return rank.refresh(activity);
            default:
                rank.column(step.bank, step.what == Do::write, step.at);
        }
    }
    [[nodiscard]] DramClock ready(Do what, std::uint32_t bank) const {
        switch (what) {
            case Do::ask_act:
                return rank.activate_ready(bank);
            case Do::ask_pre:
                return rank.bank(bank).precharge_ready;
            default:
                return rank.column_ready(bank, what == Do::ask_write);
        }
    }

    DramConfig config;
    DramClocks clocks;
    DramRank rank;
    DramActivity activity;
};

struct Case {
    const char* constraint;
    /// Lengthens the constraint by one clock.
    void (*lengthen)(DramConfig&);
    std::vector<Step> before;
    Do probed = Do::ask_act;
    std::uint32_t bank = 0;
    DramClock earliest = 0;
    RefreshMode refresh = RefreshMode::all_bank;
};

constexpr Femtoseconds kClock{1'250'000};

/// Counts of clocks as in small_dram: t_rcd 15, t_rp 15, t_rp_all 17, t_ras 34, t_rc 49, t_rrd 4, t_faw 32, t_rtp 8,
/// t_wr 28, t_wtr 5, t_wtr_l 12, RL 17, WL 9, burst 2, ccd_l 4, t_rfc 168, t_rfc_bank 96, t_pbr_act 6; t_rrd_l is 7.
std::vector<Case> cases() {
    std::vector<Case> all{
        {"t_rcd to RD", [](DramConfig& c) { c.timing.t_rcd += kClock; }, {{Do::act, 0, 100}}, Do::ask_read, 0, 115},
        {"t_rcd to WR", [](DramConfig& c) { c.timing.t_rcd += kClock; }, {{Do::act, 0, 100}}, Do::ask_write, 0, 115},
        {"t_ras", [](DramConfig& c) { c.timing.t_ras += kClock; }, {{Do::act, 0, 100}}, Do::ask_pre, 0, 134},
        {"t_rp",
         [](DramConfig& c) { c.timing.t_rp += kClock; },
         {{Do::act, 0, 100}, {Do::pre, 0, 200}},
         Do::ask_act,
         0,
         215},
        // Closed as early as t_ras allows, at 134: t_rp ends at 149 with t_rc.
        {"t_rc",
         [](DramConfig& c) { c.timing.t_rc += kClock; },
         {{Do::act, 0, 100}, {Do::pre, 0, 134}},
         Do::ask_act,
         0,
         149},
        {"t_rrd", [](DramConfig& c) { c.timing.t_rrd += kClock; }, {{Do::act, 0, 100}}, Do::ask_act, 4, 104},
        {"t_rrd_l", [](DramConfig& c) { c.timing.t_rrd_l += kClock; }, {{Do::act, 0, 100}}, Do::ask_act, 1, 107},
        {"t_faw",
         [](DramConfig& c) { c.timing.t_faw += kClock; },
         {{Do::act, 0, 100}, {Do::act, 4, 104}, {Do::act, 8, 108}, {Do::act, 12, 112}},
         Do::ask_act,
         1,
         132},
        {"t_faw slides",
         [](DramConfig& c) { c.timing.t_faw += kClock; },
         {{Do::act, 0, 100}, {Do::act, 4, 110}, {Do::act, 8, 114}, {Do::act, 12, 118}, {Do::act, 1, 132}},
         Do::ask_act,
         5,
         142},
        {"t_rtp",
         [](DramConfig& c) { c.timing.t_rtp += kClock; },
         {{Do::act, 0, 100}, {Do::read, 0, 200}},
         Do::ask_pre,
         0,
         208},
        {"t_wr",
         [](DramConfig& c) { c.timing.t_wr += kClock; },
         {{Do::act, 0, 100}, {Do::write, 0, 200}},
         Do::ask_pre,
         0,
         239},  // WL 9 + burst 2 + 28
        {"WL before t_wr",
         [](DramConfig& c) { c.timing.write_latency += kClock; },
         {{Do::act, 0, 100}, {Do::write, 0, 200}},
         Do::ask_pre,
         0,
         239},
        {"t_wtr",
         [](DramConfig& c) { c.timing.t_wtr += kClock; },
         {{Do::act, 0, 100}, {Do::act, 4, 104}, {Do::write, 0, 200}},
         Do::ask_read,
         4,
         216},  // 9 + 2 + 5
        {"t_wtr_l",
         [](DramConfig& c) { c.timing.t_wtr_l += kClock; },
         {{Do::act, 0, 100}, {Do::act, 1, 107}, {Do::write, 0, 200}},
         Do::ask_read,
         1,
         223},  // 9 + 2 + 12
        {"WL before t_wtr",
         [](DramConfig& c) { c.timing.write_latency += kClock; },
         {{Do::act, 0, 100}, {Do::act, 4, 104}, {Do::write, 0, 200}},
         Do::ask_read,
         4,
         216},
        {"n_ccd_l of reads",
         [](DramConfig& c) { ++c.timing.n_ccd_l; },
         {{Do::act, 0, 100}, {Do::act, 1, 107}, {Do::read, 0, 200}},
         Do::ask_read,
         1,
         204},
        {"n_ccd_l of writes",
         [](DramConfig& c) { ++c.timing.n_ccd_l; },
         {{Do::act, 0, 100}, {Do::act, 1, 107}, {Do::write, 0, 200}},
         Do::ask_write,
         1,
         204},
        // Refresh falls due at 1000.
        {"t_rfc", [](DramConfig& c) { c.timing.t_rfc += kClock; }, {{Do::refresh}}, Do::ask_act, 9, 1168},
        {"t_rp_all before t_rfc",
         [](DramConfig& c) { c.timing.t_rp_all += kClock; },
         {{Do::act, 0, 100}, {Do::refresh}},
         Do::ask_act,
         9,
         1185},  // 1000 + 17 + 168
        {"t_rp before t_rfc",
         [](DramConfig& c) { c.timing.t_rp += kClock; },
         {{Do::act, 0, 100}, {Do::pre, 0, 995}, {Do::refresh}},
         Do::ask_act,
         9,
         1178},  // 995 + 15 + 168
        {"t_ras before a refresh",
         [](DramConfig& c) { c.timing.t_ras += kClock; },
         {{Do::act, 0, 990}, {Do::refresh}},
         Do::ask_act,
         9,
         1209},  // 990 + 34 + 17 + 168
        {"t_wr before a refresh",
         [](DramConfig& c) { c.timing.t_wr += kClock; },
         {{Do::act, 0, 100}, {Do::write, 0, 990}, {Do::refresh}},
         Do::ask_act,
         9,
         1214},  // 990 + 39 + 17 + 168
    };
    const std::vector<Case> of_banks{
        {"t_rfc_bank", [](DramConfig& c) { c.timing.t_rfc_bank += kClock; }, {{Do::refresh}}, Do::ask_act, 0, 1096},
        {"t_pbr_act", [](DramConfig& c) { c.timing.t_pbr_act += kClock; }, {{Do::refresh}}, Do::ask_act, 1, 1006},
        {"t_rp before t_rfc_bank",
         [](DramConfig& c) { c.timing.t_rp += kClock; },
         {{Do::act, 0, 100}, {Do::refresh}},
         Do::ask_act,
         0,
         1111},  // 1000 + 15 + 96
        {"t_rrd before a refresh of a bank",
         [](DramConfig& c) { c.timing.t_rrd += kClock; },
         {{Do::act, 5, 998}, {Do::refresh}},
         Do::ask_act,
         0,
         1098},  // 998 + 4 + 96
    };
    for (const Case& c : of_banks) {
        all.push_back(c);
        all.back().refresh = RefreshMode::per_bank;
    }
    return all;
}

DramConfig config_of(const Case& c) {
    DramConfig config = small_dram();
    config.timing.t_rrd_l = 8'750_ps;
    config.controller.refresh = c.refresh;
    return config;
}

TEST(DramRank, EachConstraintEndsAtItsClockAndNotBefore) {
    for (const Case& c : cases()) {
        SCOPED_TRACE(c.constraint);
        Bench bench(config_of(c));
        for (const Step& step : c.before) {
            bench.perform(step);
        }
        const DramClock ready = bench.ready(c.probed, c.bank);
        EXPECT_FALSE(c.earliest - 1 >= ready) << "one clock too early";
        EXPECT_TRUE(c.earliest >= ready);
    }
}

TEST(DramRank, AConstraintOfOneClockMoreEndsOneClockLater) {
    for (const Case& c : cases()) {
        SCOPED_TRACE(c.constraint);
        DramConfig config = config_of(c);
        c.lengthen(config);
        Bench bench(config);
        for (const Step& step : c.before) {
            bench.perform(step);
        }
        EXPECT_EQ(bench.ready(c.probed, c.bank), c.earliest + 1);
    }
}

TEST(DramRank, ConstraintsOfABankDoNotBindOthers) {
    Bench bench(config_of({}));
    bench.perform({Do::act, 0, 100});
    bench.perform({Do::act, 8, 104});
    bench.perform({Do::read, 0, 200});
    EXPECT_EQ(bench.ready(Do::ask_pre, 8), 138U) << "t_ras only";
    EXPECT_LE(bench.ready(Do::ask_read, 8), 200U) << "n_ccd_l binds its group; the bus is the channel's";
    EXPECT_LE(bench.ready(Do::ask_write, 8), 200U);
    bench.perform({Do::pre, 0, 220});
    EXPECT_LE(bench.ready(Do::ask_act, 4), 200U);
}

TEST(DramRank, AReadDoesNotShortenWhatAWriteDemands) {
    Bench bench(config_of({}));
    bench.perform({Do::act, 0, 100});
    bench.perform({Do::write, 0, 200});
    bench.perform({Do::read, 0, 223});
    EXPECT_EQ(bench.ready(Do::ask_pre, 0), 239U) << "t_wr ends after t_rtp at 231";
    bench.perform({Do::write, 0, 240});
    bench.perform({Do::read, 0, 263});
    EXPECT_EQ(bench.ready(Do::ask_read, 0), 267U);
}

TEST(DramRank, PerBankRefreshTakesTheBanksInTurn) {
    DramConfig config = small_dram();
    config.controller.refresh = RefreshMode::per_bank;
    Bench bench(config);
    // Every 3125 / 16 = 195 clocks one bank; it is back after 96.
    for (std::uint32_t i = 0; i < 20; ++i) {
        const DramClock due = 1000 + i * 195;
        EXPECT_EQ(bench.rank.next_refresh(), due);
        bench.perform({Do::refresh});
        EXPECT_EQ(bench.ready(Do::ask_act, i % 16), due + 96);
        EXPECT_EQ(bench.ready(Do::ask_act, (i + 1) % 16), due + 6);
    }
    EXPECT_EQ(bench.activity.bank_refreshes, 20U);
    EXPECT_EQ(bench.activity.refreshes, 0U);
}

TEST(DramRank, StatesAreChargedByWhetherABankIsOpen) {
    Bench bench(small_dram());
    bench.perform({Do::act, 0, 100});
    bench.perform({Do::act, 4, 110});
    bench.perform({Do::pre, 0, 150});
    bench.perform({Do::pre, 4, 170});
    bench.rank.account(200, bench.activity);
    EXPECT_EQ(bench.activity.precharged_standby, 100U + 30U);
    EXPECT_EQ(bench.activity.active_standby, 70U);
    EXPECT_EQ(bench.activity.activates, 2U);
    EXPECT_EQ(bench.activity.precharges, 2U);
}

TEST(DramRank, IdleTimeIsSplitAtTheEntriesOfLowPowerStates) {
    DramConfig config = small_dram();
    config.controller.refresh = RefreshMode::off;
    config.controller.power_down_after = 100 * kClock;
    config.controller.self_refresh_after = 1000 * kClock;
    Bench bench(config);
    bench.perform({Do::act, 0, 0});
    // Idle from 50: power-down at 150 with a row open, self refresh at 1050, woken at 3000: t_xsr 180.
    EXPECT_EQ(bench.rank.idle(50, 3000, true, bench.activity), 3180U);
    EXPECT_EQ(bench.activity.active_standby, 150U);
    EXPECT_EQ(bench.activity.active_power_down, 900U);
    EXPECT_EQ(bench.activity.self_refresh, 1950U);
    EXPECT_EQ(bench.activity.precharged_standby + bench.activity.precharged_power_down, 0U);
    EXPECT_EQ(bench.activity.precharges, 1U) << "rows close before self refresh";
    EXPECT_EQ(bench.activity.power_downs, 1U);
    EXPECT_EQ(bench.activity.self_refreshes, 1U);
}

}  // namespace
}  // namespace handset
