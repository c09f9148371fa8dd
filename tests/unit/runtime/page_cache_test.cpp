// SPDX-License-Identifier: Apache-2.0
// Which pages a touch makes the system read and evict. Offsets and sizes below are in pages of 4 KiB.
#include "sim/runtime/page_cache.h"

#include <algorithm>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kPage = 4096;

PageCacheConfig config_of(std::uint64_t capacity, ReadAhead read_ahead, std::uint64_t window = 32) {
    PageCacheConfig config;
    config.capacity = Bytes{capacity * kPage};
    config.read_ahead = read_ahead;
    config.read_ahead_max = Bytes{window * kPage};
    Errors errors;
    config.check(errors);
    errors.throw_if_any();
    return config;
}

struct Cache : PageCache {
    Cache(std::uint64_t file, std::uint64_t capacity, ReadAhead read_ahead, std::uint64_t window = 32)
        : PageCache(config_of(capacity, read_ahead, window), Bytes{file * kPage}) {}
    PageFaults pages(std::uint64_t first, std::uint64_t count = 1) { return touch(first * kPage, count * kPage); }
};

/// "major 3+2": two pages from page 3 on.
std::vector<std::string> reads_of(const PageFaults& faults) {
    std::vector<std::string> out;
    for (const PageRead& read : faults.reads) {
        out.push_back((read.kind == PageReadKind::major_fault ? "major " : "ahead ") +
                      std::to_string(read.offset / kPage) + "+" + std::to_string(div_ceil(read.size, kPage)));
    }
    return out;
}

std::uint64_t bytes_of(const PageFaults& faults) {
    std::uint64_t bytes = 0;
    for (const PageRead& read : faults.reads) {
        bytes += read.size;
    }
    return bytes;
}

// Linux: start = page - 32 / 2, 32 pages, the mark 32 / 4 before their end.
TEST(ReadAround, AMissReadsTheLargestWindowAroundThePage) {
    Cache cache(200, 200, ReadAhead::around);
    const PageFaults faults = cache.pages(100);
    EXPECT_THAT(reads_of(faults), ElementsAre("major 84+32"));
    EXPECT_EQ(faults.major_faults, 1U);
    EXPECT_EQ(faults.read_ahead_pages, 31U);
    EXPECT_EQ(faults.hits, 0U);
    EXPECT_TRUE(cache.resident(84));
    EXPECT_FALSE(cache.resident(83));
    EXPECT_TRUE(cache.resident(115));
    EXPECT_FALSE(cache.resident(116));
}

TEST(ReadAround, WindowsAreCutAtBothEndsOfTheFile) {
    Cache cache(100, 128, ReadAhead::around);
    EXPECT_THAT(reads_of(cache.pages(3)), ElementsAre("major 0+32"));
    EXPECT_THAT(reads_of(cache.pages(98)), ElementsAre("major 82+18"));
}

// The mark of the window around page 100 is page 84 + 32 - 8 = 108; the next windows carry it in their first page.
TEST(ReadAround, AReaderThatGoesOnFindsTheNextWindowUnderWay) {
    Cache cache(400, 400, ReadAhead::around);
    cache.pages(100);
    EXPECT_THAT(reads_of(cache.pages(101, 7)), IsEmpty());
    EXPECT_THAT(reads_of(cache.pages(108)), ElementsAre("ahead 116+32"));
    EXPECT_THAT(reads_of(cache.pages(109, 7)), IsEmpty());
    EXPECT_THAT(reads_of(cache.pages(116)), ElementsAre("ahead 148+32"));
    EXPECT_THAT(reads_of(cache.pages(117, 31)), IsEmpty());
    EXPECT_THAT(reads_of(cache.pages(148)), ElementsAre("ahead 180+32"));
}

TEST(ReadAround, OnePassOverAFileIsOneMajorFault) {
    Cache cache(320, 320, ReadAhead::around);
    const PageFaults faults = cache.pages(0, 320);
    EXPECT_EQ(faults.major_faults, 1U);
    EXPECT_EQ(faults.reads.size(), 10U);
    EXPECT_EQ(faults.hits, 319U);
    EXPECT_EQ(bytes_of(faults), 320 * kPage);
}

TEST(ReadAround, PagesThatAreInTheCacheAreNotReadAgain) {
    Cache cache(100, 128, ReadAhead::around);
    cache.pages(16);  // 0..31
    EXPECT_THAT(reads_of(cache.pages(40)), ElementsAre("major 32+24")) << "24..55 without 24..31";
}

// A hundred misses without a hit between them, far from each other: after that pages come alone.
TEST(ReadAround, ManyMissesEndIt) {
    Cache cache(200 * 64, 200 * 64, ReadAhead::around);
    for (std::uint64_t i = 0; i < 100; ++i) {
        EXPECT_EQ(bytes_of(cache.pages(i * 64 + 32)), 32 * kPage) << i;
    }
    EXPECT_THAT(reads_of(cache.pages(100 * 64)), ElementsAre("major 6400+1"));
}

