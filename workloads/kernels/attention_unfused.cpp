// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/attention_unfused.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "workloads/kernels/program_stages.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

/// A separate memory row costs about one more DRAM burst than its bytes say, a tile about as much as a page.
constexpr std::uint64_t kRowOverhead = 64;
constexpr std::uint64_t kTileOverhead = 4096;
/// Stages are cut so that loads, computes and stores overlap, but not below this many rows.
constexpr std::uint64_t kTilesForOverlap = 4;
constexpr std::uint64_t kGoodTileBytes = std::uint64_t{64} * 1024;
/// The program's scratch is its last operand.
constexpr std::uint32_t kScratch = 4;

std::uint64_t score_row(const AttentionShape& shape) {
    return shape.kv_len * sizeof(float);
}

/// How both matrix products are cut: the same blocks of heads, query rows and keys.
struct ProductPlan {
    std::vector<std::vector<HeadRange>> chunks;  // by lane
    std::uint32_t heads = 0;                     // of the largest chunk
    std::uint32_t kv_heads = 0;                  // that a chunk reads at most
    std::uint64_t rows = 0;
    std::uint64_t keys = 0;
    std::uint32_t copies = 1;
    std::uint64_t cost = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t query_slot = 0;
    std::uint64_t kv_slot = 0;
    std::uint64_t score_slot = 0;

    /// A slot of each for every tile in flight; outputs take the place of queries in the second product.
    [[nodiscard]] std::uint64_t local() const { return copies * (query_slot + kv_slot + score_slot); }
    [[nodiscard]] std::uint64_t key_tiles(const AttentionShape& shape) const { return div_ceil(shape.kv_len, keys); }
};

void set_slots(ProductPlan& plan, const AttentionShape& shape) {
    const std::uint64_t vectors = plan.rows * plan.heads;
    plan.query_slot = align_local(vectors * shape.head_dim * sizeof(float));
    plan.kv_slot = align_local(plan.keys * shape.kv_row(plan.kv_heads).count());
    plan.score_slot = align_local(vectors * plan.keys * sizeof(float));
}

/// Most query rows that fit, at most `limit`; 0: none.
std::uint64_t most_rows(ProductPlan plan, const AttentionShape& shape, std::uint64_t limit, std::uint64_t local) {
    std::uint64_t low = 0;
    while (low < limit) {
        plan.rows = low + (limit - low + 1) / 2;
        set_slots(plan, shape);
        if (plan.local() <= local) {
            low = plan.rows;
        } else {
            limit = plan.rows - 1;
        }
    }
    return low;
}

std::uint64_t cost_of(const ProductPlan& plan, const AttentionShape& shape) {
    const std::uint64_t row_blocks = div_ceil(shape.rows, plan.rows);
    const std::uint64_t key_tiles = plan.key_tiles(shape);
    std::uint64_t cost = 0;
    for (const std::vector<HeadRange>& lane : plan.chunks) {
        for (const HeadRange heads : lane) {
            const std::uint64_t query = heads.count * shape.head_dim * sizeof(float);
            const std::uint32_t kv = heads.kv_count(shape.group());
            const std::uint64_t pieces = kv == shape.kv_heads ? key_tiles : shape.kv_len;
            cost += key_tiles * shape.rows * query;
            cost += row_blocks * (shape.kv_len * shape.kv_row(kv).count() + pieces * kRowOverhead);
            cost += row_blocks * key_tiles * (kTileOverhead + heads.count * kRowOverhead);
        }
    }
    return cost;
}

/// Heads of every lane in pieces of at most `step`.
void cut_heads(ProductPlan& plan, const std::vector<HeadRange>& lanes, std::uint32_t step, std::uint32_t group) {
    for (const HeadRange lane : lanes) {
        std::vector<HeadRange>& pieces = plan.chunks.emplace_back();
        for (std::uint32_t done = 0; done < lane.count; done += step) {
            const HeadRange piece{lane.first + done, std::min(step, lane.count - done)};
            pieces.push_back(piece);
            plan.heads = std::max(plan.heads, piece.count);
            plan.kv_heads = std::max(plan.kv_heads, piece.kv_count(group));
        }
    }
}

/// The cheapest cut for a number of buffers; without rows when nothing fits.
ProductPlan best_plan(const AttentionShape& shape, const DeviceCaps& caps, std::uint32_t copies) {
    const std::vector<HeadRange> lanes = split_heads(shape, caps);
    std::uint32_t most = 0;
    for (const HeadRange lane : lanes) {
        most = std::max(most, lane.count);
    }
    const bool decode = shape.rows < kAttentionBlock;
    const auto blocks = [](std::uint64_t count, std::uint64_t parts) {
        return div_ceil(div_ceil(count, parts), kAttentionBlock) * kAttentionBlock;
    };
    const std::uint64_t most_keys = blocks(shape.kv_len, decode ? kTilesForOverlap : 1);
    const std::uint64_t row_limit = std::min(shape.rows, blocks(shape.rows, kTilesForOverlap));
    ProductPlan best;
    for (std::uint32_t step = most; step > 0; step /= 2) {
        ProductPlan plan;
        plan.copies = copies;
        cut_heads(plan, lanes, step, shape.group());
        for (plan.keys = most_keys;; plan.keys = blocks(plan.keys, 2)) {
            plan.rows = most_rows(plan, shape, row_limit, caps.local_bytes.count());
            if (plan.rows > 0) {
                plan.cost = cost_of(plan, shape);
                set_slots(plan, shape);
                best = plan.cost < best.cost ? plan : best;
            }
            if (plan.keys == kAttentionBlock) {
                break;
            }
        }
    }
    return best;
}

