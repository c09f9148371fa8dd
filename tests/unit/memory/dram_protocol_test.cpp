// SPDX-License-Identifier: Apache-2.0
// Random traffic never breaks a rule of the part, whatever the geometry and the policies.
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"
#include "tests/unit/memory/dram_checker.h"
#include "tests/unit/memory/dram_parts.h"
#include "tests/unit/memory/dram_player.h"

namespace handset {
namespace {

using testing::IsEmpty;
using Kind = DramCommandKind;

/// The small part with every constraint of its own length, so that none hides behind another.
DramConfig distinct() {
    DramConfig c = small_dram();
    c.timing.t_rrd_l = 7'500_ps;
    return c;
}

TEST(DramChecker, FindsEveryRuleBrokenByOneClock) {
    const DramChecker checker(distinct());
    for (const DramRule& rule : checker.rules()) {
        for (const std::uint64_t missing : {1U, 0U}) {
            std::vector<DramCommand> commands;
            for (std::uint32_t i = 0; i < rule.nth; ++i) {
                commands.push_back({rule.from, 0, i, 0, 1000 + i});
            }
            const std::uint32_t bank = rule.scope == DramScope::bank ? 0 : rule.nth > 1 ? 9 : 1;
            commands.push_back({rule.to, 0, bank, 0, 1000 + rule.clocks - missing});
            const std::string start = rule.name + " " + std::to_string(rule.clocks) + ": ";
            const auto found = checker.violations(commands);
            if (missing == 1) {
                EXPECT_THAT(found, testing::Contains(testing::StartsWith(start)));
            } else {
                EXPECT_THAT(found, testing::Not(testing::Contains(testing::StartsWith(start))));
            }
        }
    }
    EXPECT_GT(checker.rules().size(), 40U);
}

TEST(DramChecker, FindsRowsAndBusesMisused) {
    const DramChecker checker(distinct());
    const auto breaks = [&](const std::vector<DramCommand>& commands, const char* text) {
        EXPECT_THAT(checker.violations(commands), testing::Contains(testing::StartsWith(text)));
    };
    breaks({{Kind::read, 0, 0, 5, 0}}, "row state: RD rank 0 bank 0 row 5 at 0");
    breaks({{Kind::activate, 0, 0, 5, 0}, {Kind::write, 0, 0, 6, 99}}, "row state: WR");
    breaks({{Kind::activate, 0, 0, 5, 0}, {Kind::activate, 0, 0, 5, 99}}, "row state: ACT");
    breaks({{Kind::activate, 0, 0, 5, 0}, {Kind::refresh, 0, 0, 0, 99}}, "row state: REF");
    breaks({{Kind::precharge, 0, 3, 0, 0}}, "row state: PRE");
    breaks({{Kind::activate, 0, 3, 0, 50}, {Kind::activate, 0, 9, 0, 50}}, "command bus: ACT");
    // Read data of clocks 117-118, write data of clocks 120-121: one clock short of the turnaround.
    breaks({{Kind::read, 0, 0, 0, 100}, {Kind::write, 0, 1, 0, 111}}, "data bus: RD");
    EXPECT_THAT(checker.refresh_violations({}, 9000), testing::Contains(testing::StartsWith("refresh: none")));
}

struct Traffic {
    std::uint64_t seed = 1;
    std::uint64_t requests = 1500;
    std::uint64_t largest = 8192;
    std::uint64_t range = 4 << 20;  ///< of addresses
    std::uint64_t gap = 0;          ///< longest, nanoseconds
    std::uint32_t writes_of_eight = 3;
};

std::vector<DramPlay> random_traffic(const Traffic& t) {
    std::vector<DramPlay> plays;
    std::uint64_t x = t.seed * 0x9e3779b97f4a7c15ULL;
    const auto random = [&x](std::uint64_t below) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        return (x >> 33) % below;
    };
    Femtoseconds at;
    for (std::uint64_t i = 0; i < t.requests; ++i) {
        at += t.gap == 0 ? Femtoseconds{} : random(t.gap) * 1_ns;
        const std::uint64_t size = 1 + random(random(2) == 0 ? 128 : t.largest);
        const Address address = random(t.range - size);
        plays.push_back({at, address, size, random(8) < t.writes_of_eight});
    }
    return plays;
}

struct Variant {
    const char* name;
    DramConfig config;
};

std::vector<Variant> variants() {
    std::vector<Variant> all;
    const auto add = [&](const char* name, const DramConfig& base, const std::function<void(DramConfig&)>& change) {
        all.push_back({name, base});
        change(all.back().config);
    };
    const auto as_it_is = [](DramConfig& /*c*/) {};
    add("small", distinct(), as_it_is);
    for (const char* name : {"lpddr5_6400_ref", "lpddr4_3200_ref", "lpddr4x_4266", "lpddr5x_8448", "ddr4_2400"}) {
        add(name, dram_part(name), as_it_is);
    }
    const DramConfig lpddr5 = dram_part("lpddr5_6400_ref");
    add("M1", lpddr5, [](DramConfig& c) { c.address_map = "row bank group column"; });
    add("M4", lpddr5, [](DramConfig& c) { c.bank_hash = BankHash::low_rows; });
    add("bank low", lpddr5, [](DramConfig& c) { c.address_map = "row column bank group column:1"; });
    add("per bank", lpddr5, [](DramConfig& c) { c.controller.refresh = RefreshMode::per_bank; });
    add("closed", lpddr5, [](DramConfig& c) { c.controller.page_policy = PagePolicy::closed; });
    add("timeout", lpddr5, [](DramConfig& c) {
        c.controller.page_policy = PagePolicy::timeout;
        c.controller.page_timeout = 100_ns;
    });
    add("two ranks", lpddr5, [](DramConfig& c) {
        c.ranks = 2;
        c.address_map = "row bank column rank group column:1";
    });
    add("two ranks, per bank, closed", dram_part("lpddr4_3200_ref"), [](DramConfig& c) {
        c.ranks = 2;
        c.address_map = "row bank column rank column:2";
        c.controller.refresh = RefreshMode::per_bank;
        c.controller.page_policy = PagePolicy::closed;
    });
    add("low power", lpddr5, [](DramConfig& c) {
        c.controller.power_down_after = 30_ns;
        c.controller.self_refresh_after = 300_ns;
    });
    add("one queue entry", lpddr5, [](DramConfig& c) { c.controller.read_queue = c.controller.write_queue = 1; });
    add("overdue", lpddr5, [](DramConfig& c) { c.controller.age_limit = 1_ns; });
    return all;
}

/// Plays and checks; returns the number of bursts moved.
std::uint64_t check(const DramConfig& config, const Traffic& traffic) {
    DramPlayer player(config);
    player.play(random_traffic(traffic));
    const DramChecker checker(config);
    std::uint64_t columns = 0;
    for (const auto& commands : player.commands) {
        EXPECT_THAT(checker.violations(commands), IsEmpty());
        for (const DramCommand& command : commands) {
            columns += command.kind == Kind::read || command.kind == Kind::write ? 1 : 0;
        }
    }
    const DramActivity activity = player.core.take_activity(player.now);
    EXPECT_EQ(columns, activity.reads + activity.writes) << "the observer sees every column";
    EXPECT_EQ(player.core.queued_bursts(), 0U);
    for (const Femtoseconds done : player.done) {
        EXPECT_NE(done, DramCore::kNever);
    }
    return columns;
}

TEST(DramProtocol, CrowdedTrafficBreaksNoRule) {
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            EXPECT_GT(check(variant.config, {.seed = seed}), 40'000U);
        }
    }
}

