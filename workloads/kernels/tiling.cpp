// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/tiling.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "sim/base/errors.h"

namespace handset {

std::vector<Range> split_by_speed(std::uint64_t count, const std::vector<std::uint32_t>& speed,
                                  std::uint64_t multiple) {
    ensure(!speed.empty() && multiple > 0, "split_by_speed needs lanes and a multiple");
    const std::uint64_t units = div_ceil(count, multiple);
    const std::uint64_t total = std::accumulate(speed.begin(), speed.end(), std::uint64_t{0});
    ensure(total > 0, "split_by_speed needs a lane that is not stopped");
    std::vector<std::uint64_t> share(speed.size());
    std::vector<std::size_t> order(speed.size());
    std::uint64_t given = 0;
    for (std::size_t lane = 0; lane < speed.size(); ++lane) {
        share[lane] = units * speed[lane] / total;
        given += share[lane];
        order[lane] = lane;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const std::uint64_t rest_a = units * speed[a] % total;
        const std::uint64_t rest_b = units * speed[b] % total;
        return rest_a != rest_b ? rest_a > rest_b : speed[a] > speed[b];
    });
    for (std::size_t i = 0; given < units; ++i, ++given) {
        ++share[order[i]];
    }
    std::vector<Range> out(speed.size());
    std::uint64_t at = 0;
    for (std::size_t lane = 0; lane < speed.size(); ++lane) {
        out[lane] = {at, std::min(share[lane] * multiple, count - at)};
        at += out[lane].count;
    }
    return out;
}

void fail_local_store(const OpNode& op, const DeviceCaps& caps, std::uint64_t needed) {
    throw ConfigError(op.kernel + " '" + op.name + "' needs " + std::to_string(needed) +
                      " B of local store for its smallest tile, " + caps.name + " has " +
                      std::to_string(caps.local_bytes.count()) + " B");
}

ProgramBuilder::ProgramBuilder(const OpNode& op, const DeviceCaps& caps)
    : op_(op), caps_(caps), lanes_(caps.lane_speed.size()) {}

Ring ProgramBuilder::reserve(std::uint64_t bytes, std::uint32_t copies, RingUse use) {
    const Ring ring{rings_.size(), used_, align_local(bytes), copies, use};
    ensure(copies > 0, op_.kernel + ": a ring needs a buffer");
    ensure(accumulated_ == 0, op_.kernel + ": accumulators come after the local store");
    used_ += ring.stride * copies;
    if (used_ > caps_.local_bytes.count()) {
        fail_local_store(op_, caps_, used_);
    }
    add_ring(ring);
    return ring;
}

Ring ProgramBuilder::reserve_accumulators(std::uint64_t bytes, std::uint32_t copies) {
    const Ring ring{rings_.size(), used_ + accumulated_, align_local(bytes), copies, RingUse::results};
    accumulated_ += ring.stride * copies;
    ensure(accumulated_ <= caps_.accumulator_bytes.count(), op_.kernel + ": results exceed the accumulators");
    add_ring(ring);
    return ring;
}

void ProgramBuilder::add_ring(const Ring& ring) {
    rings_.push_back(ring);
    for (Lane& lane : lanes_) {
        lane.rings.push_back({std::vector<std::uint32_t>(ring.copies, kNone), 0});
    }
}

Tile& ProgramBuilder::begin(std::uint32_t lane) {
    lane_ = lane;
    Draft draft;
    draft.tile.lane = lane;
    draft.segment = segment_;
    std::vector<Draft>& drafts = lanes_.at(lane).drafts;
    draft.tile.barrier = segment_ > 0 && (drafts.empty() || drafts.back().segment != segment_);
    drafts.push_back(std::move(draft));
    return drafts.back().tile;
}

bool ProgramBuilder::take_waits(const Ring& ring, std::uint32_t lane) const {
    const RingState& state = lanes_.at(lane).rings[ring.index];
    return state.last_user[state.taken % ring.copies] != kNone;
}

/// Whether completion of tile `later` of the current lane implies that `user` has completed, stores included.
bool ProgramBuilder::completed_with(std::uint32_t user, std::uint32_t later) const {
    const std::vector<Draft>& drafts = lanes_[lane_].drafts;
    if (drafts[user].stores.empty()) {
        return true;  // computes are in order, and there is nothing else to wait for
    }
    while (later != kNone && later > user) {
        later = drafts[later].tile.loads_after;
    }
    return later == user;
}

