// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash_core.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

namespace {

constexpr std::uint64_t kUnit = 4096;  ///< what firmware looks up and schedules at once

}  // namespace

FlashCore::FlashCore(const FlashConfig& config)
    : config_(config),
      path_(config.host, config.link, config.controller),
      array_(config.nand),
      ftl_(config.geometry(), config.ftl),
      writes_(config, array_, ftl_),
      buffer_(config.controller.read_buffer / config.nand.page),
      streams_(config.controller.streams) {
    ftl_.preload(0, mul_div_ceil(config.logical_pages(), config.filled, 1000));
}

void FlashCore::check_range(const FlashRequest& request) const {
    const std::uint64_t capacity = config_.capacity.count();
    if (request.size == 0 || request.address >= capacity || request.size > capacity - request.address) {
        throw ModelError("flash command outside the capacity: address " + std::to_string(request.address) + ", " +
                         std::to_string(request.size) + " B");
    }
}

/// The request page by page.
void FlashCore::split(const FlashRequest& request) {
    const std::uint64_t page_bytes = config_.nand.page.count();
    pieces_.clear();
    const Address end = request.address + request.size;
    for (Address at = request.address; at < end;) {
        const std::uint64_t page = at / page_bytes;
        const Address stop = std::min(end, (page + 1) * page_bytes);
        pieces_.push_back({page, at - page * page_bytes, stop - page * page_bytes, {}});
        at = stop;
    }
}

/// When the device answers to a command of `now`.
Femtoseconds FlashCore::wake(Femtoseconds now) {
    if (config_.power.t_sleep == Femtoseconds{} || now < awake_until_) {
        return now;
    }
    awake_before_ += awake_until_ - awake_from_;
    awake_from_ = now;
    awake_until_ = now;
    return now + config_.power.t_wake;
}

Femtoseconds FlashCore::awake_time(Femtoseconds now) const {
    if (config_.power.t_sleep == Femtoseconds{}) {
        return now;
    }
    return awake_before_ + saturating_sub(std::min(now, awake_until_), awake_from_);
}

FlashDone FlashCore::submit(Femtoseconds now, const FlashRequest& request) {
    if (request.command != FlashCommand::flush) {
        check_range(request);
        split(request);
    }
    writes_.advance(now, last_end_);
    array_.forget(now);
    to_host_.forget(now);
    to_device_.forget(now);
    const Femtoseconds arrival = path_.issue(wake(now), request);
    FlashDone done;
    switch (request.command) {
        case FlashCommand::read:
            done = read(arrival, request);
            break;
        case FlashCommand::write:
            done = write(arrival);
            break;
        case FlashCommand::trim:
            done.time = trim(arrival);
            break;
        case FlashCommand::flush:
            done = flush(arrival);
            break;
    }
    done.time += config_.host.t_completion;
    path_.complete(done.time);
    last_end_ = std::max(last_end_, done.time);
    awake_until_ = std::max(awake_until_, done.time + config_.power.t_sleep);
    ++activity_.commands;
    return done;
}

FlashDone FlashCore::read(Femtoseconds arrival, const FlashRequest& request) {
    const FlashControllerConfig& controller = config_.controller;
    const bool stream = streams_.continues(request.address, request.size);
    const Femtoseconds per_unit = stream ? Femtoseconds{} : controller.t_unit;
    const std::uint64_t units = (request.address + request.size - 1) / kUnit - request.address / kUnit + 1;
    Femtoseconds at = path_.firmware(arrival, controller.t_command + per_unit * units) + controller.t_command;
    const Femtoseconds begin = at;
    FlashDone done;
    for (Piece& piece : pieces_) {
        at += per_unit * ((piece.to - 1) / kUnit - piece.from / kUnit + 1);
        if (read_piece(at, piece, stream) == FtlStatus::uncorrectable) {
            done.status = FtlStatus::uncorrectable;
        }
    }
    run_batch();
    if (stream && controller.read_ahead != Bytes{}) {
        read_ahead(begin, pieces_.back().page + 1);
    }
    for (const Piece& piece : pieces_) {
        const Bytes bytes{piece.to - piece.from};
        done.time = std::max(done.time, to_host_.book(piece.ready, duration(bytes, config_.link.rate())));
        activity_.link_bytes += bytes;
    }
    return done;
}

/// Finds when the bytes of a piece are in the controller, or adds it to the batch that will tell.
FtlStatus FlashCore::read_piece(Femtoseconds at, Piece& piece, bool stream) {
    piece.ready = at;
    const auto buffered = writes_.holds(piece.page) ? at : buffer_.find(piece.page);
    if (buffered) {
        piece.ready = std::max(at, *buffered);
        activity_.ahead_bytes += Bytes{piece.to - piece.from};
        return FtlStatus::ok;
    }
    const Bytes page = config_.nand.page;
    const bool keep = stream && config_.controller.read_buffer != Bytes{} && piece.to - piece.from < page.count();
    const FtlStatus status = sense(at, piece.page, keep ? page : Bytes{piece.to - piece.from}, piece.ready);
    if (keep) {
        run_batch();
    }
    if (keep && status != FtlStatus::uncorrectable) {
        buffer_.insert(piece.page, piece.ready);
    }
    return status;
}

