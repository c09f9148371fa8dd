// SPDX-License-Identifier: Apache-2.0
// Latency of single requests in whole clocks: row states, page policies, refresh, low power, data clock.
#include "hw_models/dram/dram_core.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"
#include "tests/unit/memory/dram_parts.h"
#include "tests/unit/memory/dram_player.h"

namespace handset {
namespace {

constexpr Address kRow = 0x8000;  // the next row of the same bank in the LPDDR5 reference part
constexpr Address kGroup = 0x40;  // the same row of the next bank group
constexpr Femtoseconds kClock{1'250'000};

/// The LPDDR5 reference part: t_rcd 15, t_rp 15, t_rp_all 17, t_ras 34, RL 17, burst 2, t_request 1 clock.
DramConfig lpddr5() {
    return dram_part("lpddr5_6400_ref");
}

DramConfig unrefreshed() {
    DramConfig config = lpddr5();
    config.controller.refresh = RefreshMode::off;
    return config;
}

/// A read of one burst, or of another size.
DramPlay read(DramClock at, Address address, std::uint64_t size = 32) {
    return {at * kClock, address, size, false};
}

/// Clocks that each read takes after its arrival.
std::vector<std::uint64_t> latencies(const DramConfig& config, const std::vector<DramPlay>& plays) {
    DramPlayer player(config);
    std::vector<std::uint64_t> clocks;
    for (const DramPlay& play : plays) {
        const Femtoseconds latency = player.latency(play);
        EXPECT_EQ(latency.count() % kClock.count(), 0U);
        clocks.push_back(latency.count() / kClock.count());
    }
    return clocks;
}

using Clocks = std::vector<std::uint64_t>;

TEST(DramCore, ReadsOf64BytesMeetTheClosedFormsOfTheReferenceSimulators) {
    // Request 1, second column t_ccd_l 4 later, RL 17, burst 2: hit 24; closed + t_rcd 15; conflict + t_rp 15.
    EXPECT_EQ(latencies(unrefreshed(), {read(0, 0, 64), read(100, 0x100, 64), read(200, kRow, 64)}),
              (Clocks{39, 24, 54}));
    // LPDDR4: 1 + 8 + 37 + 8 = 54, + 29, + 27; in clocks of 0.625 ns.
    DramPlayer lpddr4(dram_part("lpddr4_3200_ref"));
    EXPECT_EQ(lpddr4.latency({0_ns, 0, 64}), 83 * 625_ps);
    EXPECT_EQ(lpddr4.latency({200_ns, 64, 64}), 54 * 625_ps);
    EXPECT_EQ(lpddr4.latency({400_ns, 0x4000, 64}), 110 * 625_ps);
}

TEST(DramCore, EachPartOfTheLatencyLengthensWhatItBelongsTo) {
    struct Case {
        const char* name;
        void (*lengthen)(DramConfig&);
        Clocks expected;  ///< closed, hit, conflict
    };
    const std::vector<Case> cases{
        {"nothing", [](DramConfig& /*c*/) {}, {35, 20, 50}},
        {"t_request", [](DramConfig& c) { c.controller.t_request += kClock; }, {36, 21, 51}},
        {"t_response", [](DramConfig& c) { c.controller.t_response += kClock; }, {36, 21, 51}},
        {"read_latency", [](DramConfig& c) { c.timing.read_latency += kClock; }, {36, 21, 51}},
        {"t_rcd", [](DramConfig& c) { c.timing.t_rcd += kClock; }, {36, 20, 51}},
        {"t_rp", [](DramConfig& c) { c.timing.t_rp += kClock; }, {35, 20, 51}},
        {"t_ras", [](DramConfig& c) { c.timing.t_ras += kClock; }, {35, 20, 50}},
        {"write_latency", [](DramConfig& c) { c.timing.write_latency += kClock; }, {35, 20, 50}},
    };
    for (const Case& c : cases) {
        DramConfig config = unrefreshed();
        c.lengthen(config);
        EXPECT_EQ(latencies(config, {read(0, 0), read(100, 0), read(200, kRow)}), c.expected) << c.name;
    }
}

TEST(DramCore, ARequestBetweenTwoEdgesStartsAtTheNext) {
    DramPlayer player(unrefreshed());
    EXPECT_EQ(player.latency({0_fs, 0, 32}), 35 * kClock);
    EXPECT_EQ(player.latency({100 * kClock + 1_fs, 0, 32}), 21 * kClock - 1_fs);
    EXPECT_EQ(player.latency({200 * kClock - 1_fs, 0, 32}), 20 * kClock + 1_fs);
}

TEST(DramCore, RefreshComesAtItsClockAndNotBefore) {
    // Columns may start one clock after arrival. At 3124 the row is still open; at 3125 all rows are precharged, then
    // refreshed: 17 + 168, and the closed bank is read: t_rcd 15, RL 17, burst 2.
    EXPECT_EQ(latencies(lpddr5(), {read(0, 0), read(3123, 0)}), (Clocks{35, 20}));
    EXPECT_EQ(latencies(lpddr5(), {read(0, 0), read(3124, 0)}), (Clocks{35, 1 + 17 + 168 + 34}));
    // Who comes while the refresh runs waits for its end at 3310; who comes then finds a closed bank.
    EXPECT_EQ(latencies(lpddr5(), {read(0, 0), read(3308, 0)}), (Clocks{35, 2 + 34}));
    EXPECT_EQ(latencies(lpddr5(), {read(0, 0), read(3309, 0)}), (Clocks{35, 1 + 34}));
    EXPECT_EQ(latencies(lpddr5(), {read(0, 0), read(3400, 0)}), (Clocks{35, 1 + 34}));
    // With all banks closed there is nothing to precharge.
    EXPECT_EQ(latencies(lpddr5(), {read(3200, 0)}), (Clocks{3125 + 168 + 34 - 3200}));
}

TEST(DramCore, PerBankRefreshBlocksItsBankOnly) {
    DramConfig config = lpddr5();
    config.controller.refresh = RefreshMode::per_bank;
    // Bank 0 is refreshed first, at clock 3125 / 16 = 195: PRE 195, REF 210, back at 306.
    EXPECT_EQ(latencies(config, {read(0, 0), read(60, kGroup), read(250, kGroup)}), (Clocks{35, 35, 20}));
    EXPECT_EQ(latencies(config, {read(0, 0), read(60, kGroup), read(250, 0)}), (Clocks{35, 35, 306 + 34 - 250}));
    // Bank 1 (bank 1 of group 0) follows at 390.
    EXPECT_EQ(latencies(config, {read(100, 0x2000), read(388, 0x2000)}), (Clocks{35, 20}));
    EXPECT_EQ(latencies(config, {read(100, 0x2000), read(389, 0x2000)}), (Clocks{35, 1 + 15 + 96 + 34}));
}

TEST(DramCore, PagePoliciesDecideWhatTheNextAccessFinds) {
    DramConfig config = unrefreshed();
    const std::vector<DramPlay> plays{read(0, 0), read(100, 0), read(200, kRow), read(400, kRow)};
    EXPECT_EQ(latencies(config, plays), (Clocks{35, 20, 50, 20}));
    config.controller.page_policy = PagePolicy::closed;
    EXPECT_EQ(latencies(config, plays), (Clocks{35, 35, 35, 35}));
    config.controller.page_policy = PagePolicy::timeout;
    config.controller.page_timeout = 150 * kClock;
    EXPECT_EQ(latencies(config, plays), (Clocks{35, 20, 50, 35})) << "185 clocks after the column the row is closed";
}

TEST(DramCore, ATimeoutEndsAtItsClock) {
    DramConfig config = unrefreshed();
    config.controller.page_policy = PagePolicy::timeout;
    config.controller.page_timeout = 80 * kClock;
    // ACT 1, RD 16: the row closes at 96. A column at 96 still hits; at 97 it has to wait for t_rp 15 and t_rcd 15.
    EXPECT_EQ(latencies(config, {read(0, 0), read(95, 0)}), (Clocks{35, 20}));
    EXPECT_EQ(latencies(config, {read(0, 0), read(96, 0)}), (Clocks{35, 96 + 15 + 34 - 96}));
}

TEST(DramCore, TheClosedPolicyKeepsARowThatOthersWaitFor) {
    DramConfig config = unrefreshed();
    config.controller.page_policy = PagePolicy::closed;
    DramPlayer player(config);
    player.play({read(0, 0), read(0, 0x100), read(0, 0x200)});
    const DramActivity activity = player.core.take_activity(player.now);
    EXPECT_EQ(activity.activates, 1U);
    EXPECT_EQ(activity.row_hits, 2U);
    EXPECT_EQ(activity.precharges, 1U);
    EXPECT_EQ(activity.row_conflicts, 0U);
}

TEST(DramCore, PowerDownBeginsAtItsClockAndCostsItsExit) {
    DramConfig config = unrefreshed();
    config.controller.power_down_after = 100 * kClock;
    // The first read ends at 35, power-down begins after 135: t_xp 8 instead of the one clock of the request.
    EXPECT_EQ(latencies(config, {read(0, 0), read(135, 0)}), (Clocks{35, 20}));
    EXPECT_EQ(latencies(config, {read(0, 0), read(136, 0)}), (Clocks{35, 8 + 19}));
    config.timing.t_xp += kClock;
    EXPECT_EQ(latencies(config, {read(0, 0), read(136, 0)}), (Clocks{35, 9 + 19}));
}

TEST(DramCore, SelfRefreshBeginsAtItsClockAndClosesRows) {
    DramConfig config = lpddr5();
    config.controller.power_down_after = 100 * kClock;
    config.controller.self_refresh_after = 1000 * kClock;
    EXPECT_EQ(latencies(config, {read(0, 0), read(1035, 0)}), (Clocks{35, 8 + 19}));
    EXPECT_EQ(latencies(config, {read(0, 0), read(1036, 0)}), (Clocks{35, 180 + 34}));
    // The device refreshes itself; after the exit a whole interval passes before the next refresh: at 10000 + 3125.
    DramPlayer player(config);
    player.play({read(0, 0), read(10'000, 0)});
    EXPECT_EQ(player.core.take_activity(player.now).refreshes, 0U);
    player.play({read(13'300, 0)});
    const DramActivity activity = player.core.take_activity(player.now);
    EXPECT_EQ(activity.self_refreshes, 1U);
    EXPECT_EQ(activity.refreshes, 0U) << "asleep again";
}

TEST(DramCore, AChannelSleepsAlsoWhenItsTimeAdvancesInOneStep) {
    DramConfig config = lpddr5();
    config.controller.power_down_after = 100 * kClock;
    config.controller.self_refresh_after = 1000 * kClock;
    std::vector<DramActivity> found;
    for (const bool at_events : {true, false}) {
        DramCore core(config);
        for (const Femtoseconds arrival : {0_ns, 1_ms}) {
            while (at_events && core.next_event() < arrival) {
                core.advance(core.next_event());
            }
            core.advance(arrival);
            core.submit(arrival, {0, 64, false, 0});
        }
        core.advance(1_ms + 1_us);
        found.push_back(core.take_activity(1_ms + 1_us));
    }
    for (const DramActivity& activity : found) {
        EXPECT_EQ(activity.refreshes, 0U) << "asleep before the first is due after 3125 clocks";
        EXPECT_EQ(activity.self_refreshes, 1U);
        EXPECT_EQ(activity.self_refresh, found[0].self_refresh);
        EXPECT_EQ(activity.precharged_standby, found[0].precharged_standby);
    }
}

TEST(DramCore, TheDataClockIsStartedAfterAnIdleTime) {
    DramConfig config = unrefreshed();
    config.timing.n_wck_sync = 1;
    config.timing.t_wck_idle = 1 * kClock;
    // First RD at 17 instead of 16; its data end at 36, the data clock runs until 37.
    EXPECT_EQ(latencies(config, {read(0, 0), read(36, 0)}), (Clocks{36, 20}));
    EXPECT_EQ(latencies(config, {read(0, 0), read(37, 0)}), (Clocks{36, 21}));
    config.timing.n_wck_sync = 3;
    EXPECT_EQ(latencies(config, {read(0, 0), read(50, 0)}), (Clocks{38, 23}));
}

TEST(DramCore, AWriteIsAcknowledgedWhenItIsAccepted) {
    DramPlayer player(unrefreshed());
    EXPECT_EQ(player.latency({100_ns, 0, 4096, true}), 1 * kClock);
    EXPECT_EQ(player.core.take_activity(player.now).writes, 128U);
}

TEST(DramCore, ActivityIsTheSameHoweverOftenItIsTaken) {
    for (const bool sleepy : {false, true}) {
        DramConfig config = lpddr5();
        config.ranks = 2;
        config.address_map = "row rank bank column group column:1";
        if (sleepy) {
            config.controller.power_down_after = 300_ns;
            config.controller.self_refresh_after = 50_us;
        }
        DramActivity often;
        DramActivity rarely;
        for (const bool each : {false, true}) {
            DramPlayer player(config);
            DramActivity& sum = each ? often : rarely;
            for (std::uint64_t i = 0; i < 20; ++i) {
                player.play({{i * i * 700_ns, i * 4096, 640, i % 3 == 0}});
                for (Femtoseconds at = player.now; each && at < (i + 1) * (i + 1) * 700_ns; at += 1_us / 3) {
                    sum += player.core.take_activity(at);
                }
            }
            sum += player.core.take_activity(1_ms);
        }
        EXPECT_EQ(often.refreshes, rarely.refreshes);
        EXPECT_EQ(often.precharges, rarely.precharges);
        EXPECT_EQ(often.activates, rarely.activates);
        EXPECT_EQ(often.power_downs, rarely.power_downs);
        EXPECT_EQ(often.self_refreshes, rarely.self_refreshes);
        EXPECT_EQ(often.active_standby, rarely.active_standby);
        EXPECT_EQ(often.precharged_standby, rarely.precharged_standby);
        EXPECT_EQ(often.active_power_down, rarely.active_power_down);
        EXPECT_EQ(often.precharged_power_down, rarely.precharged_power_down);
        EXPECT_EQ(often.self_refresh, rarely.self_refresh);
        const std::uint64_t states = rarely.active_standby + rarely.precharged_standby + rarely.active_power_down +
                                     rarely.precharged_power_down + rarely.self_refresh;
        EXPECT_EQ(states, 2U * 800'000U) << "1 ms of two ranks at 800 MHz";
        if (!sleepy) {
            EXPECT_EQ(rarely.refreshes, 2U * 256U);  // 1 ms / 3.90625 us
            EXPECT_EQ(rarely.self_refresh, 0U);
        } else {
            EXPECT_GT(rarely.self_refresh, 0U);
        }
    }
}

TEST(DramCore, AccessOutsideTheCapacityIsAModelError) {
    DramCore core(small_dram());
    const std::uint64_t capacity = (64_MiB).count();
    EXPECT_TRUE(core.accepts({capacity - 64, 64, false, 0}));
    EXPECT_THROW((void)core.accepts({capacity - 63, 64, false, 0}), ModelError);
    EXPECT_THROW((void)core.accepts({UINT64_MAX, 1, false, 0}), ModelError);
    EXPECT_THROW((void)core.accepts({0, capacity + 1, true, 0}), ModelError);
    EXPECT_THROW((void)core.accepts({0, 0, false, 0}), ModelError);
}

}  // namespace
}  // namespace handset
