// SPDX-License-Identifier: Apache-2.0
// The bytes move: results are right only when programs respect slots and barriers, and timing does not depend on data.
#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_models/common/address_map.h"
#include "hw_models/cpu/cpu.h"
#include "hw_models/npu/npu.h"
#include "tests/support/device_bench.h"
#include "tests/support/small_devices.h"

namespace handset {
namespace {

std::unique_ptr<Component> npu(const char* name, const ComponentContext& context) {
    return make_npu(name, context, small_npu());
}
std::unique_ptr<Component> cpu(const char* name, const ComponentContext& context) {
    return make_cpu(name, context, small_cpu());
}

void fill(std::span<std::byte> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = std::byte((i * 7 + i / 256) & 0xffU);
    }
}

/// How many of the first `size` bytes of `out` are not `in` + `steps`.
std::size_t wrong(std::span<const std::byte> in, std::span<const std::byte> out, std::size_t size, unsigned steps = 1) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size; ++i) {
        count += out[i] == std::byte(std::to_integer<unsigned>(in[i]) + steps) ? 0 : 1;
    }
    return count;
}

/// Eight tiles of 256 bytes through two slots; `distance` 2 is right.
TileProgram through_two_slots(std::uint32_t distance) {
    TileProgram program;
    for (std::uint32_t i = 0; i < 8; ++i) {
        Tile& tile = add_tile(program, 0, 2, std::uint64_t{i} * 256, 256, i % 2 * std::uint64_t{256});
        tile.loads_after = i < distance ? kNone : i - distance;
        tile.work.add(VectorOp::add, 4000);
    }
    return program;
}

std::unique_ptr<Component> stealing_cpu(const char* name, const ComponentContext& context) {
    CpuConfig config = small_cpu();
    config.partition = Partition::stealing;
    return make_cpu(name, context, config);
}

/// Two lanes: the second works on what the first has written.
TileProgram two_steps(bool barrier) {
    TileProgram program;
    add_tile(program, 0, 1, 0, 256, 0).work.add(VectorOp::add, 100);
    Tile& second = add_tile(program, 1, 2, 0, 256, 0);
    second.lane = 1;
    second.barrier = barrier;
    return program;
}

