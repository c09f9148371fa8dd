// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/tensor_arena.h"

#include <algorithm>
#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

constexpr std::uint64_t kPage = 4096;

class TensorArenaTest : public testing::Test {
  protected:
    Address place(TensorArena& arena, std::uint64_t bytes, MemoryTag tag = MemoryTag::scratch,
                  const std::string& name = "t") {
        return arena.allocate(name, Bytes{bytes}, tag, now);
    }
    std::uint64_t counter(const std::string& name) { return counter_value(registry.snapshot(), "memory." + name); }

    CounterRegistry registry;
    Femtoseconds now;
};

TEST_F(TensorArenaTest, PlacesTensorsOnWholePagesFromZeroUp) {
    TensorArena arena(Bytes{8 * kPage}, registry);
    EXPECT_EQ(place(arena, 1), 0U);
    EXPECT_EQ(place(arena, kPage), kPage);          // one byte takes a page
    EXPECT_EQ(place(arena, kPage + 1), 2 * kPage);  // takes two
    EXPECT_EQ(place(arena, 1), 4 * kPage);
    EXPECT_EQ(arena.in_use(), Bytes{2 * kPage + 3}) << "what was asked for, not what rounding took";
}

TEST_F(TensorArenaTest, FirstHoleThatFitsIsTaken) {
    TensorArena arena(Bytes{16 * kPage}, registry);
    const Address small = place(arena, kPage);
    place(arena, kPage);
    const Address large = place(arena, 3 * kPage);
    place(arena, kPage);
    arena.release(small, now);
    arena.release(large, now);
    EXPECT_EQ(place(arena, 2 * kPage), large) << "the first hole is too small";
    EXPECT_EQ(place(arena, kPage), small);
    EXPECT_EQ(place(arena, kPage), large + 2 * kPage) << "the rest of a hole stays usable";
}

TEST_F(TensorArenaTest, ReachGrowsOnlyWithMemoryThatWasNeverUsed) {
    TensorArena arena(Bytes{16 * kPage}, registry);
    EXPECT_EQ(arena.reach(), 0_B);
    const Address first = place(arena, 3 * kPage);
    place(arena, 1);
    EXPECT_EQ(arena.reach(), Bytes{4 * kPage}) << "whole pages";
    arena.release(first, now);
    place(arena, 2 * kPage);
    EXPECT_EQ(arena.reach(), Bytes{4 * kPage}) << "used before";
    place(arena, 2 * kPage);
    EXPECT_EQ(arena.reach(), Bytes{6 * kPage}) << "the hole of one page is too small";
}

TEST_F(TensorArenaTest, NeighbouringHolesBecomeOneInEveryOrderOfRelease) {
    for (const std::array<std::size_t, 3>& order :
         {std::array<std::size_t, 3>{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
        CounterRegistry counters;
        TensorArena arena(Bytes{3 * kPage}, counters);
        std::array<Address, 3> blocks{};
        for (Address& block : blocks) {
            block = place(arena, kPage);
        }
        for (const std::size_t index : order) {
            arena.release(blocks.at(index), now);
        }
        EXPECT_EQ(place(arena, 3 * kPage), 0U) << order[0] << order[1] << order[2];
    }
}

TEST_F(TensorArenaTest, HolesOnBothSidesOfABlockStayApart) {
    TensorArena arena(Bytes{3 * kPage}, registry);
    const Address first = place(arena, kPage);
    place(arena, kPage);
    const Address last = place(arena, kPage);
    arena.release(first, now);
    arena.release(last, now);
    EXPECT_THROW(place(arena, 2 * kPage), OutOfMemory) << "two pages are free, but not in a row";
}

TEST_F(TensorArenaTest, TagsArePeakedApartAndTogether) {
    TensorArena arena(Bytes{64 * kPage}, registry);
    place(arena, 1000, MemoryTag::weights);
    const Address activation = place(arena, 500, MemoryTag::activations);
    arena.release(activation, now);
    place(arena, 300, MemoryTag::kv);
    place(arena, 200, MemoryTag::activations);
    EXPECT_EQ(arena.in_use(MemoryTag::weights), 1000_B);
    EXPECT_EQ(arena.in_use(MemoryTag::activations), 200_B);
    EXPECT_EQ(counter("peak_weights"), 1000U);
    EXPECT_EQ(counter("peak_activations"), 500U);
    EXPECT_EQ(counter("peak_kv"), 300U);
    EXPECT_EQ(counter("peak_graphs"), 0U);
    EXPECT_EQ(counter("peak_scratch"), 0U);
    EXPECT_EQ(counter("peak_total"), 1500U);  // 1000 + max(500, 300 + 200)
    EXPECT_EQ(counter("allocations"), 4U);
}

TEST_F(TensorArenaTest, SeriesFollowsTheFootprintOfItsTag) {
    TensorArena arena(Bytes{64 * kPage}, registry);
    now = 5_ns;
    const Address kv = place(arena, 700, MemoryTag::kv);
    arena.release(kv, 9_ns);
    const TimeSeries& series = arena.series().at(static_cast<std::size_t>(MemoryTag::kv));
    EXPECT_EQ(series.name(), "kv");
    EXPECT_THAT(series.samples(), testing::ElementsAre(Sample{5_ns, 700}, Sample{9_ns, 0}));
}

TEST_F(TensorArenaTest, FullMemoryNamesTheRequestTheTagsAndTheLargestHolders) {
    TensorArena arena(4_MiB, registry);
    place(arena, 2 << 20, MemoryTag::weights, "blk.0.ffn_up");
    place(arena, 1 << 20, MemoryTag::kv, "kv.0");
    place(arena, 1 << 19, MemoryTag::activations, "hidden");
    try {
        place(arena, 3 << 19, MemoryTag::activations, "logits");
        FAIL() << "did not throw";
    } catch (const OutOfMemory& error) {
        EXPECT_STREQ(error.what(),
                     "simulated DRAM is full: 'logits' needs 1.5 MiB, 3.5 MiB of 4.0 MiB are in use (weights 2.0 MiB, "
                     "kv 1.0 MiB, activations 512.0 KiB, graphs 0.0 KiB, scratch 0.0 KiB). Largest holders:\n"
                     "  2.0 MiB  blk.0.ffn_up\n"
                     "  1.0 MiB  kv.0\n"
                     "  512.0 KiB  hidden");
    }
    EXPECT_EQ(place(arena, 1 << 19), (7U << 19)) << "what fits is still placed after a refusal";
}

TEST_F(TensorArenaTest, ReportListsTheEightLargestHolders) {
    TensorArena arena(Bytes{20 * kPage}, registry);
    for (int i = 0; i < 10; ++i) {
        place(arena, i < 2 ? 1 : kPage, MemoryTag::scratch, "t" + std::to_string(i));
    }
    try {
        place(arena, 100 * kPage);
        FAIL() << "did not throw";
    } catch (const OutOfMemory& error) {
        const std::string text = error.what();
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 8);
        EXPECT_THAT(text, testing::HasSubstr("  t2\n"));
        EXPECT_THAT(text, testing::EndsWith("  t9"));
    }
}

TEST_F(TensorArenaTest, ReleasingTwiceBreaksAnInvariant) {
    TensorArena arena(Bytes{kPage}, registry);
    const Address block = place(arena, 1);
    arena.release(block, now);
    EXPECT_THROW(arena.release(block, now), ModelError);
}

}  // namespace
}  // namespace handset