/// Whether the current tile or an earlier one waits for `user`: computes follow that wait, as they are in order.
bool ProgramBuilder::awaited(std::uint32_t user) const {
    const std::vector<Draft>& drafts = lanes_[lane_].drafts;
    return std::any_of(drafts.begin() + user + 1, drafts.end(),
                       [user](const Draft& draft) { return draft.tile.loads_after == user; });
}

void ProgramBuilder::wait_for(std::uint32_t user, RingUse use) {
    if (use == RingUse::results && awaited(user)) {
        return;
    }
    Draft& draft = lanes_[lane_].drafts.back();
    const bool stores = use != RingUse::operands;
    std::uint32_t& after = draft.tile.loads_after;
    if (after == kNone || after == user) {
        after = user;
        draft.waits_for_stores = draft.waits_for_stores || stores;
        return;
    }
    const auto [earlier, later] = std::minmax(user, after);
    const bool earlier_stores = earlier == user ? stores : draft.waits_for_stores;
    ensure(!earlier_stores || completed_with(earlier, later), op_.kernel + ": a tile would have to wait for two tiles");
    draft.waits_for_stores = later == user ? stores : draft.waits_for_stores;
    after = later;
}

std::uint64_t ProgramBuilder::take(const Ring& ring) {
    RingState& state = lanes_[lane_].rings[ring.index];
    const std::uint32_t copy = state.taken % ring.copies;
    const auto current = static_cast<std::uint32_t>(lanes_[lane_].drafts.size() - 1);
    if (state.last_user[copy] != kNone) {
        wait_for(state.last_user[copy], ring.use);
    }
    state.last_user[copy] = current;
    ++state.taken;
    return ring.base + copy * ring.stride;
}

std::uint64_t ProgramBuilder::keep(const Ring& ring, std::uint64_t back) {
    RingState& state = lanes_[lane_].rings[ring.index];
    ensure(state.taken > back && back < ring.copies, op_.kernel + ": keeps a buffer that the lane never took");
    const std::uint64_t copy = (state.taken - 1 - back) % ring.copies;
    state.last_user[copy] = static_cast<std::uint32_t>(lanes_[lane_].drafts.size() - 1);
    return ring.base + copy * ring.stride;
}

void ProgramBuilder::load(const Transfer& transfer) {
    lanes_[lane_].drafts.back().loads.push_back(transfer);
    if (transfer.operand < op_.inputs.size() && op_.inputs[transfer.operand].tag == MemoryTag::weights) {
        lanes_[lane_].drafts.back().loads.back().path = caps_.weight_path;
    }
}

void ProgramBuilder::store(const Transfer& transfer) {
    lanes_[lane_].drafts.back().stores.push_back(transfer);
}

namespace {

Transfer contiguous(std::uint32_t operand, Range rows, std::uint64_t row_bytes, std::uint64_t local) {
    const std::uint64_t bytes = rows.count * row_bytes;
    return {.operand = operand,
            .rows = 1,
            .row_bytes = bytes,
            .row_stride = bytes,
            .offset = rows.first * row_bytes,
            .local = local};
}

}  // namespace

void ProgramBuilder::load_rows(std::uint32_t operand, Range rows, std::uint64_t row_bytes, std::uint64_t local) {
    load(contiguous(operand, rows, row_bytes, local));
}

void ProgramBuilder::store_rows(std::uint32_t operand, Range rows, std::uint64_t row_bytes, std::uint64_t local) {
    store(contiguous(operand, rows, row_bytes, local));
}

void ProgramBuilder::barrier() {
    ++segment_;
}

