// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl.h"

#include <functional>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/resolved_writer.h"
#include "sim/config/yaml_reader.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/memory/ftl_support.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<NandOp> write(Ftl& ftl, std::uint64_t page) {
    std::vector<NandOp> ops;
    EXPECT_EQ(ftl.write(page, ops), FtlStatus::ok);
    return ops;
}

std::vector<NandOp> read(Ftl& ftl, std::uint64_t page, FtlStatus status = FtlStatus::ok) {
    std::vector<NandOp> ops;
    EXPECT_EQ(ftl.read(page, ops), status);
    return ops;
}

TEST(Ftl, WritesFillChannelsThenDiesThenPlanesThenPages) {
    Ftl ftl(small_nand(), small_ftl());
    const std::vector<PageAddress> order = {{0, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 1, 0, 0, 0},
                                            {1, 1, 0, 0, 0}, {0, 0, 1, 0, 0}, {1, 0, 1, 0, 0},
                                            {0, 1, 1, 0, 0}, {1, 1, 1, 0, 0}, {0, 0, 0, 0, 1}};
    for (std::uint64_t i = 0; i < order.size(); ++i) {
        EXPECT_THAT(write(ftl, 1000 + 7 * i), ElementsAre(NandOp{.command = NandCommand::program, .where = order[i]}));
        EXPECT_EQ(ftl.locate(1000 + 7 * i), order[i]);
        EXPECT_EQ(ftl.medium().address(ftl.medium().number(order[i])), order[i]);
    }
}

TEST(Ftl, AReadSensesWhereTheNewestCopyLies) {
    Ftl ftl(small_nand(), small_ftl());
    EXPECT_THAT(read(ftl, 5, FtlStatus::unmapped), ElementsAre());
    write(ftl, 5);
    write(ftl, 5);
    EXPECT_THAT(read(ftl, 5), ElementsAre(NandOp{.where = {.channel = 1}}));
    EXPECT_EQ(ftl.blocks().valid(0), 1U);
}

TEST(Ftl, ATrimmedPageIsUnmappedUntilItIsWritten) {
    Ftl ftl(small_nand(), small_ftl());
    ftl.trim(3);
    write(ftl, 3);
    ftl.trim(3);
    ftl.trim(3);
    EXPECT_EQ(ftl.blocks().valid(0), 0U);
    read(ftl, 3, FtlStatus::unmapped);
    write(ftl, 3);
    read(ftl, 3);
    expect_consistent(ftl);
}

TEST(Ftl, PagesBeyondTheCapacityAreModelErrors) {
    Ftl ftl(small_nand(), small_ftl());
    // 4096 * 0.8 = 3276.8
    ASSERT_EQ(ftl.logical_pages(), 3276U);
    std::vector<NandOp> ops;
    ftl.write(3275, ops);
    EXPECT_THROW(ftl.write(3276, ops), ModelError);
    EXPECT_THROW(ftl.read(3276, ops), ModelError);
    EXPECT_THROW(ftl.trim(UINT64_MAX), ModelError);
    EXPECT_THROW(static_cast<void>(ftl.locate(3276)), ModelError);
    EXPECT_THROW(ftl.preload(3276, 1), ModelError);
    EXPECT_THROW(ftl.preload(1, UINT64_MAX), ModelError);
    EXPECT_THROW(ftl.preload(5, UINT64_MAX), ModelError);
    EXPECT_THROW(ftl.preload(3270, 7), ModelError);
    EXPECT_NO_THROW(Ftl(small_nand(), small_ftl()).preload(3270, 6));
}

TEST(Ftl, PreloadedPagesAreStripedLikeWrittenOnes) {
    Ftl written(small_nand(), small_ftl());
    Ftl preloaded(small_nand(), small_ftl());
    preloaded.preload(10, 300);
    for (std::uint64_t page = 10; page < 310; ++page) {
        write(written, page);
    }
    for (std::uint64_t page = 0; page < written.logical_pages(); ++page) {
        EXPECT_EQ(preloaded.locate(page), written.locate(page)) << page;
    }
    expect_consistent(preloaded);
}

