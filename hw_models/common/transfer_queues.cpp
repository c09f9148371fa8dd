// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/transfer_queues.h"

#include "sim/base/errors.h"

namespace handset {

namespace {

bool contiguous(const Transfer& transfer) {
    return transfer.row_stride == transfer.row_bytes;
}

}  // namespace

TransferQueues::TransferQueues(const PortConfig& port, const std::vector<Bytes>& lane_limits)
    : port_(port), lanes_(lane_limits.size()), queues_(lane_limits.size() * (port.dma.queues + kTransferPaths - 1)) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        lanes_[i].limit = lane_limits[i];
    }
}

void TransferQueues::begin(const TileProgram& program) {
    ensure(in_flight_ == 0, "a program starts while transfers are under way");
    program_ = &program;
    for (auto& unfinished : unfinished_) {
        unfinished.assign(program.tiles.size(), 0);
    }
}

void TransferQueues::add(std::uint32_t tile, bool store, std::uint32_t lane) {
    const Tile& t = program_->tiles[tile];
    const std::uint32_t first = store ? t.first_store : t.first_load;
    const std::uint32_t count = store ? t.stores : t.loads;
    unfinished_[store ? 1 : 0][tile] = count;
    for (std::uint32_t i = first; i < first + count; ++i) {
        ensure(port_.has(program_->transfers[i].path), "a program loads by a path that the port does not have");
        path_of(lane, i).waiting.push_back({.tile = tile, .lane = lane, .store = store, .transfer = i});
    }
    lanes_[lane].open += count;
    lanes_[lane].settled = false;
}

const Transfer& TransferQueues::transfer_of(const Cursor& cursor) const {
    return program_->transfers[cursor.transfer];
}

TransferQueues::Path& TransferQueues::path_of(std::uint32_t lane, std::uint32_t transfer) {
    const auto path = static_cast<std::size_t>(program_->transfers[transfer].path);
    return lanes_[lane].paths[path];
}

const TransferQueues::Cursor* TransferQueues::ready(std::size_t lane, std::size_t queue, Femtoseconds now,
                                                    std::optional<Femtoseconds>& wake) {
    Queue& q = queues_[lane * queues_per_lane() + queue];
    if (!q.active.has_value()) {
        const std::size_t path = queue < port_.dma.queues ? 0 : queue - port_.dma.queues + 1;
        std::deque<Cursor>& waiting = lanes_[lane].paths[path].waiting;
        if (waiting.empty()) {
            return nullptr;
        }
        q.active = waiting.front();
        waiting.pop_front();
        q.ready = now + (path == 0 ? port_.dma.descriptor : Femtoseconds{});
        q.told = false;
    }
    if (q.ready <= now) {
        return &*q.active;
    }
    if (!q.told) {
        wake = q.ready;
        q.told = true;
    }
    return nullptr;
}

std::uint64_t TransferQueues::left_in_row(const Cursor& cursor) const {
    const Transfer& transfer = transfer_of(cursor);
    return (contiguous(transfer) ? transfer.bytes().count() : transfer.row_bytes) - cursor.done;
}

Bytes TransferQueues::burst(const Cursor& cursor) const {
    return port_.burst_of(transfer_of(cursor).path);
}

bool TransferQueues::fits(const Cursor& cursor, std::uint32_t size) const {
    const Lane& lane = lanes_[cursor.lane];
    const TransferPath path = transfer_of(cursor).path;
    const auto within = [size](std::uint64_t in_flight, Bytes limit) {
        return in_flight == 0 || in_flight + size <= limit.count();
    };
    const Bytes path_limit = path == TransferPath::dma ? lane.limit : port_.limit_of(path);
    return within(lane.paths[static_cast<std::size_t>(path)].in_flight, path_limit) &&
           within(lane.in_flight, lane.limit) && within(in_flight_, port_.outstanding);
}

bool TransferQueues::sent(std::size_t lane, std::size_t queue, std::uint32_t size, Femtoseconds now,
                          std::uint32_t unused) {
    Queue& q = queues_[lane * queues_per_lane() + queue];
    Cursor& cursor = *q.active;
    const Transfer& transfer = transfer_of(cursor);
    path_of(cursor.lane, cursor.transfer).in_flight += size + unused;
    lanes_[lane].in_flight += size + unused;
    in_flight_ += size + unused;
    lanes_[lane].settled = false;
    cursor.done += size;
    if (left_in_row(cursor) > 0) {
        return false;
    }
    cursor.done = 0;
    ++cursor.row;
    if (!contiguous(transfer) && cursor.row < transfer.rows) {
        q.ready = now + port_.row_of(transfer.path);
        q.told = false;
        return false;
    }
    const std::uint32_t unfinished = --unfinished_[cursor.store ? 1 : 0][cursor.tile];
    q.active.reset();
    --lanes_[lane].open;
    return unfinished == 0;
}

void TransferQueues::arrived(std::uint32_t lane, std::uint32_t transfer, std::uint32_t size) {
    path_of(lane, transfer).in_flight -= size;
    lanes_[lane].in_flight -= size;
    in_flight_ -= size;
}

}  // namespace handset
