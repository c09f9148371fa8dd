// SPDX-License-Identifier: Apache-2.0
// Writes of managed flash: the volatile cache, rows of planes, booster, flush and trim; and the bytes over an image.
#include <array>

#include <gtest/gtest.h>

#include "hw_models/flash/flash_core.h"
#include "hw_models/flash/overlay_store.h"
#include "tests/support/flash_driver.h"
#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

constexpr Femtoseconds kBus = 16'384_ns;
constexpr Femtoseconds kLink = 4'096_ns;
constexpr std::uint64_t kPage = 16384;

/// A factory-new device whose cache holds two rows of eight pages.
FlashConfig new_flash() {
    FlashConfig c = small_flash();
    c.filled = 0;
    c.controller.write_cache = 256_KiB;
    return c;
}

Femtoseconds submit(FlashCore& core, Femtoseconds now, FlashCommand command, Address address = 0,
                    std::uint64_t size = kPage) {
    return core.submit(now, {command, address, size, {}, 0}).time;
}

TEST(FlashWrite, CompletesWhenTheCacheHasIt) {
    FlashCore core(new_flash());
    EXPECT_EQ(submit(core, 0_ns, FlashCommand::write), 13_us + kLink);
    EXPECT_EQ(core.take_activity().pages_programmed, 0U);
}

TEST(FlashWrite, WithoutACacheCompletesWhenProgrammed) {
    FlashConfig c = new_flash();
    c.controller.write_cache = {};
    FlashCore core(c);
    EXPECT_EQ(submit(core, 0_ns, FlashCommand::write), 13_us + kLink + kBus + 600_us);
    EXPECT_EQ(core.take_activity().pages_programmed, 1U);
}

TEST(FlashWrite, FlushWaitsForTheLastProgram) {
    FlashCore core(new_flash());
    EXPECT_EQ(submit(core, 0_ns, FlashCommand::flush), 13_us) << "nothing to do";
    submit(core, 1_ms, FlashCommand::write);
    EXPECT_EQ(submit(core, 2_ms, FlashCommand::flush), 2_ms + 13_us + kBus + 600_us);
    EXPECT_EQ(submit(core, 4_ms, FlashCommand::flush), 4_ms + 13_us);
}

TEST(FlashWrite, CachedPagesAreReadFromTheCache) {
    FlashCore core(new_flash());
    submit(core, 0_ns, FlashCommand::write);
    EXPECT_EQ(submit(core, 1_ms, FlashCommand::read), 1_ms + 13_us + kLink);
    submit(core, 2_ms, FlashCommand::flush);
    EXPECT_EQ(submit(core, 4_ms, FlashCommand::read), 4_ms + 63_us + kBus + kLink) << "programmed and forgotten";
}

TEST(FlashWrite, AFullRowIsProgrammedByAllPlanesTogether) {
    FlashCore core(new_flash());
    submit(core, 0_ns, FlashCommand::write, 0, 8 * kPage);
    // The last page is in the cache at 13 us + 8 links. Two dies of a channel share its bus: two planes each.
    EXPECT_EQ(submit(core, 100_us, FlashCommand::flush), 13_us + 8 * kLink + 4 * kBus + 600_us);
    EXPECT_EQ(core.take_activity().pages_programmed, 8U);
}

TEST(FlashWrite, AFullCacheWaitsForPrograms) {
    FlashCore core(new_flash());
    submit(core, 0_ns, FlashCommand::write, 0, 16 * kPage);
    // Row one begins when its eighth page has come and its first die is done after 2 buses and the program.
    const Femtoseconds first = 13_us + 8 * kLink + 2 * kBus + 600_us;
    EXPECT_EQ(submit(core, 200_us, FlashCommand::write, 16 * kPage), first);
}

