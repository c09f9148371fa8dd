// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cache/cache_core.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kAll = 0b1111;

constexpr Address line(std::uint64_t set, std::uint64_t index) {
    return (index * 4 + set) * 1024;
}

TEST(CacheCore, MissFetchesWholeSectorsOnceThenHits) {
    CacheCore core(small_cache(), 16_KiB);
    const CacheOutcome& miss = core.read(300, 400, kAll);  // sectors 1 and 2
    EXPECT_THAT(miss.below, ElementsAre(CacheRange{256, 512}));
    EXPECT_EQ(miss.hit_bytes, 0U);
    EXPECT_EQ(miss.filled_bytes, 512U);
    const CacheOutcome& again = core.read(200, 400, kAll);  // 56 B of sector 0 missing
    EXPECT_THAT(again.below, ElementsAre(CacheRange{0, 256}));
    EXPECT_EQ(again.hit_bytes, 344U);
    EXPECT_EQ(core.read(0, 768, kAll).hit_bytes, 768U);
}

TEST(CacheCore, APassingStreamFetchesExactBytesAndLeavesNoTrace) {
    CacheCore core(small_cache(), 16_KiB);
    EXPECT_THAT(core.read(300, 4000, 0).below, ElementsAre(CacheRange{300, 4000})) << "coalesced over lines";
    EXPECT_EQ(core.read(300, 4000, 0).hit_bytes, 0U);
    core.read(1024, 256, kAll);
    const CacheOutcome& partial = core.read(1000, 600, 0);
    EXPECT_EQ(partial.hit_bytes, 256U) << "it still finds what others brought";
    EXPECT_THAT(partial.below, ElementsAre(CacheRange{1000, 24}, CacheRange{1280, 320}));
}

TEST(CacheCore, AClearedArrayHoldsNothingAndWritesNothingBack) {
    CacheCore core(small_cache(), 16_KiB);
    for (std::uint64_t i = 0; i < 4; ++i) {
        core.write(line(1, i), 1024, kAll);
    }
    core.clear();
    EXPECT_EQ(core.read(line(1, 0), 256, 0).hit_bytes, 0U);
    EXPECT_THAT(core.read(line(1, 4), 256, kAll).writebacks, IsEmpty());
}

TEST(CacheCore, TheLeastRecentlyUsedLineLeaves) {
    CacheCore core(small_cache(), 16_KiB);
    for (std::uint64_t i = 0; i < 4; ++i) {
        core.read(line(1, i), 256, kAll);
    }
    core.read(line(1, 0), 256, kAll);  // now line 1 is oldest
    core.read(line(1, 4), 256, kAll);
    EXPECT_EQ(core.read(line(1, 0), 256, 0).hit_bytes, 256U);
    EXPECT_EQ(core.read(line(1, 1), 256, 0).hit_bytes, 0U);
    EXPECT_EQ(core.read(line(1, 2), 256, 0).hit_bytes, 256U);
}

TEST(CacheCore, APartitionedStreamOnlyEvictsItsOwnWays) {
    CacheCore core(small_cache(), 16_KiB);
    for (std::uint64_t i = 0; i < 4; ++i) {
        core.read(line(0, i), 256, kAll);  // ways 0..3 in order
    }
    for (std::uint64_t i = 10; i < 30; ++i) {
        core.read(line(0, i), 256, 0b0011);
    }
    EXPECT_EQ(core.read(line(0, 0), 256, 0).hit_bytes, 0U);
    EXPECT_EQ(core.read(line(0, 2), 256, 0).hit_bytes, 256U);
    EXPECT_EQ(core.read(line(0, 3), 256, 0).hit_bytes, 256U);
    EXPECT_EQ(core.read(line(0, 29), 256, 0).hit_bytes, 256U);
    EXPECT_EQ(core.read(line(0, 27), 256, 0).hit_bytes, 0U) << "two ways hold two lines";
}

