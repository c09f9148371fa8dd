// SPDX-License-Identifier: Apache-2.0
// Writes inside the controller: volatile cache, rows of pages over all planes, write booster. A row is programmed when
// its first die is free, so that reads that came before go first; a page stays readable in the cache until it is
// programmed. The booster is a budget of bytes that are programmed with one bit per cell; once no command came for
// t_idle, they are read and programmed again, row by row, in place. A page that is cached in part is read as if it were
// cached whole. Not modelled: loss of the cache.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "hw_models/flash/flash_config.h"
#include "hw_models/flash/ftl.h"
#include "hw_models/flash/nand_array.h"

namespace handset {

/// Pages that did not reach the medium.
struct WriteLosses {
    std::uint64_t rejected = 0;    ///< no spare block was left
    std::uint64_t unreadable = 0;  ///< written in part, and the rest of the page could not be read

    /// What happened since `before`.
    [[nodiscard]] FtlStatus since(const WriteLosses& before) const {
        return rejected != before.rejected       ? FtlStatus::read_only
               : unreadable != before.unreadable ? FtlStatus::uncorrectable
                                                 : FtlStatus::ok;
    }
};

class WritePath {
  public:
    /// Array and translation layer outlive it.
    WritePath(const FlashConfig& config, NandArray& array, Ftl& ftl);

    /// Books what the device would have begun by `now`, when no command was under way since `idle_since`.
    void advance(Femtoseconds now, Femtoseconds idle_since);
    /// Bytes [from, to) of a page arrive; returns when the cache has taken them (without a cache: `arrived`).
    Femtoseconds admit(Femtoseconds arrived, std::uint64_t page, std::uint64_t from, std::uint64_t to);
    /// Programs everything taken so far; returns when the last page is programmed.
    Femtoseconds flush(Femtoseconds now);
    void trim(std::uint64_t page);

    [[nodiscard]] bool cached() const { return capacity_ > 0; }
    [[nodiscard]] bool holds(std::uint64_t page) const { return held_.contains(page); }
    [[nodiscard]] Bytes boosted() const { return boosted_; }
    /// Since construction.
    [[nodiscard]] const WriteLosses& losses() const { return losses_; }

  private:
    struct OpenPage {
        std::uint64_t page = 0;
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };
    struct Row {
        Femtoseconds ready;
        std::vector<NandStep> steps;
        std::vector<std::uint64_t> pages;
    };
    struct Release {
        Femtoseconds done;
        std::uint64_t page = 0;
        friend auto operator<=>(const Release&, const Release&) = default;
    };

    Femtoseconds make_room(Femtoseconds now);
    void close_row(Femtoseconds now);
    void translate(const OpenPage& open);
    [[nodiscard]] bool ends_row(const NandOp& op) const;
    void book_front();
    void book_started(Femtoseconds now);
    void release_until(Femtoseconds now);
    void release_first();
    void migrate(Femtoseconds now, Femtoseconds idle_since);
    Femtoseconds migrate_row(Femtoseconds from);
    [[nodiscard]] Femtoseconds first_die_free(const Row& row) const;

    NandConfig nand_;
    FlashControllerConfig config_;
    NandArray& array_;
    Ftl& ftl_;
    std::uint64_t capacity_;   ///< pages of the cache
    std::uint64_t row_pages_;  ///< pages that are programmed together: one per plane
    std::uint64_t used_ = 0;
    std::vector<OpenPage> open_;
    std::deque<Row> pending_;  ///< translated, not yet begun
    std::priority_queue<Release, std::vector<Release>, std::greater<>> booked_;
    std::map<std::uint64_t, std::uint32_t> held_;  ///< copies of a page in the cache
    Femtoseconds last_done_;
    Bytes boosted_;
    Femtoseconds migrated_;
    std::uint64_t migrations_ = 0;
    WriteLosses losses_;
    std::vector<NandOp> ops_;
};

}  // namespace handset