TEST(FlashWrite, PagesWrittenInPartAreReadFirst) {
    FlashConfig c = new_flash();
    c.filled = 1000;
    FlashCore core(c);
    submit(core, 0_ns, FlashCommand::write, 0, 4096);
    submit(core, 1_ms, FlashCommand::write, 4096, 4096);
    EXPECT_EQ(core.take_activity().pages_read, 0U);
    submit(core, 2_ms, FlashCommand::flush);
    const FlashActivity activity = core.take_activity();
    EXPECT_EQ(activity.pages_read, 1U) << "both parts are one page";
    EXPECT_EQ(activity.pages_programmed, 1U);
}

TEST(FlashWrite, TrimmedPagesAreNotProgrammedAndReadAsNothing) {
    FlashCore core(new_flash());
    submit(core, 0_ns, FlashCommand::write);
    EXPECT_EQ(submit(core, 1_ms, FlashCommand::trim), 1_ms + 13_us);
    submit(core, 2_ms, FlashCommand::flush);
    EXPECT_EQ(core.take_activity().pages_programmed, 0U);
    EXPECT_EQ(submit(core, 3_ms, FlashCommand::read), 3_ms + 13_us + kLink) << "nothing to sense";
}

TEST(FlashWrite, SequentialWritesReachTheProgramTimeBound) {
    // 8 dies x 2 planes x 16 KiB per 600 us = 436.9 MB/s; loading two planes adds 32.768 us: 414.3 MB/s.
    FlashConfig c = new_flash();
    c.nand.dies = 4;
    c.controller.write_cache = 1_MiB;
    FlashCore core(c);
    FlashTraffic traffic;
    traffic.command = FlashCommand::write;
    traffic.size = 131072;
    traffic.queue_depth = 4;
    traffic.range = 256 << 20;
    traffic.count = 1800;
    traffic.warm_up = 200;
    const double rate = drive(core, traffic).rate;
    EXPECT_LT(rate, 436.9);
    EXPECT_NEAR(rate, 414.3, 4.2);
}

TEST(FlashWrite, TheBoosterIsFastUntilItIsFullAndEmptiesWhenIdle) {
    FlashConfig c = new_flash();
    c.controller.booster = 64_MiB;
    c.controller.t_idle = 1_s;
    const auto rate = [](FlashCore& core, Femtoseconds start, std::uint64_t count) {
        FlashTraffic traffic;
        traffic.command = FlashCommand::write;
        traffic.size = 8 * kPage;
        traffic.queue_depth = 4;
        traffic.range = 256 << 20;
        traffic.count = count;
        return drive(core, traffic, start).rate;
    };
    FlashCore core(c);
    // Rows of 128 KiB in 100 us or 600 us, and 32.768 us to load the planes of a die: 987 and 207 MB/s.
    EXPECT_NEAR(rate(core, 0_ns, 400), 987, 50);
    rate(core, 100_ms, 120);  // 65 MiB are written: the booster is full
    EXPECT_NEAR(rate(core, 200_ms, 200), 207, 10);
    EXPECT_NEAR(rate(core, 10_s, 400), 987, 50) << "the pause was long enough";
}

TEST(FlashWrite, ReadsPassWritesThatHaveNotBegun) {
    FlashConfig c = new_flash();
    c.filled = 1000;
    FlashCore core(c);
    submit(core, 0_ns, FlashCommand::write, 0, 16 * kPage);  // two rows: the second cannot begin before 700 us
    const Femtoseconds done = submit(core, 100_us, FlashCommand::read, 32 * kPage, 512);
    EXPECT_LT(done, 13_us + 8 * kLink + 4 * kBus + 600_us + 51_us + kBus) << "one program, not two";
}

TEST(FlashWrite, FaultsAndWritesThatAWornOutDeviceRefusesAreCounted) {
    FlashConfig c = new_flash();
    c.controller.write_cache = {};
    c.ftl.faults.program_failure = 1'000'000;
    FlashCore worn(c);
    submit(worn, 0_ns, FlashCommand::write);
    const FlashActivity first = worn.take_activity();
    EXPECT_EQ(first.rejected_pages, 1U) << "no block takes the page";
    EXPECT_GT(first.bad_blocks, 0U);
    EXPECT_EQ(worn.take_activity().rejected_pages, 0U) << "counted once";
    c.filled = 1000;
    c.ftl.faults = {};
    c.ftl.faults.read_failure = 1'000'000;
    FlashCore noisy(c);
    submit(noisy, 0_ns, FlashCommand::read);
    EXPECT_EQ(noisy.take_activity().read_retries, 1U);
}