constexpr BytesPerSecond kOneGigabyte{1'000'000'000};

TEST(DataMovement, ResultsArriveInMemory) {
    DeviceBench bench("npu0", npu, 100_ns, kOneGigabyte);
    fill(bench.operand(0));
    bench.run(through_two_slots(2));
    EXPECT_EQ(wrong(bench.operand(0), bench.operand(2), 2048), 0U);
    EXPECT_EQ(bench.operand(2)[2048], std::byte{0}) << "nothing is written past the result";
}

TEST(DataMovement, TakingASlotTooEarlyGivesWrongBytes) {
    DeviceBench bench("npu0", npu, 100_ns, kOneGigabyte);
    fill(bench.operand(0));
    bench.run(through_two_slots(3));
    EXPECT_GT(wrong(bench.operand(0), bench.operand(2), 2048), 0U);
}

/// Pages of 320 bytes in reverse order at the start of memory.
class ReversedPages final : public PageTable {
  public:
    static constexpr std::uint64_t kPage = 320;
    static constexpr std::uint64_t kPages = 8;
    static std::uint64_t place(std::uint64_t offset) { return (kPages - 1 - offset / kPage) * kPage + offset % kPage; }
    [[nodiscard]] Run lookup(Address mapped, std::uint64_t bytes) const override {
        const std::uint64_t offset = mapped - kFlashBase;
        return {place(offset), std::min(bytes, kPage - offset % kPage)};
    }
};

// Tiles of 256 bytes and requests of up to 256 bytes lie across the pages.
TEST(DataMovement, MappedOperandsAreReadWhereTheirPagesLie) {
    DeviceBench bench("npu0", npu, 100_ns, kOneGigabyte);
    fill(bench.operand(0));
    std::vector<std::byte> file(2048);
    for (std::size_t i = 0; i < file.size(); ++i) {
        file[i] = bench.operand(0)[ReversedPages::place(i)];
    }
    const ReversedPages pages;
    bench.pages = &pages;
    bench.bases[0] = kFlashBase;
    bench.run(through_two_slots(2));
    EXPECT_EQ(wrong(file, bench.operand(2), 2048), 0U);
    EXPECT_GT(wrong(bench.operand(0), bench.operand(2), 2048), 0U);
    EXPECT_EQ(bench.counter("bytes_read"), 2048U);
}

TEST(DataMovement, BarrierMakesEarlierResultsVisible) {
    DeviceBench bench("cpu0", cpu, 100_ns, kOneGigabyte);
    fill(bench.operand(0));
    bench.run(two_steps(true));
    EXPECT_EQ(wrong(bench.operand(0), bench.operand(2), 256, 2), 0U);
}

TEST(DataMovement, DroppingABarrierGivesWrongBytes) {
    DeviceBench bench("cpu0", cpu, 100_ns, kOneGigabyte);
    fill(bench.operand(0));
    bench.run(two_steps(false));
    EXPECT_GT(wrong(bench.operand(0), bench.operand(2), 256, 2), 0U);
}

TEST(DataMovement, StridedRowsArePackedAndGatheredRowsFollowTheOp) {
    DeviceBench bench("npu0", npu, 100_ns, kOneGigabyte);
    fill(bench.operand(0));
    bench.op.gather = {5, 3};
    TileProgram program;
    Tile& tile = add_tile(program, 0, 2, 0, 64 + 32, 0);
    tile.loads = 2;
    tile.first_load = 2;
    tile.first_store = 1;
    // Four rows of 16 bytes out of rows of 100, then row gather[1] = 3 of 32-byte rows.
    program.transfers.push_back(
        {.operand = 0, .rows = 4, .row_bytes = 16, .row_stride = 100, .offset = 10, .local = 0});
    program.transfers.push_back(
        {.operand = 0, .rows = 1, .row_bytes = 32, .row_stride = 32, .offset = 0, .local = 64, .gather = 1});
    bench.run(program);
    std::vector<std::byte> expected;
    for (std::size_t row = 0; row < 4; ++row) {
        for (std::size_t i = 0; i < 16; ++i) {
            expected.push_back(bench.operand(0)[10 + row * 100 + i]);
        }
    }
    for (std::size_t i = 0; i < 32; ++i) {
        expected.push_back(bench.operand(0)[3 * 32 + i]);
    }
    EXPECT_EQ(wrong(expected, bench.operand(2), expected.size()), 0U);
}

TEST(DataMovement, BytesThroughThePortAreThoseTheMemoryServed) {
    DeviceBench bench("cpu0", cpu, 100_ns, kOneGigabyte);
    const TileProgram program = through_two_slots(2);
    bench.run(program);
    bench.run(two_steps(true));
    EXPECT_EQ(bench.counter("bytes_read"), 2048U + 512U);
    EXPECT_EQ(bench.counter("bytes_written"), 2048U + 512U);
    EXPECT_EQ(bench.memory.bytes_read().count(), bench.counter("bytes_read"));
    EXPECT_EQ(bench.memory.bytes_written().count(), bench.counter("bytes_written"));
    EXPECT_EQ(program.bytes_loaded(), 2048_B);
    EXPECT_EQ(bench.counter("requests"), bench.memory.served.size());
}

TEST(DataMovement, CountersDoNotDependOnData) {
    DeviceBench with("with", cpu, 100_ns, kOneGigabyte, true);
    DeviceBench without("without", cpu, 100_ns, kOneGigabyte, false);
    fill(with.operand(0));
    for (DeviceBench* bench : {&with, &without}) {
        bench->run(through_two_slots(2));
        bench->run(two_steps(true));
    }
    const Snapshot a = with.counters.snapshot();
    const Snapshot b = without.counters.snapshot();
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].path.substr(4), b[i].path.substr(7));
        EXPECT_EQ(a[i].value, b[i].value) << a[i].path;
    }
    EXPECT_EQ(without.operand(2)[0], std::byte{0}) << "no byte moved";
}

TEST(DataMovement, ChunksFindTheirBytesOnWhicheverCoreTakesThem) {
    DeviceBench bench("cpu0", stealing_cpu, 100_ns, BytesPerSecond{1'000'000'000});
    fill(bench.operand(0));
    TileProgram program;
    for (std::uint32_t i = 0; i < 24; ++i) {
        Tile& tile = add_tile(program, 0, 2, std::uint64_t{i} * 256, 256, i / 12 * std::uint64_t{256});
        tile.lane = i % 12;
        tile.work.add(VectorOp::add, 100 * (i + 1));
    }
    bench.run(program);
    EXPECT_EQ(wrong(bench.operand(0), bench.operand(2), 24 * 256), 0U);
}

}  // namespace
}  // namespace handset
