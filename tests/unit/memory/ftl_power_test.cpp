// SPDX-License-Identifier: Apache-2.0
// Power loss at any step of the medium, against a shadow of what the host was promised.
#include <ostream>
#include <random>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/memory/ftl_support.h"

namespace handset {
namespace {

/// A content names its logical page and the write that made it; 0 stands for "nothing".
constexpr std::uint64_t content_of(std::uint64_t page, std::uint64_t version) {
    return (page + 1) << 32 | version;
}

/// A device, its NAND and its host's memory of what was acknowledged.
class Host {
  public:
    Host(const NandGeometry& geometry, const FtlConfig& config, std::uint64_t seed)
        : config_(config), nand_(geometry), random_(seed), ftl_(geometry, config), shadow_(ftl_.logical_pages()) {}

    void preload(std::uint64_t pages) {
        ftl_.preload(0, pages);
        const FtlMedium& medium = ftl_.medium();
        for (std::uint32_t page = 0; page < medium.geometry().all_pages(); ++page) {
            if (const FtlMedium::Spare spare = medium.spare(page); spare.readable()) {
                nand_.preload(medium.address(page), content_of(spare.logical, 0));
            }
        }
        for (std::uint64_t page = 0; page < pages; ++page) {
            shadow_[page] = content_of(page, 0);
        }
    }

    void random_step(std::uint64_t hot_pages) {
        const std::uint64_t page = random_() % 4 != 0 ? random_() % hot_pages : random_() % shadow_.size();
        switch (random_() % 16) {
            case 0:
                ftl_.trim(page);
                shadow_[page] = 0;
                trimmed_.insert(page);
                break;
            case 1:
            case 2:
                read(page);
                break;
            case 3:
                cut_within(page);
                break;
            default:
                write(page);
        }
    }

    /// The power fails at the n-th step of a write; false when the write had fewer.
    bool write_with_cut(std::uint64_t page, std::uint64_t steps) {
        ftl_.cut_power_after(steps);
        const bool cut = !write(page);
        ftl_.cut_power_after(0);
        return cut;
    }

    void expect_all() {
        for (std::uint64_t page = 0; page < shadow_.size(); ++page) {
            ASSERT_EQ(found(page), shadow_[page]) << "page " << page;
        }
        expect_consistent(ftl_, config_.map_pages(ftl_.medium().geometry()));
    }

    [[nodiscard]] std::uint64_t found(std::uint64_t page) {
        const auto where = ftl_.locate(page);
        return where ? nand_.content(*where) : 0;
    }

    [[nodiscard]] const Ftl& ftl() const { return ftl_; }
    [[nodiscard]] int cuts() const { return cuts_; }
    [[nodiscard]] int cuts_in_moves() const { return cuts_in_moves_; }
    [[nodiscard]] int cuts_in_erases() const { return cuts_in_erases_; }
    [[nodiscard]] int kept_new() const { return kept_new_; }

  private:
    void read(std::uint64_t page) {
        std::vector<NandOp> ops;
        const FtlStatus status = ftl_.read(page, ops);
        nand_.execute(ops, 0);
        if (status == FtlStatus::unmapped) {
            ASSERT_EQ(shadow_[page], 0U);
        } else {
            ASSERT_EQ(nand_.content(ops.back().where), shadow_[page]);
        }
    }

    /// False when the power failed.
    bool write(std::uint64_t page) {
        const std::uint64_t content = content_of(page, ++version_);
        std::vector<NandOp> ops;
        try {
            if (ftl_.write(page, ops) == FtlStatus::read_only) {
                EXPECT_TRUE(config_.faults.program_failure != 0) << "a sound device takes every write";
                nand_.execute(ops, content);
                return true;
            }
        } catch (const PowerLoss&) {
            const NandOp last = ops.back();
            ops.pop_back();
            nand_.execute(ops, content);
            nand_.cut(last, content, ftl_.medium());
            recover(page, content);
            cuts_in_moves_ += last.internal && last.command == NandCommand::program ? 1 : 0;
            cuts_in_erases_ += last.command == NandCommand::erase ? 1 : 0;
            return false;
        }
        nand_.execute(ops, content);
        shadow_[page] = content;
        trimmed_.erase(page);
        return true;
    }

