// SPDX-License-Identifier: Apache-2.0
// Reads of managed flash: the way of a command, the map, read-ahead, the link; and the rules of its configuration.
#include "hw_models/flash/flash_core.h"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/flash_driver.h"
#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

constexpr Femtoseconds kBus = 16'384_ns;
constexpr Femtoseconds kLink = 4'096_ns;
constexpr std::uint64_t kPage = 16384;

Femtoseconds read(FlashCore& core, Femtoseconds now, Address address, std::uint64_t size) {
    return core.submit(now, {FlashCommand::read, address, size, {}, 0}).time;
}

/// Sequential buffer of four pages, read ahead by two.
FlashConfig buffered_flash() {
    FlashConfig c = small_flash();
    c.controller.read_buffer = 64_KiB;
    c.controller.read_ahead = 32_KiB;
    return c;
}

TEST(FlashCore, IdlePageReadIsTheSumOfItsParts) {
    FlashConfig c = small_flash();
    c.host.issue_cycles = 4000_cycles;
    c.host.t_completion = 2_us;
    c.link.t_command = 500_ns;
    c.nand.t_command = 300_ns;
    c.nand.t_ecc = 1_us;
    FlashCore core(c);
    const Femtoseconds parts = 3_us + 4_us + 500_ns + 10_us + 300_ns + 50_us + kBus + 1_us + kLink + 2_us;
    EXPECT_EQ(read(core, 1_ms, 0, kPage), 1_ms + parts);
    const FlashActivity activity = core.take_activity();
    EXPECT_EQ(activity.pages_read, 1U);
    EXPECT_EQ(activity.commands, 1U);
    EXPECT_EQ(activity.bus_bytes, 16_KiB);
    EXPECT_EQ(activity.link_bytes, 16_KiB);
}

TEST(FlashCore, OnlyTheBytesAskedForAreTransferred) {
    FlashCore core(small_flash());
    EXPECT_EQ(read(core, 0_ns, 8192, 4096), 63_us + 4'096_ns + 1'024_ns);
}

TEST(FlashCore, ChannelsSenseAndTransferInParallelAndShareTheLink) {
    FlashCore core(small_flash());
    // Two pages on two channels: both leave their bus at 63 us + bus, then cross the link one after the other.
    EXPECT_EQ(read(core, 0_ns, 0, 2 * kPage), 63_us + kBus + 2 * kLink);
    // The third page shares the first channel's bus: one more bus time, its link time hidden behind nothing.
    FlashCore three(small_flash());
    EXPECT_EQ(read(three, 0_ns, 0, 3 * kPage), 63_us + 2 * kBus + kLink);
}

TEST(FlashCore, TheIssuingCoresClockScalesItsCycles) {
    FlashConfig c = small_flash();
    c.host.issue_cycles = 4000_cycles;
    FlashCore core(c);
    FlashRequest request{FlashCommand::read, 0, 512, 2000_MHz, 0};
    const Femtoseconds rest = 63_us + 512_ns + 128_ns;
    EXPECT_EQ(core.submit(0_ns, request).time, rest + 2_us);
    request.core_clock = 500_MHz;
    EXPECT_EQ(core.submit(1_ms, request).time, 1_ms + rest + 8_us);
    request.core_clock = {};
    EXPECT_EQ(core.submit(2_ms, request).time, 2_ms + rest + 4_us) << "the part's own clock";
}

TEST(FlashCore, CommandsAreIssuedOneAtATime) {
    // The first command occupies the queue for 3 us: one that arrives then is not delayed, one femtosecond earlier it
    // waits one. Two firmware cores, so that firmware delays nobody.
    FlashConfig c = small_flash();
    c.controller.cores = 2;
    for (const auto& [arrival, delay] : {std::pair{3_us, 0_fs}, {3_us - 1_fs, 1_fs}, {0_us, 3_us}}) {
        FlashCore core(c);
        const Femtoseconds first = read(core, 0_ns, 0, 512);
        EXPECT_EQ(read(core, arrival, kPage, 512), arrival + delay + first);
    }
}

TEST(FlashCore, AnotherCorePaysForTheQueueOnlyWhileItIsContended) {
    FlashConfig c = small_flash();
    c.controller.cores = 2;
    c.host.t_handover = 2_us;
    for (const auto& [arrival, core_id, extra] : {std::tuple{3_us, 1U, 0_us}, {1_us, 1U, 4_us}, {1_us, 0U, 2_us}}) {
        FlashCore core(c);
        const Femtoseconds first = read(core, 0_ns, 0, 512);
        EXPECT_EQ(core.submit(arrival, {FlashCommand::read, kPage, 512, {}, core_id}).time, arrival + extra + first);
    }
}

