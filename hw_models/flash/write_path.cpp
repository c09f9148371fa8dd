// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/write_path.h"

#include <algorithm>

namespace handset {

WritePath::WritePath(const FlashConfig& config, NandArray& array, Ftl& ftl)
    : nand_(config.nand),
      config_(config.controller),
      array_(array),
      ftl_(ftl),
      capacity_(config.controller.write_cache / config.nand.page),
      row_pages_(config.nand.all_planes()) {}

void WritePath::advance(Femtoseconds now, Femtoseconds idle_since) {
    book_started(now);
    release_until(now);
    migrate(now, idle_since);
}

Femtoseconds WritePath::admit(Femtoseconds arrived, std::uint64_t page, std::uint64_t from, std::uint64_t to) {
    const auto same = std::find_if(open_.begin(), open_.end(), [page](const OpenPage& p) { return p.page == page; });
    if (same != open_.end() && from <= same->to && same->from <= to) {
        same->from = std::min(same->from, from);
        same->to = std::max(same->to, to);
        return arrived;
    }
    const Femtoseconds taken = make_room(arrived);
    open_.push_back({page, from, to});
    ++used_;
    ++held_[page];
    if (open_.size() == row_pages_) {
        close_row(taken);
    }
    return taken;
}

Femtoseconds WritePath::make_room(Femtoseconds now) {
    book_started(now);
    release_until(now);
    while (cached() && used_ >= capacity_) {
        if (booked_.empty()) {
            if (pending_.empty()) {
                close_row(now);
            }
            book_front();
        }
        now = std::max(now, booked_.top().done);
        release_first();
        book_started(now);
    }
    return now;
}

/// Whether the translation layer has filled a page of every plane: what comes next has another page number.
bool WritePath::ends_row(const NandOp& op) const {
    return op.command == NandCommand::program && op.where.channel + 1 == nand_.channels &&
           op.where.die + 1 == nand_.dies && op.where.plane + 1 == nand_.planes;
}

/// Sets ops_ to what the page takes. One that is written in part is read first; when that fails it stays as it is.
void WritePath::translate(const OpenPage& open) {
    ops_.clear();
    const bool in_part = open.to - open.from < nand_.page.count();
    if (in_part && ftl_.read(open.page, ops_) == FtlStatus::uncorrectable) {
        ++losses_.unreadable;
        return;
    }
    losses_.rejected += ftl_.write(open.page, ops_) == FtlStatus::read_only ? 1 : 0;
}

/// Translates open pages up to the end of a row, so that its planes are programmed together.
void WritePath::close_row(Femtoseconds now) {
    Row row;
    row.ready = now;
    bool ended = false;
    while (!ended && row.pages.size() < open_.size()) {
        const OpenPage& open = open_[row.pages.size()];
        const bool boost = boosted_ + nand_.page <= config_.booster;
        boosted_ += boost ? nand_.page : Bytes{};
        translate(open);
        for (const NandOp& op : ops_) {
            const bool host = op.command == NandCommand::program && !op.internal;
            row.steps.push_back({op, nand_.page, boost && host, {}});
            ended = ended || (host && ends_row(op));
        }
        row.pages.push_back(open.page);
    }
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(row.pages.size()));
    pending_.push_back(std::move(row));
}

void WritePath::book_front() {
    Row& row = pending_.front();
    const Femtoseconds done = array_.run_in_order(row.ready, row.steps);
    last_done_ = std::max(last_done_, done);
    // Host programs are as many as pages unless the device refused some; those leave with the last.
    std::size_t next = 0;
    for (const NandStep& step : row.steps) {
        if (step.op.command == NandCommand::program && !step.op.internal && next < row.pages.size()) {
            booked_.push({step.done, row.pages[next++]});
        }
    }
    for (; next < row.pages.size(); ++next) {
        booked_.push({done, row.pages[next]});
    }
    pending_.pop_front();
}

Femtoseconds WritePath::first_die_free(const Row& row) const {
    Femtoseconds first{UINT64_MAX};
    for (const NandStep& step : row.steps) {
        first = std::min(first, array_.die_free(step.op.where));
    }
    return row.steps.empty() ? Femtoseconds{} : first;
}

void WritePath::book_started(Femtoseconds now) {
    while (!pending_.empty() && std::max(pending_.front().ready, first_die_free(pending_.front())) <= now) {
        book_front();
    }
}

void WritePath::release_until(Femtoseconds now) {
    while (!booked_.empty() && booked_.top().done <= now) {
        release_first();
    }
}

void WritePath::release_first() {
    const auto held = held_.find(booked_.top().page);
    if (--held->second == 0) {
        held_.erase(held);
    }
    booked_.pop();
    --used_;
}

Femtoseconds WritePath::flush(Femtoseconds now) {
    while (!open_.empty()) {
        close_row(now);
    }
    while (!pending_.empty()) {
        book_front();
    }
    return std::max(now, last_done_);
}

void WritePath::trim(std::uint64_t page) {
    const auto same = std::find_if(open_.begin(), open_.end(), [page](const OpenPage& p) { return p.page == page; });
    if (same != open_.end()) {
        open_.erase(same);
        booked_.push({Femtoseconds{}, page});
        release_first();
    }
    ftl_.trim(page);
}

void WritePath::migrate(Femtoseconds now, Femtoseconds idle_since) {
    Femtoseconds begin = std::max(idle_since + config_.t_idle, migrated_);
    while (boosted_ != Bytes{} && pending_.empty() && begin <= now) {
        begin = migrate_row(begin);
        migrated_ = begin;
        boosted_ -= std::min(boosted_, nand_.page * row_pages_);
    }
}

/// Moves one page of every plane; which pages only matters for their read time.
Femtoseconds WritePath::migrate_row(Femtoseconds from) {
    std::vector<NandStep> steps;
    const auto page = static_cast<std::uint32_t>(migrations_++ % nand_.pages);
    for (const NandCommand command : {NandCommand::read, NandCommand::program}) {
        for (std::uint32_t i = 0; i < row_pages_; ++i) {
            const std::uint32_t chip = i / nand_.planes;
            const PageAddress where{chip / nand_.dies, chip % nand_.dies, i % nand_.planes, 0, page};
            steps.push_back({{command, where, true, 0}, nand_.page, command == NandCommand::read, {}});
        }
    }
    return array_.run_in_order(from, steps);
}

}  // namespace handset