// Linux get_init_ra_size(1, 32) = 4 with the mark at the second page; then 8, 16, 32 and no further.
TEST(Ramp, TheWindowOfASequentialReaderDoublesUpToTheMaximum) {
    Cache cache(400, 400, ReadAhead::ramp);
    EXPECT_THAT(reads_of(cache.pages(0, 156)),
                ElementsAre("major 0+4", "ahead 4+8", "ahead 12+16", "ahead 28+32", "ahead 60+32", "ahead 92+32",
                            "ahead 124+32", "ahead 156+32"));
}

// get_init_ra_size(1, 128) = 4, get_next_ra_size: times four below 128 / 16.
TEST(Ramp, SmallWindowsGrowFaster) {
    Cache cache(600, 600, ReadAhead::ramp, 128);
    EXPECT_THAT(reads_of(cache.pages(0, 100)),
                ElementsAre("major 0+4", "ahead 4+16", "ahead 20+32", "ahead 52+64", "ahead 116+128"));
}

TEST(Ramp, ARandomAccessReadsItsPageAndTheNextReaderStartsSmall) {
    Cache cache(1000, 1000, ReadAhead::ramp);
    cache.pages(0, 100);
    EXPECT_THAT(reads_of(cache.pages(500)), ElementsAre("major 500+1"));
    EXPECT_THAT(reads_of(cache.pages(700)), ElementsAre("major 700+1"));
    EXPECT_THAT(reads_of(cache.pages(701)), ElementsAre("major 701+4"));
}

TEST(NoReadAhead, EveryMissIsOnePage) {
    Cache cache(100, 100, ReadAhead::none);
    const PageFaults faults = cache.pages(10, 20);
    EXPECT_EQ(faults.major_faults, 20U);
    EXPECT_EQ(faults.reads.size(), 20U);
    EXPECT_EQ(faults.read_ahead_pages, 0U);
}

TEST(Faults, TheLastReadIsCutAtTheEndOfTheFile) {
    PageCache cache(config_of(16, ReadAhead::none, 1), Bytes{kPage + 100});
    EXPECT_THAT(cache.touch(kPage, 1).reads, ElementsAre(PageRead{kPage, 100, PageReadKind::major_fault}));
    EXPECT_THROW(cache.touch(kPage, 101), ModelError);
}

// 4..35 of the window around page 20 are read; a block of fault-around is 16 pages: 20 is mapped by its own
// fault, 16..31 but the marked 28 by the fault of 21, 28 and 32..35 by one each.
TEST(Faults, AMinorFaultMapsTheResidentPagesOfItsBlock) {
    Cache cache(200, 200, ReadAhead::around);
    cache.pages(20);
    EXPECT_EQ(cache.pages(21).minor_faults, 1U);
    EXPECT_EQ(cache.pages(22, 6).minor_faults, 0U);
    EXPECT_EQ(cache.pages(28).minor_faults, 1U);
    EXPECT_EQ(cache.pages(29, 3).minor_faults, 0U);
    EXPECT_EQ(cache.pages(32, 4).minor_faults, 1U);
    const PageFaults again = cache.pages(16, 20);
    EXPECT_EQ(again.minor_faults, 0U);
    EXPECT_EQ(again.hits, 20U);
}

TEST(Lru, TheLongestUntouchedPageGoesFirst) {
    Cache cache(100, 16, ReadAhead::none, 1);
    cache.pages(0, 16);
    cache.pages(0);
    const PageFaults faults = cache.pages(50, 2);
    EXPECT_EQ(faults.evictions, 2U);
    EXPECT_TRUE(cache.resident(0));
    EXPECT_FALSE(cache.resident(1));
    EXPECT_FALSE(cache.resident(2));
    EXPECT_TRUE(cache.resident(3));
    EXPECT_EQ(cache.resident_pages(), 16U);
}

TEST(Lru, AnEvictedPageFaultsAgainAndItsFrameIsUsedAgain) {
    Cache cache(100, 16, ReadAhead::none, 1);
    cache.pages(0, 16);
    const std::uint32_t frame = cache.frame(0);
    cache.pages(16);
    EXPECT_EQ(cache.frame(16), frame);
    EXPECT_THROW((void)cache.frame(0), ModelError);
    EXPECT_EQ(cache.pages(0).major_faults, 1U);
}