ProductPlan product_plan(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps) {
    for (std::uint32_t copies = std::max(caps.buffers, 1U); copies > 0; --copies) {
        ProductPlan plan = best_plan(shape, caps, copies);
        if (plan.rows > 0) {
            return plan;
        }
    }
    fail_local_store(op, caps, unfused_min_local(shape));
}

/// The parts of the score matrix of one tile: a block per head, one block when they follow one another.
std::vector<Transfer> score_blocks(const AttentionShape& shape, const AttentionRegion& region, std::uint64_t local) {
    const std::uint64_t row = score_row(shape);
    const bool joined = region.rows == shape.rows;
    Transfer block{
        .operand = kScratch,
        .rows = static_cast<std::uint32_t>(joined ? region.heads.count * region.rows : region.rows),
        .row_bytes = region.keys * sizeof(float),
        .row_stride = row,
        .offset = (region.heads.first * shape.rows + region.row_first) * row + region.key_first * sizeof(float),
        .local = local};
    std::vector<Transfer> out{block};
    for (std::uint32_t head = 1; head < region.heads.count && !joined; ++head) {
        block.offset += shape.rows * row;
        block.local += block.bytes().count();
        out.push_back(block);
    }
    return out;
}

/// Calls `emit(lane, region)` for every tile of a product, keys innermost.
template <class Emit>
void for_each_tile(const AttentionShape& shape, const ProductPlan& plan, AttentionStage stage, const Emit& emit) {
    for (std::uint32_t lane = 0; lane < plan.chunks.size(); ++lane) {
        for (const HeadRange heads : plan.chunks[lane]) {
            for (std::uint64_t row = 0; row < shape.rows; row += plan.rows) {
                for (std::uint64_t key = 0; key < shape.kv_len; key += plan.keys) {
                    emit(lane, AttentionRegion{.row_first = row,
                                               .rows = std::min(plan.rows, shape.rows - row),
                                               .key_first = key,
                                               .keys = std::min(plan.keys, shape.kv_len - key),
                                               .heads = heads,
                                               .stage = stage});
                }
            }
        }
    }
}

/// Conversions between what is stored and what the matrix unit multiplies.
void add_conversions(Work& work, const AttentionShape& shape, const AttentionRegion& region, MacFormat format,
                     std::uint64_t fp32_elements) {
    const std::uint64_t cached = region.keys * region.heads.kv_count(shape.group()) * shape.head_dim;
    add_attention_conversions(work, shape, format, cached, fp32_elements);
}

TileProgram lower_scores(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps,
                         const ProductPlan& plan) {
    const MacFormat format = attention_mac_format(shape, caps);
    ProgramBuilder builder(op, caps);
    builder.scratch(shape.heads * shape.rows * Bytes{score_row(shape)});
    const Ring queries = builder.reserve(plan.query_slot, plan.copies);
    const Ring keys = builder.reserve(plan.kv_slot, plan.copies);
    const Ring scores = builder.reserve(plan.score_slot, plan.copies);
    for_each_tile(shape, plan, AttentionStage::scores, [&](std::uint32_t lane, const AttentionRegion& region) {
        Tile& tile = builder.begin(lane);
        tile.region = region.packed();
        tile.local = {builder.take(queries), builder.take(keys), 0, 0, builder.take(scores)};
        builder.load(query_rows(shape, 0, region.row_first, region.rows, region.heads, tile.local[0]));
        builder.load(key_rows(shape, 1, region.key_first, region.keys, region.heads, tile.local[1]));
        for (const Transfer& block : score_blocks(shape, region, tile.local[kScratch])) {
            builder.store(block);
        }
        tile.work.matmuls[0] = {static_cast<std::uint32_t>(region.rows), static_cast<std::uint32_t>(region.keys),
                                shape.head_dim, region.heads.count, format};
        add_conversions(tile.work, shape, region, format, region.rows * region.heads.count * shape.head_dim);
    });
    return builder.finish();
}