TEST(CacheCore, WrittenSectorsGoBackWhenTheirLineLeaves) {
    CacheCore core(small_cache(), 16_KiB);
    const CacheOutcome& write = core.write(line(2, 0) + 256, 512, kAll);
    EXPECT_THAT(write.below, IsEmpty());
    EXPECT_EQ(write.hit_bytes, 512U);
    core.read(line(2, 0), 256, kAll);  // clean sector of the same line
    for (std::uint64_t i = 1; i < 4; ++i) {
        EXPECT_THAT(core.read(line(2, i), 256, kAll).writebacks, IsEmpty());
    }
    EXPECT_THAT(core.read(line(2, 4), 256, kAll).writebacks, ElementsAre(CacheRange{line(2, 0) + 256, 512}));
}

TEST(CacheCore, PartsOfAbsentSectorsAreForwarded) {
    CacheCore core(small_cache(), 16_KiB);
    const CacheOutcome& outcome = core.write(200, 400, kAll);  // 56 B of sector 0, all of 1, 88 B of 2
    EXPECT_EQ(outcome.hit_bytes, 256U);
    EXPECT_THAT(outcome.below, ElementsAre(CacheRange{200, 56}, CacheRange{512, 88}));
    core.read(0, 256, kAll);
    EXPECT_EQ(core.write(200, 56, kAll).hit_bytes, 56U) << "present sectors absorb parts";
    EXPECT_THAT(core.write(line(3, 9) + 10, 20, kAll).below, ElementsAre(CacheRange{line(3, 9) + 10, 20}));
}

TEST(CacheCore, APassingWriteCleansTheSectorsItReplaces) {
    CacheCore core(small_cache(), 16_KiB);
    core.write(0, 1024, kAll);
    EXPECT_THAT(core.write(0, 512, 0).below, ElementsAre(CacheRange{0, 512}));
    EXPECT_EQ(core.read(0, 1024, 0).hit_bytes, 1024U) << "updated, not dropped";
    for (std::uint64_t i = 1; i < 4; ++i) {
        core.read(line(0, i), 256, kAll);
    }
    EXPECT_THAT(core.read(line(0, 4), 256, kAll).writebacks, ElementsAre(CacheRange{512, 512}));
}

TEST(CacheCore, DisjointPartitionsNeverEvictEachOther) {
    CacheConfig config = small_cache();
    config.partitions = {{"cpu0", {2, 0}}, {"npu0", {2, 2}}};
    CacheCore core(config, 16_KiB);
    constexpr auto kTag = static_cast<std::size_t>(MemoryTag::activations);
    const std::uint64_t cpu = config.way_masks("cpu0")[kTag];
    const std::uint64_t npu = config.way_masks("npu0")[kTag];
    core.write(line(0, 0), 1024, cpu);
    core.write(line(0, 1), 1024, cpu);
    for (std::uint64_t i = 100; i < 200; ++i) {
        EXPECT_THAT(core.read(line(0, i), 1024, npu).writebacks, IsEmpty());
    }
    EXPECT_EQ(core.read(line(0, 0), 1024, npu).hit_bytes, 1024U) << "it may use what the other brought";
    EXPECT_EQ(core.read(line(0, 1), 1024, npu).hit_bytes, 1024U);
    core.read(line(0, 2), 1024, cpu);
    EXPECT_EQ(core.read(line(0, 0), 1024, 0).hit_bytes, 0U) << "its own third line takes the oldest of its two";
    EXPECT_EQ(core.read(line(0, 199), 1024, 0).hit_bytes, 1024U);
}

TEST(CacheCore, OverlappingPartitionsShareTheirCommonWays) {
    CacheConfig config = small_cache();
    config.partitions = {{"cpu0", {3, 0}}, {"npu0", {2, 2}}};
    CacheCore core(config, 16_KiB);
    constexpr auto kTag = static_cast<std::size_t>(MemoryTag::activations);
    for (std::uint64_t i = 0; i < 3; ++i) {
        core.read(line(0, i), 1024, config.way_masks("cpu0")[kTag]);  // ways 0, 1, 2
    }
    core.read(line(0, 10), 1024, config.way_masks("npu0")[kTag]);  // way 3 is empty
    EXPECT_EQ(core.read(line(0, 2), 1024, 0).hit_bytes, 1024U);
    core.read(line(0, 11), 1024, config.way_masks("npu0")[kTag]);  // way 3 is older than the way 2 just used
    core.read(line(0, 12), 1024, config.way_masks("npu0")[kTag]);  // now way 2
    EXPECT_EQ(core.read(line(0, 2), 1024, 0).hit_bytes, 0U);
    EXPECT_EQ(core.read(line(0, 0), 1024, 0).hit_bytes, 1024U);
}