FtlStatus status_of(FlashCore& core, FlashCommand command, Address address = 0, std::uint64_t size = kPage) {
    return core.submit(10_s, {command, address, size, {}, 0}).status;
}

TEST(FlashStatus, AWriteWithoutACacheFailsAtOnceAndEveryLaterOneIsRefused) {
    FlashConfig c = new_flash();
    c.controller.write_cache = {};
    c.ftl.faults.program_failure = 1'000'000;
    FlashCore core(c);
    EXPECT_EQ(status_of(core, FlashCommand::write), FtlStatus::read_only);
    core.take_activity();
    EXPECT_EQ(status_of(core, FlashCommand::write, 0, 2 * kPage), FtlStatus::read_only);
    const FlashActivity second = core.take_activity();
    EXPECT_EQ(second.rejected_pages, 2U);
    EXPECT_EQ(second.link_bytes, 0_B) << "refused before its data cross the link";
    EXPECT_EQ(status_of(core, FlashCommand::read), FtlStatus::ok) << "reads go on";
}

TEST(FlashStatus, AFlushTellsWhatTheCacheLostOnce) {
    FlashConfig c = new_flash();
    c.ftl.faults.program_failure = 1'000'000;
    FlashCore core(c);
    EXPECT_EQ(status_of(core, FlashCommand::write), FtlStatus::ok) << "in the cache";
    EXPECT_EQ(status_of(core, FlashCommand::flush), FtlStatus::read_only);
    EXPECT_EQ(status_of(core, FlashCommand::flush), FtlStatus::ok) << "nothing was taken since";
    EXPECT_EQ(status_of(core, FlashCommand::write), FtlStatus::read_only);
}

TEST(FlashStatus, AnUncorrectablePageFailsTheRequestWhereverItWasRead) {
    FlashConfig c = small_flash();
    c.filled = 1000;
    c.controller.read_buffer = 1_MiB;
    c.controller.read_ahead = 256_KiB;
    c.controller.streams = 1;
    c.ftl.faults.read_failure = 1'000'000;
    c.ftl.faults.retry_failure = 1'000'000;
    FlashCore core(c);
    for (Address at = 0; at < 16 * kPage; at += 4096) {
        EXPECT_EQ(status_of(core, FlashCommand::read, at, 4096), FtlStatus::uncorrectable) << at;
    }
    c.ftl.faults.retry_failure = 0;
    FlashCore noisy(c);
    EXPECT_EQ(status_of(noisy, FlashCommand::read), FtlStatus::ok) << "the retry helped";
}

TEST(FlashStatus, APageWhoseRestCannotBeReadIsNotWrittenInPart) {
    FlashConfig c = new_flash();
    c.filled = 1000;
    c.ftl.faults.read_failure = 1'000'000;
    c.ftl.faults.retry_failure = 1'000'000;
    FlashCore core(c);
    EXPECT_EQ(status_of(core, FlashCommand::write, 0, 4096), FtlStatus::ok);
    EXPECT_EQ(status_of(core, FlashCommand::flush), FtlStatus::uncorrectable);
    const FlashActivity activity = core.take_activity();
    EXPECT_EQ(activity.pages_programmed, 0U);
    EXPECT_EQ(activity.lost_pages, 1U);
    EXPECT_EQ(status_of(core, FlashCommand::write), FtlStatus::ok);
    EXPECT_EQ(status_of(core, FlashCommand::flush), FtlStatus::ok) << "a whole page needs no rest";
}