    void cut_within(std::uint64_t page) {
        // Most writes have three steps, those that collect hundreds.
        const std::uint64_t range = random_() % 2 == 0 ? 3 : 60;
        write_with_cut(page, 1 + random_() % range);
    }

    /// A new controller finds the medium. The unacknowledged write may have happened; trims may be forgotten.
    void recover(std::uint64_t page, std::uint64_t content) {
        ++cuts_;
        ftl_ = Ftl(config_, ftl_.medium());
        if (found(page) == content) {
            ++kept_new_;
            shadow_[page] = content;
            trimmed_.erase(page);
        }
        for (const std::uint64_t forgotten : trimmed_) {
            const std::uint64_t now = found(forgotten);
            if (now != 0) {
                ASSERT_EQ(now >> 32, forgotten + 1) << "an earlier content of the same page";
                shadow_[forgotten] = now;
            }
        }
        std::erase_if(trimmed_, [&](std::uint64_t trimmed) { return shadow_[trimmed] != 0; });
        expect_all();
    }

    FtlConfig config_;
    NandOracle nand_;
    std::mt19937_64 random_;
    Ftl ftl_;
    std::vector<std::uint64_t> shadow_;
    std::set<std::uint64_t> trimmed_;
    std::uint64_t version_ = 0;
    int cuts_ = 0;
    int cuts_in_moves_ = 0;
    int cuts_in_erases_ = 0;
    int kept_new_ = 0;
};

/// 2 channels x 2 planes x 24 blocks x 4 pages: 384 pages in superblocks of 16.
NandGeometry tiny_nand() {
    return {.channels = 2, .dies = 1, .planes = 2, .blocks = 24, .pages = 4, .page = 512_B};
}

/// 300 permille: the host sees 268 pages; 268 + 6 * 16 = 364 of 384.
FtlConfig tiny_ftl() {
    FtlConfig c;
    c.over_provisioning = 300;
    return c;
}

/// 303 + 5 * 16 = 383 of 384.
FtlConfig least_spare() {
    FtlConfig c;
    c.gc_threshold = 2;
    c.over_provisioning = 209;
    return c;
}

struct PropertyCase {
    const char* name;
    FtlConfig config;
};

void PrintTo(const PropertyCase& property, std::ostream* out) {
    *out << property.name;
}

std::vector<PropertyCase> property_cases() {
    std::vector<PropertyCase> cases = {{"Plain", tiny_ftl()}};
    cases.push_back({"RandomGreedyWithLevelling", tiny_ftl()});
    cases.back().config.gc_policy = GcPolicy::random_greedy;
    cases.back().config.wear_gap = 4;
    cases.push_back({"LeastSpare", least_spare()});
    cases.push_back({"CachedMap", tiny_ftl()});
    cases.back().config.map_cache = 1_KiB;
    cases.back().config.map_entry = 32_B;
    cases.back().config.over_provisioning = 350;
    cases.push_back({"FailingBlocks", tiny_ftl()});
    cases.back().config.faults.program_failure = 300;
    cases.back().config.faults.erase_failure = 300;
    cases.back().config.faults.factory_bad = 20'000;
    return cases;
}

class FtlPowerProperty : public testing::TestWithParam<PropertyCase> {};

TEST_P(FtlPowerProperty, NothingAcknowledgedIsLost) {
    int cuts_in_moves = 0;
    int cuts_in_erases = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        Host host(tiny_nand(), GetParam().config, seed);
        host.preload(host.ftl().logical_pages() * (seed % 5) / 4);
        for (int i = 0; i < 15'000 && !host.ftl().read_only(); ++i) {
            host.random_step(host.ftl().logical_pages() / (1 + seed % 3));
            ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << " step " << i;
        }
        host.expect_all();
        EXPECT_GT(host.cuts(), 300);
        EXPECT_GT(host.kept_new(), 10) << "cuts between program and map update";
        cuts_in_moves += host.cuts_in_moves();
        cuts_in_erases += host.cuts_in_erases();
    }
    EXPECT_GT(cuts_in_moves, 50);
    EXPECT_GT(cuts_in_erases, 50);
}

INSTANTIATE_TEST_SUITE_P(Configurations, FtlPowerProperty, testing::ValuesIn(property_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(FtlPowerLoss, RepeatedCutsAtEveryStepOfCollectionStillMakeProgress) {
    Host host(tiny_nand(), least_spare(), 5);
    host.preload(host.ftl().logical_pages());
    std::uint64_t longest = 0;
    for (std::uint64_t page = 0; page < 500; ++page) {
        // Cut the same write later and later until it passes.
        std::uint64_t steps = 1;
        while (host.write_with_cut(page * 37 % host.ftl().logical_pages(), steps)) {
            ASSERT_LT(++steps, 2000U);
        }
        longest = std::max(longest, steps);
    }
    EXPECT_GT(longest, 12U) << "some writes erase four blocks, three steps each";
    host.expect_all();
}

TEST(FtlPowerLoss, AnUnacknowledgedWriteIsOldOrNew) {
    // Step 1 comes before the program, 2 within, 3 after it and before the map update.
    for (const auto& [step, is_new] : {std::pair{1U, false}, {2U, false}, {3U, true}}) {
        Host host(tiny_nand(), tiny_ftl(), 7);
        host.preload(10);
        EXPECT_TRUE(host.write_with_cut(4, step));
        EXPECT_EQ(host.found(4) != content_of(4, 0), is_new) << step;
        EXPECT_FALSE(host.write_with_cut(4, 4)) << "a write without collection has three steps";
    }
}

TEST(FtlPowerLoss, ATornPageIsSkippedAndTheSuperblockFilledFurther) {
    Host host(tiny_nand(), tiny_ftl(), 7);
    EXPECT_FALSE(host.write_with_cut(0, 4));
    EXPECT_TRUE(host.write_with_cut(1, 2));
    // The only superblock filled in part is now the collector's, which might have been cut while it used the last one.
    EXPECT_FALSE(host.write_with_cut(1, 4));
    EXPECT_EQ(host.ftl().locate(1), (PageAddress{.block = 1}));
    EXPECT_TRUE(host.write_with_cut(2, 2));
    EXPECT_FALSE(host.write_with_cut(2, 4));
    EXPECT_EQ(host.ftl().locate(2), (PageAddress{.plane = 1, .block = 1})) << "the third page of superblock 1";
}

TEST(FtlPowerLoss, ATrimmedPageMayComeBack) {
    FtlConfig c = tiny_ftl();
    Ftl ftl(tiny_nand(), c);
    std::vector<NandOp> ops;
    ftl.write(9, ops);
    ftl.trim(9);
    EXPECT_FALSE(ftl.locate(9));
    EXPECT_TRUE(Ftl(c, ftl.medium()).locate(9)) << "documented: a trim is a hint";
}

TEST(FtlPowerLoss, WearAndBadBlocksSurvive) {
    FtlConfig c = tiny_ftl();
    c.faults.erase_failure = 500;
    Ftl ftl(tiny_nand(), c);
    std::vector<NandOp> ops;
    for (std::uint64_t i = 0; i < 20'000 && !ftl.read_only(); ++i) {
        ftl.write(i * 31 % ftl.logical_pages(), ops);
    }
    ASSERT_GT(ftl.activity().bad_blocks, 0U);
    const Ftl recovered(c, ftl.medium());
    for (std::uint32_t block = 0; block < tiny_nand().blocks; ++block) {
        EXPECT_EQ(recovered.medium().erases(block), ftl.medium().erases(block));
        EXPECT_EQ(recovered.medium().good_planes(block), ftl.medium().good_planes(block));
        EXPECT_EQ(recovered.blocks().valid(block), ftl.blocks().valid(block));
    }
    expect_consistent(recovered);
}

}  // namespace
}  // namespace handset