TEST(CacheCore, ASnoopedReadCleansAndKeeps) {
    CacheCore core(small_cache(), 16_KiB);
    core.write(0, 1024, kAll, 3);
    EXPECT_THAT(core.snoop(300, 100, false), ElementsAre(CacheRange{256, 256, 3})) << "the whole sector, its writer's";
    EXPECT_THAT(core.snoop(300, 100, false), IsEmpty()) << "clean by now";
    EXPECT_EQ(core.read(0, 1024, 0).hit_bytes, 1024U);
    EXPECT_THAT(core.snoop(5 * 1024, 1024, false), IsEmpty()) << "a line it does not hold";
}

TEST(CacheCore, ASnoopedWriteInvalidatesAndHandsOnWhatIsNotOverwritten) {
    CacheCore core(small_cache(), 16_KiB);
    core.write(0, 1024, kAll);
    // Bytes 200 to 600: sector 0 and 2 in part, sector 1 whole. Sector 1's old bytes are worthless.
    EXPECT_THAT(core.snoop(200, 400, true), ElementsAre(CacheRange{0, 256}, CacheRange{512, 256}));
    EXPECT_EQ(core.read(0, 1024, 0).hit_bytes, 256U) << "only sector 3 is left";
    EXPECT_THAT(core.snoop(0, 1024, false), ElementsAre(CacheRange{768, 256})) << "and still dirty";
}

TEST(CacheCore, LinesOfDifferentWritersGoBackApart) {
    CacheConfig config = small_cache();
    config.capacity = 2_KiB;
    config.ways = 1;
    config.line = 1_KiB;
    CacheCore core(config, 2_KiB);
    core.write(0, 1024, 1, 2);
    core.write(1024, 1024, 1, 3);
    EXPECT_THAT(core.read(2048, 2048, 1).writebacks, ElementsAre(CacheRange{0, 1024, 2}, CacheRange{1024, 1024, 3}));
}

TEST(CacheCore, ThePortSerialisesTransfers) {
    CacheCore core(small_cache(), 16_KiB);
    EXPECT_EQ(core.transfer(10_ns, 640), 20_ns);
    EXPECT_EQ(core.transfer(15_ns, 64), 21_ns);
    EXPECT_EQ(core.transfer(21_ns, 64), 22_ns);
}

TEST(CacheCore, RandomTrafficKeepsTheBooks) {
    // Hit bytes plus bytes asked from below cover each request; what is fetched or forwarded never exceeds the sectors
    // touched; a byte written here comes back below at most once per write.
    CacheCore core(small_cache(), 16_KiB);
    std::uint64_t x = 7;
    std::uint64_t absorbed = 0;
    std::uint64_t returned = 0;
    for (int i = 0; i < 20000; ++i) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        const Address address = (x >> 20) % 65536;
        const std::uint64_t size = 1 + (x >> 40) % 3000;
        const std::uint64_t mask = (x & 4) != 0 ? kAll : 0;
        const bool write = (x & 8) != 0;
        const CacheOutcome& o = write ? core.write(address, size, mask) : core.read(address, size, mask);
        std::uint64_t below = 0;
        Address last = 0;
        for (const CacheRange& range : o.below) {
            ASSERT_GE(range.address, last);
            last = range.address + range.size;
            below += range.size;
        }
        if (write || mask == 0) {
            ASSERT_EQ((write && mask == 0 ? 0 : o.hit_bytes) + below, size);
        } else {
            ASSERT_GE(o.hit_bytes + below, size);
            ASSERT_LE(o.hit_bytes + below, size + 510);
        }
        for (const CacheRange& range : o.writebacks) {
            ASSERT_EQ(range.size % 256, 0U);
            returned += range.size;
        }
        absorbed += write ? o.hit_bytes : 0;
    }
    EXPECT_GT(returned, 0U);
    EXPECT_LE(returned, absorbed + 20000U * 512) << "whole sectors go back";
}