TEST(FlashCore, FirmwareCoresTakeACommandEach) {
    for (const auto& [cores, wait] : {std::pair{1U, 7_us}, {2U, 0_us}}) {
        FlashConfig c = small_flash();
        c.controller.cores = cores;
        FlashCore core(c);
        const Femtoseconds first = read(core, 0_ns, 0, 512);
        EXPECT_EQ(read(core, 3_us, kPage, 512), 3_us + wait + first) << cores;
    }
}

TEST(FlashCore, ScatteredReadsPayFirmwarePerUnitStreamsDoNot) {
    FlashConfig c = small_flash();
    c.controller.t_unit = 1_us;
    FlashCore core(c);
    // 8 KiB from 2048: three units of 4 KiB are touched.
    EXPECT_EQ(read(core, 0_ns, 2048, 8192), 66_us + 8'192_ns + 2'048_ns);
    EXPECT_EQ(read(core, 1_ms, 10240, 4096), 1_ms + 63_us + 4'096_ns + 1'024_ns) << "goes on where the other ended";
}

TEST(FlashCore, AFullQueueHoldsTheNextCommandBack) {
    FlashConfig c = small_flash();
    c.controller.cores = 4;
    FlashCore core(c);
    const Femtoseconds first = read(core, 0_ns, 0, 512);
    for (std::uint64_t i = 1; i < 4; ++i) {
        read(core, 0_ns, i * kPage, 512);
    }
    // The fifth enters when the first has completed; its plane (page 4) is idle.
    EXPECT_EQ(read(core, 0_ns, 4 * kPage, 512), first + first);
}

TEST(FlashCore, MapPagesAreReadBeforeTheirData) {
    FlashConfig c = small_flash();
    c.ftl.map_cache = 16_KiB;  // one page of the map: 1024 entries of 16 B, 16 MiB of data
    c.ftl.map_entry = 16_B;
    FlashCore core(c);
    const Femtoseconds hit = 63_us + 512_ns + 128_ns;
    const Femtoseconds miss = hit + 50_us + kBus;
    EXPECT_EQ(read(core, 0_ms, 0, 512), miss);
    EXPECT_EQ(read(core, 1_ms, (16_MiB).count() - 512, 512), 1_ms + hit);
    EXPECT_EQ(read(core, 2_ms, (16_MiB).count() + 512, 512), 2_ms + miss);
    EXPECT_EQ(core.take_activity().internal_pages, 2U);
}