// Cyclic access is the worst case of LRU: a page is evicted before its turn comes, unless all of them fit.
TEST(Lru, ACycleOverMoreThanTheCapacityNeverHits) {
    for (const std::uint64_t capacity : {16U, 50U, 99U}) {
        Cache cache(100, capacity, ReadAhead::none, 1);
        for (int round = 0; round < 5; ++round) {
            const PageFaults faults = cache.pages(0, 100);
            EXPECT_EQ(faults.major_faults, 100U) << capacity;
            EXPECT_EQ(faults.hits, 0U) << capacity;
        }
    }
    Cache fits(100, 100, ReadAhead::none);
    fits.pages(0, 100);
    const PageFaults again = fits.pages(0, 100);
    EXPECT_EQ(again.hits, 100U);
    EXPECT_EQ(again.major_faults, 0U);
    EXPECT_EQ(again.evictions, 0U);
}

// With read-ahead the touches hit, but every byte is read in every round all the same.
TEST(Lru, ACycleWithReadAheadReadsTheWholeFileInEveryRound) {
    for (const std::uint64_t capacity : {128U, 160U, 288U}) {
        Cache cache(320, capacity, ReadAhead::around);
        for (int round = 0; round < 4; ++round) {
            EXPECT_EQ(bytes_of(cache.pages(0, 320)), 320 * kPage) << capacity << " " << round;
        }
    }
}

TEST(Lru, NeverHoldsMoreThanTheCapacity) {
    for (const ReadAhead kind : {ReadAhead::around, ReadAhead::ramp, ReadAhead::none}) {
        Cache cache(1000, 16, kind, 4);
        std::uint64_t state = 1;
        for (int i = 0; i < 2000; ++i) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            const std::uint64_t page = (state >> 33) % 990;
            const PageFaults faults = cache.pages(page, 1 + i % 8);
            EXPECT_EQ(faults.hits + faults.major_faults, 1U + static_cast<unsigned>(i) % 8);
            std::uint64_t resident = 0;
            for (std::uint64_t p = 0; p < 1000; ++p) {
                resident += cache.resident(p) ? 1 : 0;
            }
            ASSERT_EQ(resident, cache.resident_pages());
            ASSERT_LE(resident, 16U);
            ASSERT_TRUE(cache.resident(page + static_cast<unsigned>(i) % 8)) << "the page touched last";
        }
    }
}

TEST(Pins, APinnedPageIsPassedOverUntilItsLastPinIsGone) {
    Cache cache(100, 16, ReadAhead::none, 1);
    cache.pages(0, 16);
    cache.pin(0);
    cache.pin(0);
    cache.pages(16);
    EXPECT_TRUE(cache.resident(0));
    EXPECT_FALSE(cache.resident(1));
    cache.unpin(0);
    cache.pages(20, 15);
    EXPECT_TRUE(cache.resident(0)) << "one pin is left";
    cache.unpin(0);
    cache.pages(40, 15);
    EXPECT_TRUE(cache.resident(0)) << "it became the newest";
    cache.pages(60, 1);
    EXPECT_FALSE(cache.resident(0));
    EXPECT_THROW(cache.unpin(60), ModelError);
    EXPECT_THROW(cache.pin(0), ModelError);
}

TEST(Pins, ReadAheadTakesOnlyWhatPinsLeave) {
    Cache cache(200, 16, ReadAhead::around, 4);
    const auto take = [&cache](std::uint64_t page) {
        cache.pages(page);
        cache.pin(page);
    };
    for (std::uint64_t page = 0; page < 14; ++page) {
        take(page);
    }
    EXPECT_THAT(reads_of(cache.pages(100)), ElementsAre("major 100+2")) << "98..101 do not fit";
    take(100);
    take(101);
    try {
        cache.pages(150);
        FAIL() << "found room";
    } catch (const OutOfMemory& error) {
        EXPECT_THAT(error.what(), HasSubstr("a page cache of 65536 B is full of pages that running ops use"));
    }
}

TEST(PageCacheConfig, SizesAreWholePages) {
    PageCacheConfig config = config_of(128, ReadAhead::around);
    config.page_size = 16_KiB;
    config.read_ahead_max = 40_KiB;
    config.capacity = 500_KiB;
    Errors errors;
    config.check(errors);
    EXPECT_THAT(errors.problems(),
                ElementsAre(HasSubstr("must be whole pages of 16384 B"), HasSubstr("must be whole pages of 16384 B")));
    config.page_size = 12_KiB;
    Errors power;
    config.check(power);
    EXPECT_THAT(power.problems(), ElementsAre(HasSubstr("must be a power of two")));
}

// With fewer, LRU evicts what was read ahead before the reader gets there.
TEST(PageCacheConfig, TheCapacityHoldsFourWindows) {
    EXPECT_NO_THROW(config_of(128, ReadAhead::around, 32));
    EXPECT_THROW(config_of(127, ReadAhead::around, 32), ConfigError);
}

}  // namespace
}  // namespace handset