/// Adds the read of a page to the batch; `ready` is set when the batch runs. Map pages that are needed are read at
/// once.
FtlStatus FlashCore::sense(Femtoseconds at, std::uint64_t page, Bytes bytes, Femtoseconds& ready) {
    ops_.clear();
    const FtlStatus status = ftl_.read(page, ops_);
    activity_.lost_pages += status == FtlStatus::uncorrectable ? 1 : 0;
    const bool data = !ops_.empty() && !ops_.back().internal;
    const std::size_t before = ops_.size() - (data ? 1 : 0);
    if (before > 0) {
        std::vector<NandStep> map;
        for (std::size_t i = 0; i < before; ++i) {
            map.push_back({ops_[i], config_.nand.page, false, {}});
        }
        at = array_.run_in_order(at, map);
    }
    ready = at;
    if (!data) {
        return status;
    }
    if (at != batch_begin_) {
        run_batch();
        batch_begin_ = at;
    }
    batch_.push_back({ops_.back(), bytes, false, {}});
    batch_ready_.push_back(&ready);
    return status;
}

void FlashCore::run_batch() {
    array_.run(batch_begin_, batch_);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        *batch_ready_[i] = batch_[i].done;
    }
    batch_.clear();
    batch_ready_.clear();
}

/// What cannot be read is not kept: whoever asks for it is told.
void FlashCore::read_ahead(Femtoseconds at, std::uint64_t page) {
    const std::uint64_t pages = config_.controller.read_ahead / config_.nand.page;
    const std::uint64_t end = std::min(page + pages, config_.logical_pages());
    struct Loaded {
        std::uint64_t page = 0;
        Femtoseconds ready;
        bool good = true;
    };
    std::vector<Loaded> loaded;
    loaded.reserve(pages);
    for (; page < end; ++page) {
        if (!writes_.holds(page) && !buffer_.holds(page)) {
            Loaded& ahead = loaded.emplace_back(Loaded{page, at});
            ahead.good = sense(at, page, config_.nand.page, ahead.ready) != FtlStatus::uncorrectable;
        }
    }
    run_batch();
    for (const Loaded& ahead : loaded) {
        if (ahead.good) {
            buffer_.insert(ahead.page, ahead.ready);
        }
    }
}

FlashDone FlashCore::write(Femtoseconds arrival) {
    const Femtoseconds cost = config_.controller.t_command;
    const Femtoseconds begin = path_.firmware(arrival, cost) + cost;
    if (ftl_.read_only()) {
        activity_.rejected_pages += pieces_.size();
        return {begin, FtlStatus::read_only};
    }
    const WriteLosses before = writes_.losses();
    Femtoseconds done = begin;
    for (const Piece& piece : pieces_) {
        const Bytes bytes{piece.to - piece.from};
        const Femtoseconds arrived = to_device_.book(begin, duration(bytes, config_.link.rate()));
        done = std::max(done, writes_.admit(arrived, piece.page, piece.from, piece.to));
        buffer_.drop(piece.page);
        activity_.link_bytes += bytes;
    }
    done = writes_.cached() ? done : writes_.flush(done);
    return {done, writes_.losses().since(before)};
}

FlashDone FlashCore::flush(Femtoseconds arrival) {
    const Femtoseconds cost = config_.controller.t_command;
    const Femtoseconds done = writes_.flush(path_.firmware(arrival, cost) + cost);
    return {done, writes_.losses().since(std::exchange(flushed_, writes_.losses()))};
}

/// Pages that are covered whole are forgotten, others kept.
Femtoseconds FlashCore::trim(Femtoseconds arrival) {
    const Femtoseconds cost = config_.controller.t_command;
    for (const Piece& piece : pieces_) {
        if (piece.to - piece.from == config_.nand.page.count()) {
            writes_.trim(piece.page);
            buffer_.drop(piece.page);
        }
    }
    return path_.firmware(arrival, cost) + cost;
}

FlashActivity FlashCore::take_activity() {
    const NandActivity now = array_.activity();
    FlashActivity sums = std::exchange(activity_, {});
    sums.pages_read = now.pages_read - taken_.pages_read;
    sums.pages_programmed = now.pages_programmed - taken_.pages_programmed;
    sums.blocks_erased = now.blocks_erased - taken_.blocks_erased;
    sums.internal_pages = now.internal_pages - taken_.internal_pages;
    sums.bus_bytes = now.bus_bytes - taken_.bus_bytes;
    const FtlActivity& ftl = ftl_.activity();
    sums.read_retries = ftl.read_retries - taken_ftl_.read_retries;
    sums.bad_blocks = ftl.bad_blocks - taken_ftl_.bad_blocks;
    const WriteLosses losses = writes_.losses();
    sums.rejected_pages += losses.rejected - taken_losses_.rejected;
    sums.lost_pages += losses.unreadable - taken_losses_.unreadable;
    taken_losses_ = losses;
    sums.energy_read = config_.nand.energy_read * sums.pages_read;
    sums.energy_program = config_.nand.energy_program * sums.pages_programmed;
    sums.energy_erase = config_.nand.energy_erase * sums.blocks_erased;
    sums.energy_bus = config_.nand.energy_bus_byte * sums.bus_bytes.count();
    sums.energy_link = config_.link.energy_byte * sums.link_bytes.count();
    taken_ = now;
    taken_ftl_ = ftl;
    return sums;
}

}  // namespace handset