TEST(Ftl, PreloadedPagesSkipFactoryBadBlocks) {
    FtlConfig c = small_ftl();
    c.over_provisioning = 250;
    c.faults.factory_bad = 30'000;
    Ftl ftl(small_nand(), c);
    ftl.preload(0, 2000);
    for (std::uint64_t page = 0; page < 2000; ++page) {
        const PageAddress where = ftl.locate(page).value();
        EXPECT_FALSE(ftl.medium().bad(where.block, ftl.medium().plane_of(ftl.medium().number(where))));
    }
    expect_consistent(ftl);
}

TEST(Ftl, OverwritingAPreloadedPageLeavesItsNeighbours) {
    Ftl ftl(small_nand(), small_ftl());
    ftl.preload(0, 3276);
    const auto before = ftl.locate(1499);
    const auto after = ftl.locate(1501);
    write(ftl, 1500);
    // The image ends in superblock 3276 / 128 = 25; the first free one is 26.
    EXPECT_EQ(ftl.locate(1500), (PageAddress{.block = 26}));
    EXPECT_EQ(ftl.locate(1499), before);
    EXPECT_EQ(ftl.locate(1501), after);
    expect_consistent(ftl);
}

TEST(Ftl, PreloadingTwiceOrTooLateIsAModelError) {
    Ftl ftl(small_nand(), small_ftl());
    ftl.preload(100, 100);
    EXPECT_THROW(ftl.preload(199, 1), ModelError);
    EXPECT_THROW(ftl.preload(0, 101), ModelError);
    EXPECT_NO_THROW(ftl.preload(200, 1));
    EXPECT_NO_THROW(ftl.preload(0, 0));
    ftl.trim(100);
    EXPECT_THROW(ftl.preload(300, 1), ModelError);
}

TEST(Ftl, AnImageOf256GiBCostsNoMemoryPerPage) {
    // 32 planes x 368 blocks x 1500 pages of 16 KiB = 269.5 GiB. Were there storage per page, 17.6 million pages would
    // take seconds in this loop of construction and preload.
    const NandGeometry phone = {.channels = 2, .dies = 4, .planes = 4, .blocks = 368, .pages = 1500, .page = 16_KiB};
    FtlConfig c;
    Ftl ftl(phone, c);
    ftl.preload(0, ftl.logical_pages());
    EXPECT_EQ(ftl.locate(ftl.logical_pages() - 1)->block, (ftl.logical_pages() - 1) / (32 * 1500));
    write(ftl, 12'345'678);
    read(ftl, 12'345'677);
}

/// Map pages of 4 KiB hold 512 entries of 8 B; three of them fit into RAM.
FtlConfig cached_map() {
    FtlConfig c = small_ftl();
    c.map_cache = 12_KiB;
    c.map_entry = 8_B;
    return c;
}

TEST(FtlMapCache, AMissReadsOnePageOfTheMap) {
    Ftl ftl(small_nand(), cached_map());
    ftl.preload(0, 3276);
    std::uint64_t reads = 0;
    for (const std::uint64_t page : {0U, 511U, 512U, 1024U, 3U, 1536U, 2U, 512U}) {
        std::vector<NandOp> ops = read(ftl, page);
        reads += ops.size() - 1;
        EXPECT_FALSE(ops.back().internal);
        EXPECT_TRUE(ops.size() == 1 || ops.front().internal);
        EXPECT_EQ(ftl.activity().map_reads, reads);
    }
    // Misses: 0, 512, 1024, 1536 (drops map page 1) and 512 again.
    EXPECT_EQ(reads, 5U);
}

TEST(FtlMapCache, ARangeThatFitsIsReadWithoutMisses) {
    Ftl ftl(small_nand(), cached_map());
    ftl.preload(0, 3276);
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        read(ftl, i * 7919 % 1536);
    }
    EXPECT_EQ(ftl.activity().map_reads, 3U);
}

