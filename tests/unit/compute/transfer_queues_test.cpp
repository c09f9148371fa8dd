// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/transfer_queues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/support/small_devices.h"

namespace handset {
namespace {

using Cursor = TransferQueues::Cursor;

/// One tile with the given loads.
TileProgram program(const std::vector<Transfer>& loads) {
    TileProgram p;
    p.transfers = loads;
    p.tiles.resize(1);
    p.tiles[0].loads = static_cast<std::uint32_t>(loads.size());
    return p;
}

Transfer block(std::uint64_t bytes, TransferPath path = TransferPath::dma) {
    Transfer t;
    t.row_bytes = bytes;
    t.row_stride = bytes;
    t.path = path;
    return t;
}

/// Transfers whose next piece could go at `now`, by queue; -1: none. `wake` collects what the queues ask for.
std::vector<int> ready(TransferQueues& queues, Femtoseconds now, std::vector<Femtoseconds>* wakes = nullptr) {
    std::vector<int> out;
    for (std::size_t queue = 0; queue < queues.queues_per_lane(); ++queue) {
        std::optional<Femtoseconds> wake;
        const Cursor* cursor = queues.ready(0, queue, now, wake);
        out.push_back(cursor == nullptr ? -1 : static_cast<int>(cursor->transfer));
        if (wake.has_value() && wakes != nullptr) {
            wakes->push_back(*wake);
        }
    }
    return out;
}

TEST(TransferQueues, ADescriptorDelaysItsFirstPieceOnly) {
    PortConfig port = small_port();
    port.dma.descriptor = 100_ns;
    TransferQueues queues(port, {port.lane_outstanding});
    const TileProgram p = program({block(512), block(256)});
    queues.begin(p);
    queues.add(0, false, 0);
    std::vector<Femtoseconds> wakes;
    EXPECT_THAT(ready(queues, 10_ns, &wakes), testing::ElementsAre(-1, -1, -1));
    EXPECT_THAT(ready(queues, 109_ns, &wakes), testing::ElementsAre(-1, -1, -1));
    EXPECT_THAT(wakes, testing::ElementsAre(110_ns)) << "told once";
    EXPECT_THAT(ready(queues, 110_ns), testing::ElementsAre(0, -1, -1));
    EXPECT_FALSE(queues.sent(0, 0, 256, 110_ns));
    EXPECT_THAT(ready(queues, 110_ns), testing::ElementsAre(0, -1, -1)) << "second piece at once";
    EXPECT_FALSE(queues.sent(0, 0, 256, 110_ns));
    EXPECT_THAT(ready(queues, 110_ns), testing::ElementsAre(-1, -1, -1)) << "second descriptor";
    EXPECT_THAT(ready(queues, 210_ns), testing::ElementsAre(1, -1, -1));
    EXPECT_TRUE(queues.sent(0, 0, 256, 210_ns)) << "the last piece of the tile";
}

// The lane takes 512 B: with two pieces under way it rests until one arrives, but not before its queues were asked.
TEST(TransferQueues, AFullLaneRestsOnceItsQueuesWereAsked) {
    PortConfig port = small_port();
    TransferQueues queues(port, {512_B});
    const TileProgram p = program({block(1024)});
    queues.begin(p);
    queues.add(0, false, 0);
    EXPECT_FALSE(queues.rests(0));
    EXPECT_THAT(ready(queues, 0_fs), testing::ElementsAre(0, -1, -1));
    queues.sent(0, 0, 512, 0_fs);
    EXPECT_FALSE(queues.rests(0)) << "a queue may have a descriptor to take";
    queues.settle(0);
    EXPECT_TRUE(queues.rests(0));
    queues.arrived(0, 0, 512);
    EXPECT_FALSE(queues.rests(0));
}

TEST(TransferQueues, AStridedTransferPaysForEachRowAfterTheFirst) {
    PortConfig port = small_port();
    port.dma.descriptor = 100_ns;
    port.dma.row = 10_ns;
    TransferQueues queues(port, {port.lane_outstanding});
    Transfer strided = block(64);
    strided.rows = 3;
    strided.row_stride = 4096;
    const TileProgram p = program({strided});
    queues.begin(p);
    queues.add(0, false, 0);
    ready(queues, 0_fs);
    for (const Femtoseconds due : {100_ns, 110_ns, 120_ns}) {
        EXPECT_EQ(ready(queues, due - 1_ns)[0], -1);
        EXPECT_EQ(ready(queues, due)[0], 0);
        EXPECT_EQ(queues.sent(0, 0, 64, due), due == 120_ns);
    }
}

TEST(TransferQueues, SeveralDmaQueuesWorkOnDescriptorsTogether) {
    PortConfig port = small_port();
    port.dma.queues = 2;
    port.dma.descriptor = 100_ns;
    TransferQueues queues(port, {port.lane_outstanding});
    const TileProgram p = program({block(256), block(256), block(256)});
    queues.begin(p);
    queues.add(0, false, 0);
    ready(queues, 0_fs);
    EXPECT_THAT(ready(queues, 100_ns), testing::ElementsAre(0, 1, -1, -1));
    EXPECT_FALSE(queues.sent(0, 1, 256, 100_ns));
    EXPECT_THAT(ready(queues, 100_ns), testing::ElementsAre(0, -1, -1, -1));
    EXPECT_THAT(ready(queues, 200_ns), testing::ElementsAre(0, 2, -1, -1));
    EXPECT_FALSE(queues.sent(0, 1, 256, 200_ns));
    EXPECT_TRUE(queues.sent(0, 0, 256, 200_ns)) << "last to be sent, though not last in order";
}

TEST(TransferQueues, EachPathHasItsOwnQueueAndLimit) {
    PortConfig port = small_port();  // 512 B per lane
    port.prefetch =
        PathConfig{.threads = 1, .burst = 128_B, .thread_outstanding = 256_B, .outstanding = 1_KiB, .row = {}};
    port.load = PathConfig{.threads = 3, .burst = 64_B, .thread_outstanding = 64_B, .outstanding = 128_B, .row = {}};
    EXPECT_EQ(port.limit_of(TransferPath::dma), 512_B);
    EXPECT_EQ(port.limit_of(TransferPath::prefetch), 256_B) << "of one thread";
    EXPECT_EQ(port.limit_of(TransferPath::load), 128_B) << "three threads share what lies below";
    TransferQueues queues(port, {port.lane_outstanding});
    const TileProgram p = program({block(1024), block(1024, TransferPath::prefetch), block(1024, TransferPath::load)});
    queues.begin(p);
    queues.add(0, false, 0);
    EXPECT_THAT(ready(queues, 0_fs), testing::ElementsAre(0, 1, 2)) << "no descriptor beside DMA";
    std::optional<Femtoseconds> wake;
    const Cursor* load = queues.ready(0, 2, 0_fs, wake);
    EXPECT_EQ(queues.burst(*load), 64_B);
    queues.sent(0, 2, 64, 0_fs);
    EXPECT_TRUE(queues.fits(*load, 64));
    queues.sent(0, 2, 64, 0_fs);
    EXPECT_FALSE(queues.fits(*load, 64));
    EXPECT_TRUE(queues.fits(*queues.ready(0, 0, 0_fs, wake), 384));
    EXPECT_FALSE(queues.fits(*queues.ready(0, 0, 0_fs, wake), 385)) << "the lane has 512 B";
    EXPECT_EQ(queues.bytes_in_flight(), 128U);
    queues.arrived(0, 2, 64);
    EXPECT_TRUE(queues.fits(*load, 64));
}

TEST(TransferQueues, RefusesAPathThatThePortDoesNotHave) {
    const PortConfig port = small_port();
    TransferQueues queues(port, {port.lane_outstanding});
    const TileProgram p = program({block(64, TransferPath::load)});
    queues.begin(p);
    EXPECT_THROW(queues.add(0, false, 0), ModelError);
}

TEST(PortConfig, RejectsImpossiblePaths) {
    PortConfig port = small_port();
    port.weight_path = TransferPath::prefetch;
    Errors errors;
    port.check(errors);
    EXPECT_THAT(errors.problems(), testing::ElementsAre("weight_path: names a path that the port does not have"));
    const PathConfig path{.threads = 2, .burst = 256_B, .thread_outstanding = 64_B, .outstanding = 1_KiB, .row = {}};
    Errors more;
    path.check(more);
    EXPECT_THAT(more.problems(), testing::ElementsAre(testing::HasSubstr("burst: a request larger than the bytes")));
}

TEST(TransferQueues, PiecesHoldTheTransactionsTheyTouch) {
    PortConfig port = small_port();
    EXPECT_EQ(port.unused(18, 18), 0U) << "without transactions";
    port.transaction = 64_B;
    EXPECT_EQ(port.unused(0, 64), 0U);
    EXPECT_EQ(port.unused(18, 18), 46U) << "18..35 lies in 0..63";
    EXPECT_EQ(port.unused(54, 18), 110U) << "54..71 touches two";
    TransferQueues queues(port, {port.lane_outstanding});
    const TileProgram p = program({block(18), block(18)});
    queues.begin(p);
    queues.add(0, false, 0);
    EXPECT_THAT(ready(queues, 0_fs), testing::ElementsAre(0, -1, -1));
    queues.sent(0, 0, 18, 0_fs, 46);
    EXPECT_EQ(queues.bytes_in_flight(), 64U);
    queues.arrived(0, 0, 64);
    EXPECT_EQ(queues.bytes_in_flight(), 0U);
}

}  // namespace
}  // namespace handset
