// SPDX-License-Identifier: Apache-2.0
// What the lowerings of attention share, and how the fused one is cut into tiles: heads over lanes, heads and query
// rows into blocks whose running state stays in the local store, keys and values streamed past them. Does not know
// numerics. Source of the scheme: FlashAttention (Dao et al. 2022), queries resident, keys streamed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/ir/kernel.h"

namespace handset {

/// Key positions are processed in blocks counted from position 0, so that sums do not depend on tile sizes.
inline constexpr std::uint64_t kAttentionBlock = 32;

/// Operands and attributes of one attention op, checked.
struct AttentionShape {
    std::uint64_t rows = 0;    ///< query rows M
    std::uint64_t kv_len = 0;  ///< keys L
    std::uint32_t heads = 0;
    std::uint32_t kv_heads = 0;
    std::uint32_t head_dim = 0;
    float scale = 0.0F;
    bool causal = true;
    std::uint64_t window = 0;    ///< keys a row sees at most, itself included
    bool fixed = false;          ///< every row is computed against all keys; those it does not see are masked
    std::uint64_t position = 0;  ///< of the first query row; with `fixed`, where keys do not end with the rows
    NumberFormat kv_format = NumberFormat::fp32;

    [[nodiscard]] std::uint32_t group() const { return heads / kv_heads; }
    /// One past the last key that query row `row` sees.
    [[nodiscard]] std::uint64_t seen_end(std::uint64_t row) const {
        return causal ? (fixed ? position : kv_len - rows) + row + 1 : kv_len;
    }
    /// First key that query row `row` sees.
    [[nodiscard]] std::uint64_t seen_begin(std::uint64_t row) const {
        const std::uint64_t end = seen_end(row);
        return end > window ? end - window : 0;
    }
    /// The keys that tiles of query row `row` have to take: the ones it sees, or all.
    [[nodiscard]] std::uint64_t keys_begin(std::uint64_t row) const { return fixed ? 0 : seen_begin(row); }
    [[nodiscard]] std::uint64_t keys_end(std::uint64_t row) const { return fixed ? kv_len : seen_end(row); }
    /// Query rows of [first, last) that see any key of [key_first, key_last): a contiguous range, empty if equal.
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> rows_seeing(std::uint64_t first, std::uint64_t last,
                                                                      std::uint64_t key_first,
                                                                      std::uint64_t key_last) const;
    [[nodiscard]] Bytes kv_row(std::uint64_t kv_head_count) const {
        return row_bytes(kv_format, kv_head_count * head_dim);
    }
};

/// Throws ConfigError that names the op.
AttentionShape attention_shape(const OpNode& op);

/// Query heads [first, first + count) and the key/value heads they read.
struct HeadRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;

    [[nodiscard]] std::uint32_t kv_first(std::uint32_t group) const { return first / group; }
    [[nodiscard]] std::uint32_t kv_count(std::uint32_t group) const {
        return (first + count - 1) / group - first / group + 1;
    }
};

enum class AttentionStage : std::uint32_t { fused, scores, softmax, values, sync };

/// What a tile computes: Tile::region in words.
struct AttentionRegion {
    std::uint64_t row_first = 0;
    std::uint64_t rows = 0;
    std::uint64_t key_first = 0;
    std::uint64_t keys = 0;
    HeadRange heads;
    AttentionStage stage = AttentionStage::fused;

    [[nodiscard]] std::array<std::uint32_t, 6> packed() const;
    static AttentionRegion of(const Tile& tile);
};

/// Of the two matrix products.
MacFormat attention_mac_format(const AttentionShape& shape, const DeviceCaps& caps);
/// What the matrix unit does not take as it is: elements of the cache, and fp32 ones (queries, probabilities).
void add_attention_conversions(Work& work, const AttentionShape& shape, MacFormat format, std::uint64_t cached,
                               std::uint64_t floats);
/// The heads' columns of query or output rows (operand 0 or 3).
Transfer query_rows(const AttentionShape& shape, std::uint32_t operand, std::uint64_t first, std::uint64_t count,
                    HeadRange heads, std::uint64_t local);
/// The heads' columns of rows of the cache (operand 1 or 2).
Transfer key_rows(const AttentionShape& shape, std::uint32_t operand, std::uint64_t first, std::uint64_t count,
                  HeadRange heads, std::uint64_t local);
/// "8 heads x 64 query rows x 128 keys"
std::string attention_tile_text(std::uint32_t heads, std::uint64_t rows, std::uint64_t keys);

/// What one lane's local store holds for one chunk of heads. Offsets are in bytes from the start of the store.
struct AttentionSlots {
    std::uint64_t query_rows = 0;  ///< per query block
    std::uint64_t key_rows = 0;    ///< per tile, a multiple of kAttentionBlock
    std::uint32_t buffers = 1;     ///< key/value slots in rotation
    std::uint64_t query = 0;
    std::uint64_t out = 0;     ///< running weighted sum, normalised in place
    std::uint64_t state = 0;   ///< running maximum and sum, two floats per row and head
    std::uint64_t scores = 0;  ///< kAttentionBlock floats
    std::uint64_t keys = 0;    ///< first of `buffers` slots of keys, then as many of values
    std::uint64_t values = 0;
    std::uint64_t kv_slot = 0;  ///< bytes of one slot
    std::uint64_t bytes = 0;
};

/// Empty when not even one query row and one block of keys fits.
std::optional<AttentionSlots> fit_attention(const AttentionShape& shape, HeadRange heads, const DeviceCaps& caps);

/// Local store for one query row of one head and one block of keys.
std::uint64_t attention_min_local(const AttentionShape& shape);

/// Heads of each lane, in proportion to lane speed. Whole groups while there are at least as many as lanes (keys are
/// then loaded once), else single query heads.
std::vector<HeadRange> split_heads(const AttentionShape& shape, const DeviceCaps& caps);

/// Cuts a lane's heads into the chunks that move the fewest bytes, counting 64 bytes for every separate memory row.
/// Empty when nothing fits.
std::vector<HeadRange> chunk_heads(const AttentionShape& shape, HeadRange lane, const DeviceCaps& caps);

}  // namespace handset