TileProgram lower_softmax(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps) {
    const std::uint64_t row = score_row(shape);
    const std::vector<HeadRange> lanes = split_heads(shape, caps);
    std::uint64_t most = 0;
    for (const HeadRange lane : lanes) {
        most = std::max(most, lane.count * shape.rows);
    }
    const std::uint64_t local = caps.local_bytes.count();
    std::uint32_t copies = std::max(caps.buffers, 1U);
    while (copies > 1 && copies * align_local(row) > local) {
        --copies;
    }
    const std::uint64_t fitting = std::max<std::uint64_t>(local / copies / kLocalAlign * kLocalAlign / row, 1);
    const std::uint64_t wanted = std::max(div_ceil(most, kTilesForOverlap), div_ceil(kGoodTileBytes, row));
    const std::uint64_t block = std::min(fitting, wanted);
    ProgramBuilder builder(op, caps);
    builder.scratch(shape.heads * shape.rows * Bytes{row});
    const Ring slots = builder.reserve(block * row, copies);
    for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
        const std::uint64_t end = (lanes[lane].first + lanes[lane].count) * shape.rows;
        for (std::uint64_t first = lanes[lane].first * shape.rows; first < end; first += block) {
            const std::uint64_t count = std::min(block, end - first);
            Tile& tile = builder.begin(lane);
            tile.region = AttentionRegion{.row_first = first,
                                          .rows = count,
                                          .key_first = 0,
                                          .keys = shape.kv_len,
                                          .heads = {},
                                          .stage = AttentionStage::softmax}
                              .packed();
            tile.local[kScratch] = builder.take(slots);
            builder.load_rows(kScratch, {first, count}, row, tile.local[kScratch]);
            builder.store_rows(kScratch, {first, count}, row, tile.local[kScratch]);
            const std::uint64_t pairs = count * shape.kv_len;
            // scale; maximum, sum; score - maximum; exponential; times 1 / sum
            tile.work.add(VectorOp::mul, 2 * pairs).add(VectorOp::reduce, 2 * pairs).add(VectorOp::add, pairs);
            tile.work.add(VectorOp::exp, pairs).add(VectorOp::divide, count);
        }
    }
    return builder.finish();
}

TileProgram lower_values(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps,
                         const ProductPlan& plan) {
    const MacFormat format = attention_mac_format(shape, caps);
    // An output block that several tiles of keys add to has one slot; no more tiles are then in flight than it takes,
    // so that a tile never has to wait for two others.
    const std::uint64_t key_tiles = plan.key_tiles(shape);
    const auto copies =
        static_cast<std::uint32_t>(key_tiles == 1 ? plan.copies : std::min<std::uint64_t>(plan.copies, key_tiles));
    ProgramBuilder builder(op, caps);
    builder.scratch(shape.heads * shape.rows * Bytes{score_row(shape)});
    const Ring weights = builder.reserve(plan.score_slot, copies);
    const Ring values = builder.reserve(plan.kv_slot, copies);
    const Ring outs = builder.reserve(plan.query_slot, key_tiles == 1 ? copies : 1);
    for_each_tile(shape, plan, AttentionStage::values, [&](std::uint32_t lane, const AttentionRegion& region) {
        Tile& tile = builder.begin(lane);
        tile.region = region.packed();
        tile.local = {0, 0, builder.take(values), region.key_first == 0 ? builder.take(outs) : builder.keep(outs),
                      builder.take(weights)};
        for (const Transfer& block : score_blocks(shape, region, tile.local[kScratch])) {
            builder.load(block);
        }
        builder.load(key_rows(shape, 2, region.key_first, region.keys, region.heads, tile.local[2]));
        if (region.key_first + region.keys == shape.kv_len) {
            builder.store(query_rows(shape, 3, region.row_first, region.rows, region.heads, tile.local[3]));
        }
        tile.work.matmuls[0] = {static_cast<std::uint32_t>(region.rows), shape.head_dim,
                                static_cast<std::uint32_t>(region.keys), region.heads.count, format};
        add_conversions(tile.work, shape, region, format, region.rows * region.heads.count * region.keys);
    });
    return builder.finish();
}

std::array<std::uint32_t, 6> meeting() {
    return AttentionRegion{.heads = {}, .stage = AttentionStage::sync}.packed();
}

}  // namespace

std::uint64_t unfused_min_local(const AttentionShape& shape) {
    ProductPlan plan;
    plan.heads = plan.kv_heads = 1;
    plan.rows = 1;
    plan.keys = kAttentionBlock;
    set_slots(plan, shape);
    return std::max(plan.local(), align_local(score_row(shape)));
}

TileProgram lower_unfused(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps) {
    if (unfused_min_local(shape) > caps.local_bytes.count()) {
        fail_local_store(op, caps, unfused_min_local(shape));
    }
    const ProductPlan plan = product_plan(op, shape, caps);
    TileProgram program = lower_scores(op, shape, caps, plan);
    append_stage(program, lower_softmax(op, shape, caps), meeting());
    append_stage(program, lower_values(op, shape, caps, plan), meeting());
    program.mapping = "unfused, " + attention_tile_text(plan.heads, plan.rows, plan.keys);
    validate(program, op.inputs.size() + op.outputs.size(), caps.lane_speed.size());
    return program;
}

}  // namespace handset
