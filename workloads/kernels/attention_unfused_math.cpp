// SPDX-License-Identifier: Apache-2.0
// The numerics of the unfused attention, tile by tile. Every sum runs in the order of the keys, so that it does not
// depend on how the op was cut.
#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/kernels/attention_unfused.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"
#include "workloads/kernels/simd.h"
#include "workloads/kernels/vector_math.h"

namespace handset {

namespace {

// Tile::local by operand
enum Local : std::size_t { kQuery, kKeys, kValues, kOut, kScores };

/// The tile's rows of one key or value head, decoded: [key][element].
std::vector<float> decode_head(const AttentionShape& s, const AttentionRegion& r, std::span<const std::byte> slot,
                               std::uint32_t kv) {
    const std::uint64_t row = s.kv_row(r.heads.kv_count(s.group())).count();
    const std::uint64_t head = s.kv_row(1).count();
    std::vector<float> out(r.keys * s.head_dim);
    for (std::uint64_t key = 0; key < r.keys; ++key) {
        decode_row(s.kv_format, slot.subspan(key * row + kv * head, head),
                   std::span(out).subspan(key * s.head_dim, s.head_dim));
    }
    return out;
}

/// Calls `visit(decoded head, head within the chunk)` for the query heads of every key/value head.
template <class Visit>
void for_each_head(const AttentionShape& s, const AttentionRegion& r, std::span<const std::byte> slot,
                   const Visit& visit) {
    const std::uint32_t kv_first = r.heads.kv_first(s.group());
    for (std::uint32_t kv = 0; kv < r.heads.kv_count(s.group()); ++kv) {
        const std::vector<float> decoded = decode_head(s, r, slot, kv);
        const std::uint32_t begin = std::max((kv_first + kv) * s.group(), r.heads.first);
        const std::uint32_t end = std::min((kv_first + kv + 1) * s.group(), r.heads.first + r.heads.count);
        for (std::uint32_t head = begin; head < end; ++head) {
            visit(decoded, head - r.heads.first);
        }
    }
}

/// Query and output slots are [row][head][element], scores [head][row][key].
std::uint64_t vector_at(const AttentionShape& s, const AttentionRegion& r, std::uint64_t row, std::uint32_t head) {
    return (row * r.heads.count + head) * s.head_dim;
}

void scores(const AttentionShape& s, const AttentionRegion& r, const Tile& tile, std::span<std::byte> local) {
    const std::span<const float> queries = tile_floats(tile, local, kQuery, r.rows * r.heads.count * s.head_dim);
    const std::span<float> out = tile_floats(tile, local, kScores, r.heads.count * r.rows * r.keys);
    for_each_head(s, r, local.subspan(tile.local[kKeys]), [&](const std::vector<float>& keys, std::uint32_t head) {
        for (std::uint64_t row = 0; row < r.rows; ++row) {
            dot_f32_rows(&queries[vector_at(s, r, row, head)], keys.data(), s.head_dim, r.keys, s.head_dim,
                         &out[(head * r.rows + row) * r.keys]);
        }
    });
}

/// One whole row of scores to probabilities; masked keys get 0.
void softmax(const AttentionShape& s, std::uint64_t query_row, std::span<float> row) {
    const std::uint64_t begin = s.seen_begin(query_row);
    const std::uint64_t end = s.seen_end(query_row);
    float maximum = -std::numeric_limits<float>::infinity();
    for (std::uint64_t key = begin; key < end; ++key) {
        row[key] *= s.scale;
        maximum = std::max(maximum, row[key]);
    }
    float sum = 0.0F;
    for (std::uint64_t key = 0; key < row.size(); ++key) {
        row[key] = key < begin || key >= end ? 0.0F : std::exp(row[key] - maximum);
        sum += row[key];
    }
    scale_in_place(row.data(), 1.0F / sum, row.size());
}

void values(const AttentionShape& s, const AttentionRegion& r, const Tile& tile, std::span<std::byte> local) {
    const std::span<const float> weights = tile_floats(tile, local, kScores, r.heads.count * r.rows * r.keys);
    const std::span<float> out = tile_floats(tile, local, kOut, r.rows * r.heads.count * s.head_dim);
    if (r.key_first == 0) {
        std::fill(out.begin(), out.end(), 0.0F);
    }
    for_each_head(s, r, local.subspan(tile.local[kValues]), [&](const std::vector<float>& rows, std::uint32_t head) {
        for (std::uint64_t row = 0; row < r.rows; ++row) {
            // Masked keys weigh 0 and may lie where nothing was written yet.
            const std::uint64_t first = std::max(r.key_first, s.seen_begin(r.row_first + row));
            const std::uint64_t last = std::min(r.key_first + r.keys, s.seen_end(r.row_first + row));
            for (std::uint64_t at = first; at < last; ++at) {
                const std::uint64_t key = at - r.key_first;
                add_scaled(&out[vector_at(s, r, row, head)], &rows[key * s.head_dim],
                           weights[(head * r.rows + row) * r.keys + key], s.head_dim);
            }
        }
    });
}

}  // namespace

void compute_unfused(const AttentionShape& shape, const AttentionRegion& region, const Tile& tile,
                     std::span<std::byte> local) {
    switch (region.stage) {
        case AttentionStage::scores:
            return scores(shape, region, tile, local);
        case AttentionStage::softmax: {
            const std::span<float> rows = tile_floats(tile, local, kScores, region.rows * shape.kv_len);
            for (std::uint64_t i = 0; i < region.rows; ++i) {
                softmax(shape, (region.row_first + i) % shape.rows, rows.subspan(i * shape.kv_len, shape.kv_len));
            }
            return;
        }
        case AttentionStage::values:
            return values(shape, region, tile, local);
        default:
            return;  // lanes meet
    }
}

}  // namespace handset