/// Writes pages 0, 1, 2 ... of a device that wears out, with a flush after every `group`, and reads back what was
/// acknowledged: with status ok, and that of the flush behind it.
void expect_acknowledged_pages_are_kept(Bytes cache, std::uint64_t group) {
    FlashConfig c = new_flash();
    c.capacity = 64_MiB;
    c.nand.pages = 16;
    c.ftl.over_provisioning = 200;
    c.controller.write_cache = cache;
    c.ftl.faults.program_failure = 60'000;
    FlashCore core(c);
    std::vector<std::uint64_t> acknowledged;
    bool refused = false;
    for (std::uint64_t page = 0; page < c.logical_pages();) {
        std::vector<std::uint64_t> taken;
        for (std::uint64_t i = 0; i < group && page < c.logical_pages(); ++i, ++page) {
            if (status_of(core, FlashCommand::write, page * kPage) == FtlStatus::ok) {
                taken.push_back(page);
            }
        }
        if (status_of(core, FlashCommand::flush) == FtlStatus::ok) {
            acknowledged.insert(acknowledged.end(), taken.begin(), taken.end());
        } else {
            refused = true;
        }
    }
    EXPECT_TRUE(refused) << "the device never wore out";
    EXPECT_GT(acknowledged.size(), 100U);
    for (const std::uint64_t page : acknowledged) {
        core.take_activity();
        // Long after the last program: the cache holds nothing any more.
        ASSERT_EQ(core.submit(1000_s, {FlashCommand::read, page * kPage, kPage, {}, 0}).status, FtlStatus::ok) << page;
        ASSERT_EQ(core.take_activity().pages_read, 1U) << "page " << page << " is nowhere";
    }
}

TEST(FlashStatus, NothingAcknowledgedIsLost) {
    expect_acknowledged_pages_are_kept({}, 1);
    expect_acknowledged_pages_are_kept(256_KiB, 1);
    expect_acknowledged_pages_are_kept(256_KiB, 24);
}

TEST(FlashWrite, GarbageIsCollectedOnAFullDevice) {
    FlashConfig c = new_flash();
    c.capacity = 64_MiB;
    c.nand.pages = 16;
    c.ftl.over_provisioning = 200;
    c.filled = 1000;
    FlashCore core(c);
    FlashTraffic traffic;
    traffic.command = FlashCommand::write;
    traffic.random = true;
    traffic.size = kPage;
    traffic.queue_depth = 4;
    traffic.range = 64 << 20;
    traffic.count = 20000;
    drive(core, traffic);
    const FlashActivity activity = core.take_activity();
    EXPECT_GT(activity.blocks_erased, 0U);
    EXPECT_GT(activity.pages_programmed, 20000U) << "valid pages moved";
    EXPECT_EQ(activity.energy_program, Femtojoules{});
}

/// 8 KiB whose bytes are their address.
class Ramp final : public Store {
  public:
    [[nodiscard]] Bytes size() const override { return 8_KiB; }
    void read(Address address, std::span<std::byte> bytes) const override {
        ensure(address + bytes.size() <= size().count(), "beyond the image");
        for (std::byte& byte : bytes) {
            byte = static_cast<std::byte>(address++);
        }
    }
    void write(Address /*address*/, std::span<const std::byte> /*bytes*/) override { FAIL() << "images are read-only"; }
};

TEST(OverlayStore, KeepsWrittenBytesOverTheImageAndZerosBeyond) {
    OverlayStore store(std::make_shared<Ramp>(), 10'000_B);
    const std::array written{std::byte{0xA0}, std::byte{0xA1}, std::byte{0xA2}};
    store.write(4095, written);  // over the border of two blocks
    store.write(8191, written);  // over the end of the image
    std::array<std::byte, 5> bytes{};
    store.read(4094, bytes);
    EXPECT_EQ(bytes, (std::array{std::byte{0xFE}, written[0], written[1], written[2], std::byte{0x02}}));
    store.read(8190, bytes);
    EXPECT_EQ(bytes, (std::array{std::byte{0xFE}, written[0], written[1], written[2], std::byte{0}}));
    EXPECT_THROW(store.read(9996, bytes), ModelError);
    EXPECT_THROW(store.write(9998, written), ModelError);
}

}  // namespace
}  // namespace handset
