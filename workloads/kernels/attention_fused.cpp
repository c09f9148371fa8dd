// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/attention_fused.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"
#include "workloads/kernels/simd.h"
#include "workloads/kernels/vector_math.h"

namespace handset {

namespace {

// Tile::local: operands q, keys, values, out; then scratch
enum Local : std::size_t { kQuery, kKeys, kValues, kOut, kState, kScores };

/// Query rows [row_first, row_last) of one chunk of heads: the running state of these stays local.
struct QueryBlock {
    std::uint64_t row_first;
    std::uint64_t row_last;
    HeadRange heads;

    [[nodiscard]] std::uint64_t rows() const { return row_last - row_first; }
};

/// The tiles of one lane, then of all lanes in turn.
class Emitter {
  public:
    Emitter(const AttentionShape& shape, const DeviceCaps& caps)
        : shape_(shape), format_(attention_mac_format(shape, caps)) {
        program_.kernel = "attention";
        lanes_.resize(caps.lane_speed.size());
    }

    void block(std::uint32_t lane, const QueryBlock& block, const AttentionSlots& slots) {
        lane_ = lane;
        const std::uint64_t end = shape_.keys_end(block.row_last - 1);
        const std::uint32_t before = lanes_[lane].empty() ? kNone : last();
        std::vector<std::uint32_t> users(slots.buffers, before);
        std::uint64_t key = shape_.keys_begin(block.row_first);
        for (std::uint32_t i = 0; key < end; ++i) {
            const std::uint64_t next = std::min((key / kAttentionBlock) * kAttentionBlock + slots.key_rows, end);
            std::uint32_t& user = users[i % slots.buffers];
            tile(block, slots, {key, next}, i % slots.buffers).loads_after = user;
            user = last();
            key = next;
        }
    }

    TileProgram finish() {
        std::vector<std::vector<std::uint32_t>> place(lanes_.size());
        std::size_t longest = 0;
        for (const auto& lane : lanes_) {
            longest = std::max(longest, lane.size());
        }
        for (std::size_t i = 0; i < longest; ++i) {
            for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
                if (i < lanes_[lane].size()) {
                    Tile tile = lanes_[lane][i];
                    tile.loads_after = tile.loads_after == kNone ? kNone : place[lane][tile.loads_after];
                    place[lane].push_back(static_cast<std::uint32_t>(program_.tiles.size()));
                    program_.tiles.push_back(tile);
                }
            }
        }
        return std::move(program_);
    }

  private:
    using Keys = std::pair<std::uint64_t, std::uint64_t>;

    [[nodiscard]] std::uint32_t last() const { return static_cast<std::uint32_t>(lanes_[lane_].size() - 1); }

    Tile& tile(const QueryBlock& block, const AttentionSlots& slots, Keys keys, std::uint32_t slot) {
        program_.local_bytes = std::max(program_.local_bytes, Bytes{slots.bytes});
        Tile& t = lanes_[lane_].emplace_back();
        t.lane = lane_;
        const auto narrow = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
        t.region = AttentionRegion{.row_first = block.row_first,
                                   .rows = block.rows(),
                                   .key_first = keys.first,
                                   .keys = keys.second - keys.first,
                                   .heads = block.heads}
                       .packed();
        t.local = {
            slots.query, slots.keys + slot * slots.kv_slot, slots.values + slot * slots.kv_slot, slots.out, slots.state,
            slots.scores};
        const bool first = keys.first == shape_.keys_begin(block.row_first);
        const bool final = keys.second == shape_.keys_end(block.row_last - 1);
        t.first_load = narrow(program_.transfers.size());
        if (first) {
            move_queries(0, block, t.local[kQuery]);
        }
        for (const std::uint32_t operand : {1U, 2U}) {
            program_.transfers.push_back(key_rows(shape_, operand, keys.first, keys.second - keys.first, block.heads,
                                                  t.local[operand == 1 ? kKeys : kValues]));
        }
        t.loads = narrow(program_.transfers.size()) - t.first_load;
        t.first_store = narrow(program_.transfers.size());
        if (final) {
            move_queries(3, block, t.local[kOut]);
            t.stores = 1;
        }
        count_work(block, keys, first, final, t.work);
        return t;
    }

    void move_queries(std::uint32_t operand, const QueryBlock& block, std::uint64_t local) {
        program_.transfers.push_back(query_rows(shape_, operand, block.row_first, block.rows(), block.heads, local));
    }