TEST(CacheConfigCheck, ReportsEachBrokenRule) {
    struct Case {
        void (*change)(CacheConfig&);
        const char* message;
    };
    const std::vector<Case> cases{
        {[](CacheConfig& c) { c.line = 1000_B; }, "line: must be a power of two"},
        {[](CacheConfig& c) { c.sector = 2_KiB; }, "sector: must be a power of two from 1/64 line to one line"},
        {[](CacheConfig& c) { c.capacity = 17_KiB; }, "capacity: must be whole sets"},
        {[](CacheConfig& c) { c.allocate["weight"] = 1; }, "unknown stream 'weight', did you mean 'weights'?"},
        {[](CacheConfig& c) { c.allocate["kv"] = 5; }, "allocate.kv: must be between 1 and ways"},
        {[](CacheConfig& c) {
             c.partitions["npu0"] = {3, 2};
         },
         "partitions.npu0: must lie within the 4 ways"},
        {[](CacheConfig& c) {
             c.partitions["npu0"] = {0, 0};
         },
         "partitions.npu0: must lie within the 4 ways"},
        {[](CacheConfig& c) { c.capacity.reset(); }, "capacity: needs either capacity or private_caches"},
        {[](CacheConfig& c) {
             c.private_caches = {{2, 16_KiB}};
         },
         "capacity: needs either capacity or private_caches"},
        {[](CacheConfig& c) {
             c.capacity.reset();
             c.private_caches = {{2, 16_KiB}, {1, 17_KiB}};
         },
         "private_caches[1].capacity: must be whole sets"},
    };
    Errors none;
    small_cache().check(none);
    EXPECT_TRUE(none.empty());
    for (const Case& c : cases) {
        CacheConfig broken = small_cache();
        c.change(broken);
        Errors errors;
        broken.check(errors);
        EXPECT_THAT(errors.problems(), Contains(HasSubstr(c.message)));
    }
}

TEST(CacheConfigCheck, SharesBecomeWayMasks) {
    const auto masks = small_cache().way_masks();
    EXPECT_EQ(masks[static_cast<std::size_t>(MemoryTag::activations)], 0b1111U);
    EXPECT_EQ(masks[static_cast<std::size_t>(MemoryTag::kv)], 0b0011U);
    EXPECT_EQ(masks[static_cast<std::size_t>(MemoryTag::weights)], 0U);
}

TEST(CacheConfigCheck, AStreamGetsItsNumberOfWaysOutOfThoseOfItsInitiator) {
    CacheConfig config = small_cache();  // activations 4, kv 2
    config.partitions = {{"cpu0", {1, 0}}, {"npu0", {3, 1}}};
    constexpr auto kActivations = static_cast<std::size_t>(MemoryTag::activations);
    constexpr auto kKv = static_cast<std::size_t>(MemoryTag::kv);
    EXPECT_EQ(config.way_masks("npu0")[kActivations], 0b1110U);
    EXPECT_EQ(config.way_masks("npu0")[kKv], 0b0110U);
    EXPECT_EQ(config.way_masks("cpu0")[kKv], 0b0001U) << "at most all of them";
    EXPECT_EQ(config.way_masks("gpu0")[kActivations], 0b1111U) << "without a partition";
    EXPECT_EQ(config.way_masks("cpu0")[static_cast<std::size_t>(MemoryTag::weights)], 0U);
    config.ways = 64;
    config.allocate["activations"] = 64;
    config.partitions = {{"cpu0", {64, 0}}, {"npu0", {1, 63}}};
    EXPECT_EQ(config.way_masks("cpu0")[kActivations], ~std::uint64_t{0});
    EXPECT_EQ(config.way_masks("npu0")[kActivations], std::uint64_t{1} << 63);
    Errors errors;
    config.check(errors);
    EXPECT_THAT(errors.problems(), testing::Not(Contains(HasSubstr("partitions"))));
}

TEST(CacheConfigCheck, PrivateCachesAreOneArrayPerLane) {
    CacheConfig config = small_cache();
    config.capacity.reset();
    config.private_caches = {{1, 16_KiB}, {2, 8_KiB}};
    Errors errors;
    config.check(errors);
    EXPECT_TRUE(errors.empty());
    EXPECT_THAT(config.arrays(), ElementsAre(16_KiB, 8_KiB, 8_KiB));
    EXPECT_THAT(small_cache().arrays(), ElementsAre(16_KiB));
}

}  // namespace
}  // namespace handset
