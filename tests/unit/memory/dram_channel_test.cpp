// SPDX-License-Identifier: Apache-2.0
// What the controller of a channel does first, and when the buses let it: order of requests, queues, watermarks.
#include "hw_models/dram/dram_channel.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/memory/dram_parts.h"
#include "tests/unit/memory/dram_player.h"

namespace handset {
namespace {

using Kind = DramCommandKind;
using Clocks = std::vector<DramClock>;

constexpr Address kRow = 0x8000;  // LPDDR5 reference part: next row, bank of a group, group
constexpr Address kBank = 0x2000;
constexpr Address kGroup = 0x40;
constexpr Femtoseconds kClock{1'250'000};

DramConfig lpddr5() {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.controller.refresh = RefreshMode::off;
    return config;
}

DramPlay read(DramClock at, Address address, std::uint64_t size = 32) {
    return {at * kClock, address, size, false};
}
DramPlay write(DramClock at, Address address, std::uint64_t size = 32) {
    return {at * kClock, address, size, true};
}

/// Clocks of the commands of one kind from `from` on.
Clocks times(const DramPlayer& player, Kind kind, DramClock from) {
    Clocks found;
    for (const DramCommand& command : player.commands[0]) {
        if (command.kind == kind && command.at >= from) {
            found.push_back(command.at);
        }
    }
    return found;
}

/// Reads and writes in their order, as one letter each.
std::string order(const DramPlayer& player, DramClock from) {
    std::string letters;
    for (const DramCommand& command : player.commands[0]) {
        if (command.at >= from && (command.kind == Kind::read || command.kind == Kind::write)) {
            letters += command.kind == Kind::read ? 'R' : 'W';
        }
    }
    return letters;
}

/// A player in which the rows of `addresses` are open; all is quiet from clock 1000 on.
void open(DramPlayer& player, const std::vector<Address>& addresses) {
    DramClock at = 0;
    for (const Address address : addresses) {
        player.play({read(at, address)});
        at += 100;
    }
}

TEST(DramChannel, ColumnsKeepTheSpacingOfTheirBankGroups) {
    DramPlayer player(lpddr5());
    open(player, {0, kGroup});
    player.play({read(1000, 0), read(1000, 0x100), read(1000, kGroup)});
    // Group 0 at 1001 and n_ccd_l 4 later; the other group fits between, a burst of 2 after the first.
    Clocks reads = times(player, Kind::read, 1000);
    std::sort(reads.begin(), reads.end());
    EXPECT_EQ(reads, (Clocks{1001, 1003, 1005}));
}

TEST(DramChannel, TwoBurstsOfOneRequestInTwoGroupsFollowWithoutAGap) {
    DramPlayer player(lpddr5());
    open(player, {0, kGroup});
    player.play({read(1000, 0x20, 64)});  // the last burst of a line and the first of the next
    EXPECT_EQ(times(player, Kind::read, 1000), (Clocks{1001, 1003}));
    player.play({read(2000, 0, 64)});  // a line in one group
    EXPECT_EQ(times(player, Kind::read, 2000), (Clocks{2001, 2005}));
}

TEST(DramChannel, TurnaroundsOfOneRankAreThoseOfTheReferenceSet) {
    struct Case {
        std::vector<DramPlay> plays;
        DramClock expected;  ///< between the two columns
    };
    const std::vector<Case> cases{
        {{read(1000, 0), write(1000, 0)}, 12},
        {{read(1000, 0), write(1000, kGroup)}, 12},
        // The write is alone when it is issued, the read comes a clock later.
        {{write(1000, 0), read(1001, 0)}, 23},
        {{write(1000, 0), read(1001, kGroup)}, 16},
    };
    for (const Case& c : cases) {
        DramPlayer player(lpddr5());
        open(player, {0, kGroup});
        player.play(c.plays);
        const DramClock reads = times(player, Kind::read, 1000).at(0);
        const DramClock writes = times(player, Kind::write, 1000).at(0);
        EXPECT_EQ(std::max(reads, writes) - std::min(reads, writes), c.expected);
        EXPECT_EQ(std::min(reads, writes), 1001U);
    }
}

TEST(DramChannel, TurnaroundAndRankSwitchAreParametersOfTheBus) {
    DramConfig config = lpddr5();
    config.ranks = 2;
    config.address_map = "row bank column group rank column:1";  // rank a[6]
    for (const std::uint32_t change : {2U, 3U}) {
        config.timing.n_rank_switch = change;
        DramPlayer player(config);
        open(player, {0, 0x40});
        player.play({read(1000, 0), read(1000, 0x40)});
        EXPECT_EQ(times(player, Kind::read, 1000), (Clocks{1001, 1003 + change}));
        // A write of another rank begins a burst and the change before the read's data: 9 + 2 + change - 17 < 2.
        player.play({write(2000, 0), read(2001, 0x40)});
        EXPECT_EQ(times(player, Kind::write, 2000), (Clocks{2001}));
        EXPECT_EQ(times(player, Kind::read, 2000), (Clocks{2003}));
    }
    DramConfig slow = lpddr5();
    ++slow.timing.n_turnaround;
    DramPlayer player(slow);
    open(player, {0});
    player.play({read(1000, 0), write(1000, 0)});
    EXPECT_EQ(times(player, Kind::write, 1000), (Clocks{1001 + 13}));
}

TEST(DramChannel, PrechargesKeepTheirDistance) {
    for (const std::uint32_t ppd : {2U, 3U}) {
        DramConfig config = lpddr5();
        config.timing.n_ppd = ppd;
        DramPlayer player(config);
        open(player, {0, kBank});
        player.play({read(1000, kRow), read(1000, kRow + kBank)});
        EXPECT_EQ(times(player, Kind::precharge, 1000), (Clocks{1001, 1001 + ppd}));
        EXPECT_EQ(times(player, Kind::activate, 1000), (Clocks{1016, std::max<DramClock>(1016 + ppd, 1020)}));
    }
}

TEST(DramChannel, ActivatesShareTheFourWindow) {
    DramPlayer player(lpddr5());
    std::vector<DramPlay> plays;
    for (std::uint64_t i = 0; i < 6; ++i) {
        plays.push_back(read(0, i % 4 * kGroup + i / 4 * kBank));
    }
    player.play(plays);
    // t_rrd 4 four times, then t_faw 16 after the first and the second.
    EXPECT_EQ(times(player, Kind::activate, 0), (Clocks{1, 5, 9, 13, 17, 21}));
    DramConfig config = lpddr5();
    config.timing.t_faw = 22'500_ps;  // 18
    DramPlayer wide(config);
    wide.play(plays);
    EXPECT_EQ(times(wide, Kind::activate, 0), (Clocks{1, 5, 9, 13, 19, 23}));
}

TEST(DramChannel, AnActivateOfFourClocksFitsBetweenTheColumnsOfABatch) {
    DramConfig config = dram_part("lpddr4_3200_ref");
    config.controller.refresh = RefreshMode::off;
    const auto at = [](std::uint64_t clock) { return clock * 625_ps; };
    for (const std::uint32_t length : {4U, 5U}) {
        config.timing.n_activate = length;
        DramPlayer player(config);
        player.play({{at(0), 0, 32}});
        player.play({{at(1000), 0, 128}, {at(1000), 0x800, 32}, {at(1000), 0x1000, 32}});
        // Columns of 4 clocks every 8. The first ACT begins in the first gap; the second waits for t_rrd 16, and for
        // the end of the first ACT, whose fifth clock lies in the second gap.
        Clocks columns = times(player, Kind::read, 1000);
        columns.resize(4);
        EXPECT_EQ(columns, (Clocks{1001, 1009, 1017, 1025}));
        EXPECT_EQ(times(player, Kind::activate, 1000), (Clocks{1005, 1021}));
    }
}

TEST(DramChannel, RowHitsOvertakeAnOlderConflict) {
    DramPlayer player(lpddr5());
    open(player, {0});
    player.play({read(1000, kRow), read(1000, 0), read(1000, 0x100)});
    EXPECT_LT(player.done[2], player.done[1]);
    EXPECT_LT(player.done[3], player.done[1]);
    // Columns 1001, 1005; PRE t_rtp 8 after, t_rp 15, t_rcd 15, RL 17, burst 2.
    EXPECT_EQ(player.done[1], (1005 + 8 + 15 + 15 + 19) * kClock);
    EXPECT_EQ(player.core.take_activity(player.now).row_conflicts, 1U);
}

TEST(DramChannel, TheAgeLimitBoundsHowLongHitsOvertake) {
    // One conflict, then hits every 4 clocks for 8000 clocks.
    const auto wait = [](DramClock limit) {
        DramConfig config = lpddr5();
        config.controller.age_limit = limit * kClock;
        DramPlayer player(config);
        open(player, {0});
        std::vector<DramPlay> plays{read(1000, kRow)};
        for (std::uint64_t i = 0; i < 2000; ++i) {
            plays.push_back(read(1000 + 4 * i, i % 8 * 0x100));
        }
        player.play(plays);
        return (player.done[1] - 1000 * kClock).count() / kClock.count();
    };
    for (const DramClock limit : {800U, 1600U}) {
        // Overdue, it still waits for t_rtp of the last hit, and takes t_rp + t_rcd + RL + burst 49.
        EXPECT_GT(wait(limit), limit + 49);
        EXPECT_LE(wait(limit), limit + 49 + 8 + 4 + 1);
    }
    EXPECT_GT(wait(1'000'000), 8000U);
}

TEST(DramChannel, ReadsGoFirstWhileWritesAreFew) {
    // 25 of 32 bursts is the high mark (800 permille); 20 reads wait as well.
    DramPlayer player(lpddr5());
    open(player, {0});
    std::vector<DramPlay> plays;
    for (std::uint64_t i = 0; i < 45; ++i) {
        plays.push_back(i < 20 ? read(1000, i % 8 * 0x100) : write(1000, i % 8 * 0x100));
    }
    player.play(plays);
    EXPECT_EQ(order(player, 1000), std::string(20, 'R') + std::string(25, 'W'));
}

TEST(DramChannel, WritesAboveTheHighMarkDrainToTheLowMark) {
    DramPlayer player(lpddr5());
    open(player, {0});
    std::vector<DramPlay> plays;
    for (std::uint64_t i = 0; i < 46; ++i) {
        plays.push_back(i < 20 ? read(1000, i % 8 * 0x100) : write(1000, i % 8 * 0x100));
    }
    player.play(plays);
    // 26 > 25: writes until fewer than 6 (200 permille of 32) are left.
    EXPECT_EQ(order(player, 1000), std::string(21, 'W') + std::string(20, 'R') + std::string(5, 'W'));
}

TEST(DramChannel, FullQueuesRefuseAndTheLastRequestMayOverhang) {
    DramCore core(lpddr5());
    std::uint32_t token = 0;
    const auto request = [&](Address address, std::uint64_t size, bool is_write) {
        return DramRequest{address, size, is_write, token++};
    };
    core.advance(0_ns);
    EXPECT_TRUE(core.accepts(request(0, 1 << 20, false))) << "any size";
    for (std::uint64_t i = 0; i < 16; ++i) {
        ASSERT_TRUE(core.accepts(request(i * 64, 64, false)));
        core.submit(0_ns, request(i * 64, 64, false));
    }
    EXPECT_FALSE(core.accepts(request(4096, 1, false))) << "32 bursts wait";
    EXPECT_TRUE(core.accepts(request(4096, 4096, true))) << "writes have their own queue";
    core.submit(0_ns, request(4096, 4096, true));
    EXPECT_FALSE(core.accepts(request(0, 32, true)));
    EXPECT_EQ(core.queued_bursts(), 32U + 128U);
    // 128 writes are above the high mark; reads wait for them, and the first column makes room: one burst less than
    // full takes a request of any size.
    while (!core.accepts(request(4096, 1, false))) {
        ASSERT_NE(core.next_event(), DramCore::kNever);
        core.advance(core.next_event());
    }
    EXPECT_LT(core.queued_bursts(), 32U + 128U);
    EXPECT_TRUE(core.accepts(request(4096, 4096, false)));
    core.submit(0_ns, request(4096, 4096, false));
    EXPECT_FALSE(core.accepts(request(4096, 32, false)));
}

TEST(DramChannel, LargeRequestsAndTheirBurstsDoTheSameWork) {
    DramConfig config = lpddr5();
    config.controller.read_queue = 4096;
    for (const auto& [address, size] :
         {std::pair<Address, std::uint64_t>{0, 4096}, {100, 5000}, {255, 2}, {16384, 65536}, {96, 96}}) {
        DramPlayer whole(config);
        DramPlayer parts(config);
        whole.play({read(0, address, size)});
        std::vector<DramPlay> bursts;
        for (Address a = address / 32 * 32; a < address + size; a += 32) {
            bursts.push_back(read(0, a));
        }
        parts.play(bursts);
        const DramActivity a = whole.core.take_activity(whole.last());
        const DramActivity b = parts.core.take_activity(parts.last());
        EXPECT_EQ(a.reads, bursts.size());
        EXPECT_EQ(b.reads, bursts.size());
        EXPECT_EQ(a.activates, b.activates);
        EXPECT_EQ(a.row_hits + a.activates, a.reads);
        EXPECT_EQ(a.row_hits, b.row_hits);
        EXPECT_EQ(a.bus_clocks, bursts.size() * 2);
        // The whole waits until the rows of its four groups are open, t_rrd 4 apart; single bursts begin with the
        // first.
        EXPECT_LE(whole.last(), parts.last() + 3 * 4 * kClock) << address;
    }
}

}  // namespace
}  // namespace handset
