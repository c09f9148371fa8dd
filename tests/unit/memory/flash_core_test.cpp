// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash_core.h"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

constexpr Femtoseconds kBus = 16'384_ns;
constexpr Femtoseconds kLink = 4'096_ns;

TEST(FlashCore, IdlePageReadIsCommandSenseBusAndLink) {
    FlashCore core(small_flash());
    EXPECT_EQ(core.read(1_ms, 0, 16384), 1_ms + 3_us + 10_us + 50_us + kBus + kLink);
    EXPECT_EQ(core.pages_read(), 1U);
}

TEST(FlashCore, OnlyTheBytesAskedForAreTransferred) {
    FlashCore core(small_flash());
    EXPECT_EQ(core.read(0_ns, 8192, 4096), 63_us + 4'096_ns + 1'024_ns);
}

TEST(FlashCore, APageInItsRegisterIsNotSensedAgain) {
    FlashCore core(small_flash());
    core.read(0_ns, 0, 4096);
    EXPECT_EQ(core.read(1_ms, 4096, 4096), 1_ms + 13_us + 4'096_ns + 1'024_ns);
    EXPECT_EQ(core.pages_read(), 1U);
    core.read(2_ms, 8 * 16384, 4096);  // the same plane: 2 channels x 2 dies x 2 planes further
    EXPECT_EQ(core.read(3_ms, 0, 4096), 3_ms + 63_us + 4'096_ns + 1'024_ns) << "its register was overwritten";
}

TEST(FlashCore, ChannelsSenseAndTransferInParallelAndShareTheLink) {
    FlashCore core(small_flash());
    // Two pages on two channels: both leave their bus at 63 us + bus, then cross the link one after the other.
    EXPECT_EQ(core.read(0_ns, 0, 32768), 63_us + kBus + 2 * kLink);
    // The third page shares the first channel's bus: one more bus time, its link time hidden behind nothing.
    FlashCore three(small_flash());
    EXPECT_EQ(three.read(0_ns, 0, 49152), 63_us + 2 * kBus + kLink);
}

TEST(FlashCore, CommandsPassTheInterfaceOneAtATime) {
    // The first command occupies the interface for 3 us: one that arrives then is not delayed, one femtosecond earlier
    // it waits one.
    for (const auto& [arrival, delay] : {std::pair{3_us, 0_fs}, {3_us - 1_fs, 1_fs}, {0_us, 3_us}}) {
        FlashCore core(small_flash());
        const Femtoseconds first = core.read(0_ns, 0, 512);
        EXPECT_EQ(core.read(arrival, 16384, 512), arrival + delay + first);
    }
}

TEST(FlashCore, AFullQueueHoldsTheNextCommandBack) {
    FlashCore core(small_flash());
    Femtoseconds first = core.read(0_ns, 0, 512);
    for (std::uint64_t i = 1; i < 4; ++i) {
        core.read(0_ns, i * 16384, 512);
    }
    // The fifth enters when the first has completed; its plane (page 4) is idle.
    EXPECT_EQ(core.read(0_ns, std::uint64_t{4} * 16384, 512), first + first);
}

/// Rate of a sequential read in commands of `size` with the queue kept full.
double stream_rate(const FlashConfig& c, std::uint64_t total, std::uint64_t size) {
    FlashCore core(c);
    std::vector<Femtoseconds> done;
    for (std::uint64_t i = 0; i * size < total; ++i) {
        done.push_back(core.read(i < c.queue_depth ? 0_ns : done[i - c.queue_depth], i * size, size));
    }
    return static_cast<double>(total) / to_seconds(done.back());
}

TEST(FlashCore, SequentialRateIsTheSlowestOfBusLinkAndPlanes) {
    FlashConfig c = small_flash();
    c.queue_depth = 32;
    // Planes: a page occupies its plane for t_read and at least its own bus time; 8 planes feed 2 buses of 1 GB/s:
    // 8 * 16 KiB / (50 + 4 * 16.384 us) = 1.13 GB/s because planes of one channel wait for each other's transfers.
    const double planes = stream_rate(c, 64 << 20, 65536) / 1e9;
    EXPECT_GT(planes, 1.1);
    EXPECT_LT(planes, 2.0);
    c.dies = 16;
    EXPECT_NEAR(stream_rate(c, 256 << 20, 65536) / 1e9, 2.0, 0.02) << "two buses of 1 GB/s";
    c.bus_rate = 4000_MBps;
    EXPECT_NEAR(stream_rate(c, 256 << 20, 65536) / 1e9, 4.0, 0.04) << "the link";
    c.link_efficiency = 400;
    EXPECT_NEAR(stream_rate(c, 256 << 20, 65536) / 1e9, 2.0, 0.02) << "half the link";
}

TEST(FlashCore, ReadsOutsideTheCapacityAreModelErrors) {
    FlashCore core(small_flash());
    EXPECT_NO_THROW(core.read(0_ns, (1_GiB).count() - 512, 512));
    EXPECT_THROW(core.read(0_ns, (1_GiB).count() - 511, 512), ModelError);
    EXPECT_THROW(core.read(0_ns, UINT64_MAX, 1), ModelError);
}

TEST(FlashConfigCheck, ReportsEachBrokenRule) {
    FlashConfig c = small_flash();
    Errors errors;
    c.check(errors);
    EXPECT_TRUE(errors.empty());
    c.capacity = 1_GiB + 1_B;
    c.page = 1000_B;
    c.check(errors);
    EXPECT_THAT(errors.problems(),
                testing::ElementsAre("capacity: must be whole pages", "page: must be whole sectors of 512 B"));
}

}  // namespace
}  // namespace handset