TEST(FtlMapCache, RandomReadsMissWithTheShareOfTheRangeThatDoesNotFit) {
    // 16 B of map per page of 16 KiB: a page of the map covers 16 MiB. 128 KiB of RAM hold 8, which cover 128 MiB.
    const NandGeometry phone = {.channels = 2, .dies = 2, .planes = 4, .blocks = 200, .pages = 256, .page = 16_KiB};
    FtlConfig c;
    c.map_cache = 128_KiB;
    c.map_entry = 16_B;
    for (const auto& [range_mib, expected] : {std::pair{128U, 0.0}, {256U, 0.5}, {512U, 0.75}, {2048U, 0.9375}}) {
        Ftl ftl(phone, c);
        ftl.preload(0, ftl.logical_pages());
        std::mt19937_64 random(1);
        for (int i = 0; i < 20'000; ++i) {
            read(ftl, random() % (range_mib * 64));
        }
        // Least recently used of uniform reads: each page of the map is as likely there as any other.
        EXPECT_NEAR(static_cast<double>(ftl.activity().map_reads) / 20'000, expected, 0.01) << range_mib;
    }
}

TEST(FtlMapCache, NeverWrittenPartsOfTheMapAreNotRead) {
    Ftl ftl(small_nand(), cached_map());
    EXPECT_THAT(read(ftl, 0, FtlStatus::unmapped), ElementsAre());
    EXPECT_EQ(write(ftl, 0).size(), 1U);
}

TEST(FtlMapCache, DirtyPagesAreWrittenBackWhenTheyLeave) {
    Ftl ftl(small_nand(), cached_map());
    for (const std::uint64_t page : {0U, 512U, 1024U}) {
        EXPECT_EQ(write(ftl, page).size(), 1U);
    }
    // The fourth map page displaces the first, which is programmed after the host's page; it is in RAM, so not read.
    const std::vector<NandOp> ops = write(ftl, 1536);
    EXPECT_THAT(ops, ElementsAre(NandOp{.command = NandCommand::program, .where = {1, 1, 0, 0, 0}},
                                 NandOp{.command = NandCommand::program, .where = {0, 0, 1, 0, 0}, .internal = true}));
    EXPECT_EQ(ftl.activity().map_writes, 1U);
    EXPECT_THAT(read(ftl, 1, FtlStatus::unmapped), testing::SizeIs(1)) << "the map page from NAND, no host page";
}

TEST(FtlMapCache, ReadsNeverDropDirtyPages) {
    Ftl ftl(small_nand(), cached_map());
    ftl.preload(0, 3276);
    for (const std::uint64_t page : {0U, 512U, 1024U}) {
        write(ftl, page);
    }
    for (const std::uint64_t page : {1536U, 2048U, 2560U, 3072U, 0U, 512U, 1024U}) {
        read(ftl, page);
    }
    // Three misses of the writes, four of clean pages that come and go; the dirty ones are still there.
    EXPECT_EQ(ftl.activity().map_reads, 7U);
    EXPECT_EQ(ftl.activity().map_writes, 0U);
}

TEST(FtlMapCache, AChangedPageThatWasNeverLoadedIsCompletedFromItsOldCopy) {
    Ftl ftl(small_nand(), cached_map());
    ftl.preload(0, 3276);
    ftl.trim(7);
    EXPECT_EQ(ftl.activity().map_reads, 0U) << "a trim waits in RAM";
    const PageAddress first_map_page = ftl.medium().address(26 * 128);
    for (const std::uint64_t page : {512U, 1024U}) {
        write(ftl, page);
    }
    // The third write makes four: its own map page is read, then the trimmed one leaves.
    const std::vector<NandOp> ops = write(ftl, 1536);
    ASSERT_EQ(ops.size(), 4U);
    EXPECT_EQ(ops[2], (NandOp{.where = first_map_page, .internal = true}));
    EXPECT_EQ(ops[3].command, NandCommand::program);
    EXPECT_TRUE(ops[3].internal);
    expect_consistent(ftl, 7);
}

struct BadConfig {
    std::string message;
    std::function<void(FtlConfig&, NandGeometry&)> break_it;
};

TEST(FtlConfigCheck, RefusesWhatCannotWork) {
    const std::vector<BadConfig> cases = {
        {"wear_gap: must be 0 or at least 2: neighbouring superblocks always differ by one erase",
         [](FtlConfig& c, NandGeometry&) { c.wear_gap = 1; }},
        {"faults.retry_failure: needs a read_failure above 0",
         [](FtlConfig& c, NandGeometry&) { c.faults.retry_failure = 1; }},
        // 4096 * 0.82 = 3358 + 6 * 128 = 4126
        {"over_provisioning: leaves too few spare pages: host, map, factory bad blocks and 6 working superblocks of "
         "128 "
         "pages need 4126 of 4096 pages",
         [](FtlConfig& c, NandGeometry&) { c.over_provisioning = 180; }},
        // 3276 + 7 * 128 = 4172
        {"over_provisioning: leaves too few spare pages: host, map, factory bad blocks and 7 working superblocks of "
         "128 "
         "pages need 4172 of 4096 pages",
         [](FtlConfig& c, NandGeometry&) { c.gc_threshold = 4; }},
        {"map_cache: must hold a page of the map, and a page at least one map_entry",
         [](FtlConfig& c, NandGeometry&) { c.map_cache = 4095_B; }},
        // One entry per page of the map: as many map pages as host pages.
        {"over_provisioning: leaves too few spare pages: host, map, factory bad blocks and 6 working superblocks of "
         "128 "
         "pages need 7320 of 4096 pages",
         [](FtlConfig& c, NandGeometry&) {
             c.map_cache = 4_KiB;
             c.map_entry = 4_KiB;
         }},
        {"the NAND array must have between 1 and 2^32 - 256 pages", [](FtlConfig&, NandGeometry& g) { g.dies = 0; }},
        {"the NAND array must have between 1 and 2^32 - 256 pages",
         [](FtlConfig&, NandGeometry& g) { g.blocks = 1U << 25; }},
    };
    for (const BadConfig& bad : cases) {
        FtlConfig c = small_ftl();
        NandGeometry geometry = small_nand();
        bad.break_it(c, geometry);
        Errors errors;
        c.check(errors);
        c.check_geometry(geometry, errors);
        EXPECT_THAT(errors.problems(), ElementsAre(bad.message));
    }
}

TEST(FtlConfigCheck, FactoryBadBlocksCountAsLost) {
    // 780 permille of 4096 are 3194 pages, six superblocks 768: 134 pages are left for bad blocks of 16.
    FtlConfig c = small_ftl();
    c.over_provisioning = 220;
    c.faults.factory_bad = 20'000;
    Errors few;
    c.check_geometry(small_nand(), few);
    EXPECT_TRUE(few.empty()) << "about 5 of 256 blocks";
    c.faults.factory_bad = 100'000;
    Errors many;
    c.check_geometry(small_nand(), many);
    EXPECT_THAT(many.problems(), ElementsAre(HasSubstr("leaves too few spare pages")));
    EXPECT_THROW(Ftl(small_nand(), c), ConfigError);
}

TEST(FtlConfigFields, AreReadWithTheirRanges) {
    const test::TemporaryDirectory directory;
    test::write_text(directory.file("empty.yaml"), "{}\n");
    const auto defaults = load_config<FtlConfig>(directory.file("empty.yaml"));
    EXPECT_EQ(write_resolved(defaults), write_resolved(FtlConfig{})) << "members start at their fallbacks";
    test::write_text(directory.file("ftl.yaml"),
                     "over_provisioning: 120\ngc_policy: random_greedy\nmap_cache: 64 KiB\nfaults: {seed: 9}\n");
    const auto config = load_config<FtlConfig>(directory.file("ftl.yaml"));
    EXPECT_EQ(config.gc_policy, GcPolicy::random_greedy);
    EXPECT_EQ(config.map_cache, 64_KiB);
    EXPECT_EQ(config.faults.seed, 9U);
    for (const auto& [text, message] : {std::pair{"over_provisioning: 0", "over_provisioning"},
                                        {"over_provisioning: 901", "over_provisioning"},
                                        {"gc_threshold: 0", "gc_threshold"},
                                        {"gc_samples: 0", "gc_samples"},
                                        {"gc_policy: lazy", "random_greedy"},
                                        {"map_entry: 0 B", "map_entry"},
                                        {"faults: {read_failure: 1000001}", "faults.read_failure"}}) {
        test::write_text(directory.file("bad.yaml"), text);
        EXPECT_THAT([&] { load_config<FtlConfig>(directory.file("bad.yaml")); },
                    testing::ThrowsMessage<ConfigError>(HasSubstr(message)))
            << text;
    }
}

}  // namespace
}  // namespace handset