TEST(DramProtocol, SmallRequestsBreakNoRule) {
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        for (std::uint64_t seed = 11; seed <= 13; ++seed) {
            check(variant.config, {.seed = seed, .requests = 6000, .largest = 128, .range = 1 << 20});
        }
    }
}

TEST(DramProtocol, SparseTrafficBreaksNoRule) {
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        for (const std::uint64_t gap : {50U, 400U, 4000U}) {
            check(variant.config, {.seed = gap, .requests = 1500, .largest = 700, .range = 4 << 20, .gap = gap});
        }
    }
}

TEST(DramProtocol, RefreshesKeepTheirCadenceUnderLoad) {
    for (const Variant& variant : variants()) {
        if (std::string(variant.name) == "one queue entry") {
            continue;  // idle between requests
        }
        SCOPED_TRACE(variant.name);
        DramPlayer player(variant.config);
        player.play(random_traffic({.seed = 5, .requests = 4000}));
        const DramTimeBase base(variant.config.clock());
        for (const auto& commands : player.commands) {
            // The last requests find the queues emptying.
            const DramClock end = base.edge_before(player.taken[3600]);
            EXPECT_THAT(DramChecker(variant.config).refresh_violations(commands, end), IsEmpty());
        }
    }
}

}  // namespace
}  // namespace handset
