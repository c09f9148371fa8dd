// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/quantise_passes.h"

#include <algorithm>

namespace handset {

namespace {

// Tiles of the two passes: large enough to stream, small enough to overlap.
constexpr std::uint64_t kPassTileBytes = std::uint64_t{128} * 1024;

std::uint64_t row_in(const OpNode& op) {
    return op.inputs[0].shape.cols * sizeof(float);
}

std::uint64_t local_bytes(const OpNode& op, const PassesSpec& spec, std::uint64_t rows, std::uint32_t copies) {
    std::uint64_t streamed = align_local(rows * row_in(op));
    for (const RowOperand& stream : spec.stores) {
        streamed += align_local(rows * stream.row_bytes);
    }
    const std::uint64_t once = spec.store_once ? align_local(spec.store_once->row_bytes) : 0;
    return align_local(spec.state_bytes) + once + copies * streamed;
}

struct Block {
    std::uint64_t rows = 1;
    std::uint32_t copies = 1;
};

Block choose_block(const OpNode& op, const DeviceCaps& caps, const PassesSpec& spec) {
    const std::uint64_t local = caps.local_bytes.count();
    if (passes_min_local(op, spec) > local) {
        fail_local_store(op, caps, passes_min_local(op, spec));
    }
    Block block{.copies = std::max(caps.buffers, 1U)};
    while (block.copies > 1 && local_bytes(op, spec, 1, block.copies) > local) {
        --block.copies;
    }
    block.rows = std::min(op.inputs[0].shape.rows, std::max<std::uint64_t>(kPassTileBytes / row_in(op), 1));
    while (block.rows > 1 && local_bytes(op, spec, block.rows, block.copies) > local) {
        block.rows = div_ceil(block.rows, std::uint64_t{2});
    }
    return block;
}

struct PassRings {
    Ring state;
    Ring in;
    std::vector<Ring> out;
    std::uint64_t once = 0;
};

void add_stores(ProgramBuilder& builder, const PassesSpec& spec, const PassRings& rings, Range rows, Tile& tile) {
    for (std::size_t i = 0; i < spec.stores.size(); ++i) {
        const RowOperand& stream = spec.stores[i];
        tile.local.at(stream.operand) = builder.take(rings.out[i]);
        builder.store_rows(stream.operand, rows, stream.row_bytes, tile.local.at(stream.operand));
    }
    if (spec.store_once && rows.first == 0) {
        tile.local.at(spec.store_once->operand) = rings.once;
        builder.store_rows(spec.store_once->operand, {0, 1}, spec.store_once->row_bytes, rings.once);
    }
}

}  // namespace

std::uint64_t passes_min_local(const OpNode& op, const PassesSpec& spec) {
    return local_bytes(op, spec, 1, 1);
}

TileProgram lower_passes(const OpNode& op, const DeviceCaps& caps, const PassesSpec& spec) {
    const Block block = choose_block(op, caps, spec);
    const auto fastest = std::max_element(caps.lane_speed.begin(), caps.lane_speed.end());
    const auto lane = static_cast<std::uint32_t>(fastest - caps.lane_speed.begin());
    ProgramBuilder builder(op, caps);
    PassRings rings{builder.reserve(spec.state_bytes), builder.reserve(block.rows * row_in(op), block.copies), {}, 0};
    for (const RowOperand& stream : spec.stores) {
        rings.out.push_back(builder.reserve(block.rows * stream.row_bytes, block.copies));
    }
    rings.once = spec.store_once ? builder.reserve(spec.store_once->row_bytes).base : 0;
    const std::uint64_t all = op.inputs[0].shape.rows;
    for (const std::uint32_t pass : {kFindScale, kApplyScale}) {
        for (std::uint64_t first = 0; first < all; first += block.rows) {
            const Range rows{first, std::min(block.rows, all - first)};
            Tile& tile = builder.begin(lane);
            tile.region = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(rows.count), pass};
            tile.local[0] = builder.take(rings.in);
            tile.local.at(op.inputs.size() + op.outputs.size()) = rings.state.base;
            builder.load_rows(0, rows, row_in(op), tile.local[0]);
            if (pass == kApplyScale) {
                add_stores(builder, spec, rings, rows, tile);
            }
            tile.work = spec.work(pass, rows);
        }
    }
    return builder.finish();
}

}  // namespace handset
