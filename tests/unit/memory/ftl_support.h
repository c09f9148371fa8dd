// SPDX-License-Identifier: Apache-2.0
// A NAND array that executes the operations of an Ftl and knows what every page holds: what the device must obey and
// what its host would read back. Knows nothing of the Ftl's own books.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "hw_models/flash/ftl.h"

namespace handset {

/// Without garbage of rounding: 2 channels x 2 dies x 2 planes x 32 blocks x 16 pages = 4096 pages of 4 KiB in
/// superblocks of 128.
inline NandGeometry small_nand() {
    return {.channels = 2, .dies = 2, .planes = 2, .blocks = 32, .pages = 16, .page = 4_KiB};
}

/// 200 permille of 4096: the host sees 3276 pages; six working superblocks of 128 fit into the other 820.
inline FtlConfig small_ftl() {
    FtlConfig c;
    c.over_provisioning = 200;
    return c;
}

class NandOracle {
  public:
    static constexpr std::uint64_t kErased = UINT64_MAX;
    static constexpr std::uint64_t kTorn = UINT64_MAX - 1;

    explicit NandOracle(const NandGeometry& geometry) : geometry_(geometry), pages_(geometry.all_pages(), kErased) {}

    /// Content that was there from the start.
    void preload(const PageAddress& where, std::uint64_t content) { at(where) = content; }

    /// Executes operations; the host's programs store `content`, internal ones what was read last (for a page of the
    /// map that is any content: where it lies is not the host's matter).
    void execute(const std::vector<NandOp>& ops, std::uint64_t content) {
        for (const NandOp& op : ops) {
            execute(op, content);
        }
    }

    void execute(const NandOp& op, std::uint64_t content) {
        switch (op.command) {
            case NandCommand::read:
                EXPECT_LT(at(op.where), kTorn) << "reads need a whole page";
                last_read_ = at(op.where);
                break;
            case NandCommand::program:
                expect_programmable(op.where);
                at(op.where) = op.internal ? last_read_ : content;
                break;
            case NandCommand::erase:
                set_block(op.where, kErased);
                break;
        }
    }

    /// The power failed during this operation; the medium tells how far it came.
    void cut(const NandOp& op, std::uint64_t content, const FtlMedium& medium) {
        const FtlMedium::Spare spare = medium.spare(medium.number(op.where));
        if (op.command == NandCommand::program && spare.readable()) {
            execute(op, content);
        } else if (op.command == NandCommand::program && spare.logical == FtlMedium::kTorn) {
            expect_programmable(op.where);
            at(op.where) = kTorn;
        } else if (op.command == NandCommand::erase) {
            PageAddress where = op.where;
            for (where.page = 0; where.page < geometry_.pages; ++where.page) {
                const FtlMedium::Spare left = medium.spare(medium.number(where));
                if (!left.readable()) {
                    at(where) = left.logical == FtlMedium::kTorn ? kTorn : kErased;
                }
            }
        }
    }

    [[nodiscard]] std::uint64_t content(const PageAddress& where) { return at(where); }

  private:
    std::uint64_t& at(const PageAddress& a) {
        const std::uint64_t plane = (std::uint64_t{a.plane} * geometry_.dies + a.die) * geometry_.channels + a.channel;
        return pages_.at((plane * geometry_.blocks + a.block) * geometry_.pages + a.page);
    }

    void expect_programmable(const PageAddress& where) {
        EXPECT_EQ(at(where), kErased) << "a page is programmed once between erases";
        if (where.page != 0) {
            PageAddress before = where;
            --before.page;
            EXPECT_NE(at(before), kErased) << "pages are programmed in order within their block";
        }
    }

    void set_block(PageAddress where, std::uint64_t content) {
        for (where.page = 0; where.page < geometry_.pages; ++where.page) {
            at(where) = content;
        }
    }

    NandGeometry geometry_;
    std::vector<std::uint64_t> pages_;
    std::uint64_t last_read_ = 0;
};

/// Every mapped logical page has a physical page of its own, and valid counts are their recount. `map_pages` may be
/// valid beside the host's.
inline void expect_consistent(const Ftl& ftl, std::uint64_t map_pages = 0) {
    std::map<PageAddress, std::uint64_t> owner;
    std::vector<std::uint64_t> valid(ftl.medium().geometry().blocks);
    for (std::uint64_t page = 0; page < ftl.logical_pages(); ++page) {
        if (const auto where = ftl.locate(page)) {
            EXPECT_TRUE(owner.emplace(*where, page).second) << "pages " << owner[*where] << " and " << page;
            EXPECT_EQ(ftl.medium().spare(ftl.medium().number(*where)).logical, page);
            ++valid[where->block];
        }
    }
    std::uint64_t more = 0;
    for (std::uint32_t block = 0; block < valid.size(); ++block) {
        EXPECT_GE(ftl.blocks().valid(block), valid[block]) << "superblock " << block;
        more += ftl.blocks().valid(block) - valid[block];
    }
    EXPECT_LE(more, map_pages);
}

}  // namespace handset