TileProgram ProgramBuilder::finish() {
    TileProgram program;
    program.kernel = op_.kernel;
    program.local_bytes = Bytes{used_ + accumulated_};
    program.scratch = scratch_;
    std::vector<std::size_t> next(lanes_.size(), 0);
    std::vector<std::vector<std::uint32_t>> index(lanes_.size());  // of a lane's tile in the program
    const auto append = [&](std::size_t lane, Draft& draft) {
        Tile tile = draft.tile;
        tile.first_load = static_cast<std::uint32_t>(program.transfers.size());
        tile.loads = static_cast<std::uint32_t>(draft.loads.size());
        program.transfers.insert(program.transfers.end(), draft.loads.begin(), draft.loads.end());
        tile.first_store = static_cast<std::uint32_t>(program.transfers.size());
        tile.stores = static_cast<std::uint32_t>(draft.stores.size());
        program.transfers.insert(program.transfers.end(), draft.stores.begin(), draft.stores.end());
        tile.loads_after = tile.loads_after == kNone ? kNone : index[lane][tile.loads_after];
        index[lane].push_back(static_cast<std::uint32_t>(program.tiles.size()));
        program.tiles.push_back(tile);
    };
    for (std::uint32_t segment = 0; segment <= segment_; ++segment) {
        for (bool found = true; found;) {
            found = false;
            for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
                std::vector<Draft>& drafts = lanes_[lane].drafts;
                if (next[lane] < drafts.size() && drafts[next[lane]].segment == segment) {
                    append(lane, drafts[next[lane]++]);
                    found = true;
                }
            }
        }
    }
    lanes_.assign(lanes_.size(), Lane{});
    rings_.clear();
    segment_ = 0;
    used_ = 0;
    accumulated_ = 0;
    validate(program, op_.inputs.size() + op_.outputs.size(), caps_.lane_speed.size());
    return program;
}

namespace {

// Below this much traffic a further lane costs more than it saves.
constexpr std::uint64_t kMinLaneBytes = 4096;
// Tiles smaller than this are not worth their start; larger ones are cut so that loads and computes overlap.
constexpr std::uint64_t kGoodTileBytes = std::uint64_t{64} * 1024;
constexpr std::uint64_t kTilesForOverlap = 4;

struct RowwiseSizes {
    std::uint64_t row = 0;       ///< streamed bytes of one row
    std::uint64_t operands = 0;  ///< streamed operands: each rounds up to the local alignment
    std::uint64_t fixed = 0;     ///< resident operands and scratch
};

const TensorUse& operand(const OpNode& op, std::uint32_t index) {
    return index < op.inputs.size() ? op.inputs[index] : op.outputs.at(index - op.inputs.size());
}

RowwiseSizes sizes(const OpNode& op, const RowwiseSpec& spec) {
    RowwiseSizes out;
    for (const std::vector<RowOperand>* streams : {&spec.loads, &spec.stores}) {
        for (const RowOperand& stream : *streams) {
            out.row += stream.row_bytes;
            ++out.operands;
        }
    }
    out.fixed = align_local(spec.scratch_bytes);
    for (const std::uint32_t resident : spec.resident) {
        out.fixed += align_local(operand(op, resident).bytes().count());
    }
    return out;
}

std::uint64_t row_local(const RowwiseSpec& spec, std::uint64_t rows) {
    std::uint64_t bytes = 0;
    for (const std::vector<RowOperand>* streams : {&spec.loads, &spec.stores}) {
        for (const RowOperand& stream : *streams) {
            bytes += align_local(stream.row_bytes * rows);
        }
    }
    return bytes;
}

struct RowBlock {
    std::uint64_t rows = 1;
    std::uint32_t copies = 1;
};

/// As many rows as fit with all buffers, cut for overlap; fewer buffers only when one block does not fit otherwise.
RowBlock row_block(const OpNode& op, const DeviceCaps& caps, const RowwiseSpec& spec, std::uint64_t lane_rows) {
    const RowwiseSizes size = sizes(op, spec);
    const std::uint64_t local = caps.local_bytes.count();
    const std::uint64_t needed = rowwise_min_local(op, spec);
    if (local < needed) {
        fail_local_store(op, caps, needed);
    }
    std::uint32_t copies = std::max(caps.buffers, 1U);
    while (copies > 1 && size.fixed + copies * row_local(spec, 1) > local) {
        --copies;
    }
    // Rounding to the local alignment costs at most kLocalAlign - 1 per operand and buffer.
    const std::uint64_t slack = size.operands * kLocalAlign;
    const std::uint64_t per_copy = (local - size.fixed) / copies;
    std::uint64_t rows = per_copy > slack + size.row ? (per_copy - slack) / std::max<std::uint64_t>(size.row, 1) : 1;
    const std::uint64_t good = div_ceil(kGoodTileBytes, std::max<std::uint64_t>(size.row, 1));
    rows = std::min(rows, std::max(div_ceil(lane_rows, kTilesForOverlap), good));
    if (rows > spec.row_multiple) {
        rows -= rows % spec.row_multiple;
    }
    return {std::max<std::uint64_t>(std::min(rows, lane_rows), 1), copies};
}

void load_stream(ProgramBuilder& builder, const RowOperand& stream, Range rows, std::uint64_t local) {
    if (!stream.gathered) {
        return builder.load_rows(stream.operand, rows, stream.row_bytes, local);
    }
    for (std::uint64_t row = 0; row < rows.count; ++row) {
        builder.load({.operand = stream.operand,
                      .rows = 1,
                      .row_bytes = stream.row_bytes,
                      .row_stride = stream.row_bytes,
                      .offset = 0,
                      .local = local + row * stream.row_bytes,
                      .gather = static_cast<std::uint32_t>(rows.first + row)});
    }
}

Work scaled(const Work& per_row, std::uint64_t rows) {
    Work work;
    for (std::size_t i = 0; i < kVectorOps; ++i) {
        for (std::size_t f = 0; f < kElementFormats; ++f) {
            work.elements[i][f] = per_row.elements[i][f] * rows;
        }
    }
    return work;
}

struct RowwiseRings {
    std::vector<Ring> loads;
    std::vector<Ring> stores;
    std::vector<std::uint64_t> resident;
    std::uint64_t scratch = 0;
};

void add_tile(ProgramBuilder& builder, const OpNode& op, const RowwiseSpec& spec, const RowwiseRings& rings,
              std::uint32_t lane, Range rows, bool first) {
    Tile& tile = builder.begin(lane);
    for (std::size_t i = 0; i < spec.resident.size(); ++i) {
        tile.local.at(spec.resident[i]) = rings.resident[i];
        if (first) {
            const std::uint64_t bytes = operand(op, spec.resident[i]).bytes().count();
            builder.load_rows(spec.resident[i], {0, 1}, bytes, rings.resident[i]);
        }
    }
    for (std::size_t i = 0; i < spec.loads.size(); ++i) {
        const std::uint64_t local = builder.take(rings.loads[i]);
        tile.local.at(spec.loads[i].operand) = local;
        load_stream(builder, spec.loads[i], rows, local);
    }
    for (std::size_t i = 0; i < spec.stores.size(); ++i) {
        const std::uint64_t local = builder.take(rings.stores[i]);
        tile.local.at(spec.stores[i].operand) = local;
        builder.store_rows(spec.stores[i].operand, rows, spec.stores[i].row_bytes, local);
    }
    if (spec.scratch_bytes > 0) {
        tile.local.at(op.inputs.size() + op.outputs.size()) = rings.scratch;
    }
    tile.region = {static_cast<std::uint32_t>(rows.first), static_cast<std::uint32_t>(rows.count)};
    tile.work = scaled(spec.work_per_row, rows.count);
}

}  // namespace