    /// MACs: the rectangle of the query rows that see any key of the tile and all its keys (what a matrix unit does
    /// before it masks), twice: scores, weighted values.
    void count_work(const QueryBlock& block, Keys keys, bool first, bool final, Work& work) const {
        const auto [row_first, row_last] = shape_.rows_seeing(block.row_first, block.row_last, keys.first, keys.second);
        const auto rows = static_cast<std::uint32_t>(row_last - row_first);
        const auto count = static_cast<std::uint32_t>(keys.second - keys.first);
        const std::uint64_t blocks = div_ceil(keys.second, kAttentionBlock) - keys.first / kAttentionBlock;
        const std::uint64_t vectors = std::uint64_t{block.heads.count} * rows;  // query vectors at work
        const std::uint64_t pairs = vectors * count;
        const std::uint64_t elements = block.heads.count * block.rows() * shape_.head_dim;
        work.matmuls[0] = {rows, count, shape_.head_dim, block.heads.count, format_};
        work.matmuls[1] = {rows, shape_.head_dim, count, block.heads.count, format_};
        work.add(VectorOp::mul, pairs + vectors * blocks * (shape_.head_dim + 1));  // scale; rescale the running sums
        work.add(VectorOp::add, pairs);                                             // score - maximum
        work.add(VectorOp::exp, pairs + vectors * blocks);
        work.add(VectorOp::reduce, 2 * pairs);  // maximum, sum
        if (first) {
            work.add(VectorOp::move, elements);  // running sums start at 0
        }
        if (final) {
            work.add(VectorOp::divide, block.heads.count * block.rows()).add(VectorOp::mul, elements);
        }
        const std::uint64_t cached = 2 * std::uint64_t{count} * block.heads.kv_count(shape_.group()) * shape_.head_dim;
        // of floats: probabilities, queries
        add_attention_conversions(work, shape_, format_, cached, pairs + (first ? elements : 0));
    }

    const AttentionShape& shape_;
    MacFormat format_;
    TileProgram program_;
    std::vector<std::vector<Tile>> lanes_;  // loads_after: index within the lane until finish()
    std::uint32_t lane_ = 0;
};

/// The numerics of one tile.
class TileMath {
  public:
    TileMath(const AttentionShape& shape, const AttentionRegion& region, const Tile& tile, std::span<std::byte> local)
        : s_(shape),
          tile_(tile),
          local_(local),
          heads_(region.heads),
          key_first_(region.key_first),
          key_last_(key_first_ + region.keys),
          row_first_(region.row_first),
          row_last_(row_first_ + region.rows),
          keys_(kAttentionBlock * shape.head_dim),
          values_(kAttentionBlock * shape.head_dim) {}

    void run() {
        if (key_first_ == s_.keys_begin(row_first_)) {
            start();
        }
        const auto [first, last] = s_.rows_seeing(row_first_, row_last_, key_first_, key_last_);
        const std::uint32_t kv_first = heads_.kv_first(s_.group());
        for (std::uint32_t kv = kv_first; kv < kv_first + heads_.kv_count(s_.group()); ++kv) {
            for (std::uint64_t key = key_first_; key < key_last_;) {
                const std::uint64_t next = std::min((key / kAttentionBlock + 1) * kAttentionBlock, key_last_);
                decode_block(kv - kv_first, key, next);
                block(kv, key, next, first, last);
                key = next;
            }
        }
        if (key_last_ == s_.keys_end(row_last_ - 1)) {
            normalise();
        }
    }

  private:
    [[nodiscard]] std::span<float> floats(std::size_t slot, std::uint64_t index, std::uint64_t count) const {
        return as_floats(local_.subspan(tile_.local.at(slot) + index * sizeof(float), count * sizeof(float)));
    }
    /// Index of a query vector within the tile.
    [[nodiscard]] std::uint64_t vector_index(std::uint64_t row, std::uint32_t head) const {
        return (row - row_first_) * heads_.count + (head - heads_.first);
    }

    void start() {
        const std::uint64_t vectors = (row_last_ - row_first_) * heads_.count;
        const std::span<float> out = floats(kOut, 0, vectors * s_.head_dim);
        std::fill(out.begin(), out.end(), 0.0F);
        for (std::uint64_t i = 0; i < vectors; ++i) {
            const std::span<float> state = floats(kState, 2 * i, 2);
            state[0] = -std::numeric_limits<float>::infinity();
            state[1] = 0.0F;
        }
    }