TEST(FlashCore, AStreamFindsItsNextPagesInTheBuffer) {
    FlashCore core(buffered_flash());
    const Femtoseconds sensed = 63_us + 4'096_ns + 1'024_ns;
    EXPECT_EQ(read(core, 0_ms, 0, 4096), sensed) << "nothing tells that this is a stream";
    // The second loads its whole page and the two that follow.
    EXPECT_EQ(read(core, 1_ms, 4096, 4096), 1_ms + 63_us + kBus + 1'024_ns);
    EXPECT_EQ(core.take_activity().pages_read, 4U);
    EXPECT_EQ(read(core, 2_ms, 8192, 4096), 2_ms + 13_us + 1'024_ns);
    EXPECT_EQ(read(core, 3_ms, 12288, 4096), 3_ms + 13_us + 1'024_ns);
    EXPECT_EQ(read(core, 4_ms, kPage, 4096), 4_ms + 13_us + 1'024_ns) << "read ahead";
    const FlashActivity activity = core.take_activity();
    EXPECT_EQ(activity.ahead_bytes, 12_KiB);
    EXPECT_EQ(activity.pages_read, 1U) << "page 3, two beyond page 1";
}

TEST(FlashCore, ScatteredReadsFillNoBuffer) {
    FlashCore core(buffered_flash());
    for (const Address address : {0U, 8192U, 4096U, 12288U}) {
        read(core, 1_ms * (address + 1), address, 2048);
    }
    EXPECT_EQ(core.take_activity().pages_read, 4U);
}

TEST(FlashCore, SequentialRateIsTheSlowestOfBusAndLink) {
    FlashConfig c = small_flash();
    c.host.queue_depth = 32;
    c.host.t_issue = 1_us;
    c.controller.t_command = 1_us;
    c.nand.dies = 16;
    c.nand.pages = 16;
    const auto rate = [&c] {
        FlashCore core(c);
        FlashTraffic traffic;
        traffic.size = 65536;
        traffic.queue_depth = 32;
        traffic.range = 256 << 20;
        traffic.count = 4096;
        return drive(core, traffic).rate;
    };
    EXPECT_NEAR(rate(), 2000, 20) << "two buses of 1 GB/s";
    EXPECT_LE(rate(), 2000);
    c.nand.bus_rate = 4000_MBps;
    EXPECT_NEAR(rate(), 4000, 40) << "the link";
    c.link.efficiency = 400;
    EXPECT_NEAR(rate(), 2000, 20) << "half the link";
    c.link.gear = 2;
    EXPECT_NEAR(rate(), 4000, 40) << "a gear more";
}

TEST(FlashCore, SleepsAfterAPauseAndWakesWithTheNextCommand) {
    FlashConfig c = small_flash();
    c.power.t_sleep = 1_ms;
    c.power.t_wake = 100_us;
    FlashCore core(c);
    const Femtoseconds work = 63_us + 512_ns + 128_ns;
    EXPECT_EQ(core.awake_time(5_ms), 0_ms) << "asleep from the start";
    const Femtoseconds first = read(core, 5_ms, 0, 512);
    EXPECT_EQ(first, 5_ms + 100_us + work);
    const Femtoseconds asleep = first + 1_ms;
    EXPECT_EQ(read(core, asleep - 1_fs, kPage, 512), asleep - 1_fs + work);
    EXPECT_EQ(core.awake_time(1_s), asleep - 1_fs + work + 1_ms - 5_ms);
    EXPECT_EQ(read(core, 1_s, 0, 512), 1_s + 100_us + work);
}

TEST(FlashCore, CommandsOutsideTheCapacityAreModelErrors) {
    FlashCore core(small_flash());
    EXPECT_NO_THROW(read(core, 0_ns, (1_GiB).count() - 512, 512));
    EXPECT_THROW(read(core, 0_ns, (1_GiB).count() - 511, 512), ModelError);
    EXPECT_THROW(read(core, 0_ns, UINT64_MAX, 1), ModelError);
    EXPECT_THROW(read(core, 0_ns, 0, 0), ModelError);
    EXPECT_THROW(core.submit(0_ns, {FlashCommand::trim, (1_GiB).count(), 512, {}, 0}), ModelError);
}

TEST(FlashCore, EqualCommandsTakeEqualTimes) {
    FlashTraffic traffic;
    traffic.random = true;
    traffic.queue_depth = 4;
    traffic.range = 512 << 20;
    traffic.count = 5000;
    FlashCore one(small_flash());
    FlashCore two(small_flash());
    EXPECT_EQ(drive(one, traffic).mean_latency, drive(two, traffic).mean_latency);
    EXPECT_EQ(one.take_activity().bus_bytes, two.take_activity().bus_bytes);
}

TEST(FlashConfigCheck, ReportsEachBrokenRule) {
    FlashConfig c = small_flash();
    Errors errors;
    c.check(errors);
    c.controller.check(errors);
    c.power.check(errors);
    EXPECT_TRUE(errors.empty());
    c.capacity = 1_GiB + 1_B;
    c.check(errors);
    c.capacity = 1_GiB;
    c.controller.write_cache = 100_KiB;
    c.controller.read_buffer = 4_KiB;
    c.controller.read_ahead = 8_KiB;
    c.link.efficiency = 0;
    c.power.asleep = 1_mW;
    c.ftl.over_provisioning = 1;
    c.check(errors);
    c.controller.check(errors);
    c.power.check(errors);
    EXPECT_THAT(errors.problems(),
                testing::ElementsAre("capacity: must be whole pages",
                                     "controller.write_cache: must hold a page of every plane, or be 0",
                                     "controller.read_buffer: must hold a page, or be 0",
                                     "link: moves nothing: lane_rate, line_code and efficiency multiply to 0 B/s",
                                     testing::HasSubstr("ftl: over_provisioning: leaves too few spare pages"),
                                     "read_ahead: must fit the read_buffer", "asleep: must not draw more than awake"));
}

}  // namespace
}  // namespace handset