std::uint64_t rowwise_min_local(const OpNode& op, const RowwiseSpec& spec) {
    return sizes(op, spec).fixed + row_local(spec, 1);
}

TileProgram lower_rowwise(const OpNode& op, const DeviceCaps& caps, const RowwiseSpec& spec) {
    ensure(spec.rows > 0, op.kernel + ": no rows to lower");
    const std::uint64_t row = std::max<std::uint64_t>(sizes(op, spec).row, 1);
    const std::uint64_t unit = div_ceil(div_ceil(kMinLaneBytes, row), spec.row_multiple) * spec.row_multiple;
    const std::vector<Range> shares = split_by_speed(spec.rows, caps.lane_speed, unit);
    std::uint64_t largest = 0;
    for (const Range& share : shares) {
        largest = std::max(largest, share.count);
    }
    const RowBlock block = row_block(op, caps, spec, largest);
    ProgramBuilder builder(op, caps);
    RowwiseRings rings;
    for (const std::uint32_t resident : spec.resident) {
        rings.resident.push_back(builder.reserve(operand(op, resident).bytes().count()).base);
    }
    rings.scratch = spec.scratch_bytes > 0 ? builder.reserve(spec.scratch_bytes).base : 0;
    for (const RowOperand& stream : spec.loads) {
        rings.loads.push_back(builder.reserve(stream.row_bytes * block.rows, block.copies));
    }
    for (const RowOperand& stream : spec.stores) {
        rings.stores.push_back(builder.reserve(stream.row_bytes * block.rows, block.copies));
    }
    for (std::uint32_t lane = 0; lane < shares.size(); ++lane) {
        for (std::uint64_t done = 0; done < shares[lane].count; done += block.rows) {
            const Range rows{shares[lane].first + done, std::min(block.rows, shares[lane].count - done)};
            add_tile(builder, op, spec, rings, lane, rows, done == 0);
        }
    }
    return builder.finish();
}

}  // namespace handset