    void decode_block(std::uint32_t kv, std::uint64_t first, std::uint64_t last) {
        const std::uint64_t row = s_.kv_row(heads_.kv_count(s_.group())).count();
        const std::uint64_t head = s_.kv_row(1).count();
        for (std::uint64_t key = first; key < last; ++key) {
            const std::uint64_t at = (key - key_first_) * row + kv * head;
            const std::uint64_t to = (key - first) * s_.head_dim;
            decode_row(s_.kv_format, local_.subspan(tile_.local[kKeys] + at, head),
                       std::span(keys_).subspan(to, s_.head_dim));
            decode_row(s_.kv_format, local_.subspan(tile_.local[kValues] + at, head),
                       std::span(values_).subspan(to, s_.head_dim));
        }
    }

    /// All queries of the tile that read key/value head `kv`, against the decoded keys [first, last).
    void block(std::uint32_t kv, std::uint64_t first, std::uint64_t last, std::uint64_t row_begin,
               std::uint64_t row_end) {
        const std::uint32_t head_begin = std::max(kv * s_.group(), heads_.first);
        const std::uint32_t head_end = std::min((kv + 1) * s_.group(), heads_.first + heads_.count);
        for (std::uint64_t row = row_begin; row < row_end; ++row) {
            const std::uint64_t from = std::max(first, s_.seen_begin(row));
            const std::uint64_t to = std::min(last, s_.seen_end(row));
            if (from >= to) {
                continue;
            }
            for (std::uint32_t head = head_begin; head < head_end; ++head) {
                update(vector_index(row, head), from - first, to - from);
            }
        }
    }

    /// One step of the online softmax: `count` decoded keys from `offset`.
    void update(std::uint64_t vector, std::uint64_t offset, std::uint64_t count) {
        const std::size_t dim = s_.head_dim;
        const std::span<const float> query = floats(kQuery, vector * dim, dim);
        const std::span<float> out = floats(kOut, vector * dim, dim);
        const std::span<float> state = floats(kState, 2 * vector, 2);
        const std::span<float> scores = floats(kScores, 0, kAttentionBlock).first(count);
        dot_f32_rows(query.data(), &keys_[offset * dim], dim, count, dim, scores.data());
        float maximum = state[0];
        for (std::size_t j = 0; j < count; ++j) {
            scores[j] *= s_.scale;
            maximum = std::max(maximum, scores[j]);
        }
        const float shrink = std::exp(state[0] - maximum);
        scale_in_place(out.data(), shrink, dim);
        float sum = state[1] * shrink;
        for (std::size_t j = 0; j < count; ++j) {
            const float weight = std::exp(scores[j] - maximum);
            sum += weight;
            add_scaled(out.data(), &values_[(offset + j) * dim], weight, dim);
        }
        state[0] = maximum;
        state[1] = sum;
    }

    void normalise() {
        const std::uint64_t vectors = (row_last_ - row_first_) * heads_.count;
        for (std::uint64_t i = 0; i < vectors; ++i) {
            scale_in_place(floats(kOut, i * s_.head_dim, s_.head_dim).data(), 1.0F / floats(kState, 2 * i, 2)[1],
                           s_.head_dim);
        }
    }

    const AttentionShape& s_;
    const Tile& tile_;
    std::span<std::byte> local_;
    HeadRange heads_;
    std::uint64_t key_first_;
    std::uint64_t key_last_;
    std::uint64_t row_first_;
    std::uint64_t row_last_;
    std::vector<float> keys_;  // one block of one head, decoded
    std::vector<float> values_;
};

}  // namespace

TileProgram lower_fused(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps) {
    Emitter emitter(shape, caps);
    const std::vector<HeadRange> lanes = split_heads(shape, caps);
    std::string mapping;
    for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
        if (lanes[lane].count == 0) {
            continue;
        }
        const std::vector<HeadRange> chunks = chunk_heads(shape, lanes[lane], caps);
        if (chunks.empty()) {
            fail_local_store(op, caps, attention_min_local(shape));
        }
        for (const HeadRange heads : chunks) {
            const AttentionSlots slots = *fit_attention(shape, heads, caps);
            if (mapping.empty()) {
                mapping = "fused, " + attention_tile_text(heads.count, slots.query_rows, slots.key_rows);
            }
            for (std::uint64_t row = 0; row < shape.rows; row += slots.query_rows) {
                emitter.block(lane, {row, std::min(row + slots.query_rows, shape.rows), heads}, slots);
            }
        }
    }
    TileProgram program = emitter.finish();
    program.mapping = mapping;
    return program;
}

void compute_fused(const AttentionShape& shape, const AttentionRegion& region, const Tile& tile,
                   std::span<std::byte> local) {
    TileMath(shape, region, tile, local).run();
}

}  // namespace handset
