// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/attention_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "workloads/kernels/conversion.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

/// A separate memory row costs about one more DRAM burst than its bytes say.
constexpr std::uint64_t kRowOverhead = 64;
/// Tiles of a prefill stay this small, so that little above the causal diagonal is computed and loads overlap.
constexpr std::uint64_t kPrefillKeys = 128;

void check_operands(const OpNode& op, const AttentionShape& s) {
    const std::string q_cols = std::to_string(s.heads) + " heads of " + std::to_string(s.head_dim);
    require(op, s.rows > 0 && s.kv_len > 0, "needs at least one query row and one key");
    require(op, s.heads < (1U << 16U), "at most 65535 heads");
    require(op, s.heads % s.kv_heads == 0,
            std::to_string(s.heads) + " heads are not a multiple of " + std::to_string(s.kv_heads) + " kv_heads");
    require(op, op.inputs[0].format == NumberFormat::fp32, "queries must be fp32");
    require(op, op.inputs[0].shape.cols == std::uint64_t{s.heads} * s.head_dim,
            "queries have " + std::to_string(op.inputs[0].shape.cols) + " columns, not " + q_cols);
    require(op, op.inputs[1].shape.cols == std::uint64_t{s.kv_heads} * s.head_dim,
            "keys have " + std::to_string(op.inputs[1].shape.cols) + " columns, not " + std::to_string(s.kv_heads) +
                " kv_heads of " + std::to_string(s.head_dim));
    require(op, op.inputs[2].shape == op.inputs[1].shape, "keys and values differ in shape");
    require(op, op.inputs[2].format == s.kv_format, "keys and values differ in format");
    require(op, s.kv_format == NumberFormat::fp32 || s.kv_format == NumberFormat::fp16,
            "keys and values must be fp32 or fp16, not " + std::string(info(s.kv_format).name));
    require(op, !s.causal || s.kv_len >= s.rows,
            std::to_string(s.rows) + " query rows need as many keys, there are " + std::to_string(s.kv_len));
    require(op, s.causal || !s.fixed, "fixed keys are masked after each row's own: they need causal = 1");
    require(op, !s.fixed || s.position + s.rows <= s.kv_len,
            "rows from position " + std::to_string(s.position) + " end behind the " + std::to_string(s.kv_len) +
                " fixed keys");
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> AttentionShape::rows_seeing(std::uint64_t first, std::uint64_t last,
                                                                    std::uint64_t key_first,
                                                                    std::uint64_t key_last) const {
    while (first < last && keys_end(first) <= key_first) {
        ++first;
    }
    while (last > first && keys_begin(last - 1) >= key_last) {
        --last;
    }
    return {first, last};
}

AttentionShape attention_shape(const OpNode& op) {
    require_inputs(op, 3, 3);
    AttentionShape s;
    s.rows = op.inputs[0].shape.rows;
    s.kv_len = op.inputs[1].shape.rows;
    s.heads = positive_attribute(op, "heads");
    s.kv_heads = positive_attribute(op, "kv_heads");
    s.head_dim = positive_attribute(op, "head_dim");
    s.causal = op.attrs.integer("causal", 1) != 0;
    s.fixed = op.attrs.integer("fixed", 0) != 0;
    s.position = s.fixed ? static_cast<std::uint64_t>(op.runtime.integer("position", 0)) : 0;
    s.window = op.attrs.has("window") ? positive_attribute(op, "window") : std::numeric_limits<std::uint64_t>::max();
    const double scale = op.attrs.has("scale") ? op.attrs.number("scale") : 1.0 / std::sqrt(double{1} * s.head_dim);
    require(op, std::isfinite(scale) && scale > 0.0, "scale must be a positive number");
    s.scale = static_cast<float>(scale);
    s.kv_format = op.inputs[1].format;
    check_operands(op, s);
    return s;
}

namespace {

// AttentionRegion packs the stage above the number of heads.
constexpr std::uint32_t kStageShift = 16;
constexpr std::uint32_t kMostHeads = (1U << kStageShift) - 1;

}  // namespace

std::array<std::uint32_t, 6> AttentionRegion::packed() const {
    const auto narrow = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
    return {narrow(row_first), narrow(rows), narrow(key_first),
            narrow(keys),      heads.first,  heads.count | static_cast<std::uint32_t>(stage) << kStageShift};
}

AttentionRegion AttentionRegion::of(const Tile& tile) {
    const auto& r = tile.region;
    return {r[0], r[1], r[2], r[3], {r[4], r[5] & kMostHeads}, static_cast<AttentionStage>(r[5] >> kStageShift)};
}

MacFormat attention_mac_format(const AttentionShape& shape, const DeviceCaps& caps) {
    const bool half = shape.kv_format == NumberFormat::fp16 || !caps.has_macs(MacFormat::fp32);
    return half && caps.has_macs(MacFormat::fp16) ? MacFormat::fp16 : MacFormat::fp32;
}

void add_attention_conversions(Work& work, const AttentionShape& shape, MacFormat format, std::uint64_t cached,
                               std::uint64_t floats) {
    const ElementFormat taken = element_format(format);
    if (element_format(shape.kv_format) != taken) {
        add_conversion(work, element_format(shape.kv_format), taken, cached);
    }
    if (taken != ElementFormat::fp32) {
        add_conversion(work, ElementFormat::fp32, taken, floats);
    }
}

Transfer query_rows(const AttentionShape& shape, std::uint32_t operand, std::uint64_t first, std::uint64_t count,
                    HeadRange heads, std::uint64_t local) {
    const std::uint64_t head = shape.head_dim * sizeof(float);
    return {.operand = operand,
            .rows = static_cast<std::uint32_t>(count),
            .row_bytes = heads.count * head,
            .row_stride = shape.heads * head,
            .offset = first * shape.heads * head + heads.first * head,
            .local = local};
}

Transfer key_rows(const AttentionShape& shape, std::uint32_t operand, std::uint64_t first, std::uint64_t count,
                  HeadRange heads, std::uint64_t local) {
    const std::uint64_t row = shape.kv_row(shape.kv_heads).count();
    return {.operand = operand,
            .rows = static_cast<std::uint32_t>(count),
            .row_bytes = shape.kv_row(heads.kv_count(shape.group())).count(),
            .row_stride = row,
            .offset = first * row + shape.kv_row(heads.kv_first(shape.group())).count(),
            .local = local};
}

std::string attention_tile_text(std::uint32_t heads, std::uint64_t rows, std::uint64_t keys) {
    return std::to_string(heads) + " heads x " + std::to_string(rows) + " query rows x " + std::to_string(keys) +
           " keys";
}

namespace {

AttentionSlots slots_of(const AttentionShape& shape, HeadRange heads, std::uint64_t query_rows, std::uint64_t key_rows,
                        std::uint32_t buffers) {
    AttentionSlots s{.query_rows = query_rows, .key_rows = key_rows, .buffers = buffers};
    const std::uint64_t values = query_rows * heads.count * shape.head_dim * sizeof(float);
    s.kv_slot = align_local(key_rows * shape.kv_row(heads.kv_count(shape.group())).count());
    s.out = align_local(values);
    s.state = s.out + align_local(values);
    s.scores = s.state + align_local(query_rows * heads.count * 2 * sizeof(float));
    s.keys = s.scores + kAttentionBlock * sizeof(float);
    s.values = s.keys + buffers * s.kv_slot;
    s.bytes = s.values + buffers * s.kv_slot;
    return s;
}

/// Most query rows that fit beside slots of `key_rows`; 0 when none.
std::uint64_t most_query_rows(const AttentionShape& shape, HeadRange heads, std::uint64_t key_rows,
                              std::uint32_t buffers, std::uint64_t local) {
    std::uint64_t low = 0;
    std::uint64_t high = shape.rows;
    while (low < high) {
        const std::uint64_t middle = low + (high - low + 1) / 2;
        if (slots_of(shape, heads, middle, key_rows, buffers).bytes <= local) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/// Largest tile of keys that does not shrink the query block by more than a quarter.
std::uint64_t grow_keys(const AttentionShape& shape, HeadRange heads, std::uint32_t buffers, std::uint64_t local,
                        std::uint64_t most_rows) {
    // A decode streams the cache once: a quarter of it per tile keeps transfers long and still overlaps.
    const std::uint64_t limit =
        shape.rows < kAttentionBlock ? div_ceil(shape.kv_len, std::uint64_t{4}) : std::min(kPrefillKeys, shape.kv_len);
    std::uint64_t keys = kAttentionBlock;
    for (std::uint64_t next = 2 * keys; next < limit + keys; next *= 2) {
        if (most_query_rows(shape, heads, next, buffers, local) * 4 < most_rows * 3) {
            break;
        }
        keys = next;
    }
    return keys;
}

/// Bytes moved for one chunk of heads, plus the overhead of every separate memory row.
std::uint64_t chunk_cost(const AttentionShape& shape, HeadRange heads, const AttentionSlots& slots) {
    const std::uint32_t kv_heads = heads.kv_count(shape.group());
    std::uint64_t cost = 0;
    for (std::uint64_t row = 0; row < shape.rows; row += slots.query_rows) {
        const std::uint64_t last = std::min(row + slots.query_rows, shape.rows) - 1;
        const std::uint64_t keys = shape.keys_end(last) - shape.keys_begin(row);
        const std::uint64_t pieces = kv_heads == shape.kv_heads ? div_ceil(keys, slots.key_rows) : keys;
        cost += 2 * (keys * shape.kv_row(kv_heads).count() + pieces * kRowOverhead);
    }
    const std::uint64_t query_pieces = heads.count == shape.heads ? 1 : shape.rows;
    return cost + 2 * query_pieces * kRowOverhead;
}

/// Cuts `lane` every `step` heads; empty when a piece does not fit.
std::vector<HeadRange> cut(const AttentionShape& shape, HeadRange lane, std::uint32_t step, const DeviceCaps& caps,
                           std::uint64_t& cost) {
    std::vector<HeadRange> chunks;
    cost = 0;
    for (std::uint32_t done = 0; done < lane.count; done += step) {
        const HeadRange piece{lane.first + done, std::min(step, lane.count - done)};
        const auto slots = fit_attention(shape, piece, caps);
        if (!slots) {
            return {};
        }
        cost += chunk_cost(shape, piece, *slots);
        chunks.push_back(piece);
    }
    return chunks;
}

}  // namespace

std::uint64_t attention_min_local(const AttentionShape& shape) {
    return slots_of(shape, {0, 1}, 1, kAttentionBlock, 1).bytes;
}

std::optional<AttentionSlots> fit_attention(const AttentionShape& shape, HeadRange heads, const DeviceCaps& caps) {
    const std::uint64_t local = caps.local_bytes.count();
    for (const std::uint32_t buffers : {std::max(caps.buffers, 1U), 1U}) {
        const std::uint64_t most = most_query_rows(shape, heads, kAttentionBlock, buffers, local);
        if (most == 0) {
            continue;
        }
        const std::uint64_t keys = grow_keys(shape, heads, buffers, local, most);
        const std::uint64_t fitting = most_query_rows(shape, heads, keys, buffers, local);
        const std::uint64_t blocks = div_ceil(shape.rows, fitting);
        return slots_of(shape, heads, div_ceil(shape.rows, blocks), keys, buffers);
    }
    return std::nullopt;
}

std::vector<HeadRange> split_heads(const AttentionShape& shape, const DeviceCaps& caps) {
    const std::size_t lanes = caps.lane_speed.size();
    const std::uint32_t unit = shape.kv_heads >= lanes ? shape.group() : 1;
    std::vector<std::uint32_t> units(lanes, 0);
    for (std::uint32_t i = 0; i < shape.heads / unit; ++i) {
        std::size_t best = 0;
        for (std::size_t lane = 1; lane < lanes; ++lane) {
            // Finishes earlier with one unit more: (u+1)/speed, compared without division.
            if (std::uint64_t{units[lane] + 1} * caps.lane_speed[best] <
                std::uint64_t{units[best] + 1} * caps.lane_speed[lane]) {
                best = lane;
            }
        }
        ++units[best];
    }
    std::vector<HeadRange> ranges(lanes);
    std::uint32_t first = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        ranges[lane] = {first, units[lane] * unit};
        first += units[lane] * unit;
    }
    return ranges;
}

std::vector<HeadRange> chunk_heads(const AttentionShape& shape, HeadRange lane, const DeviceCaps& caps) {
    std::vector<std::uint32_t> steps{lane.count};
    // Chunks of about equal size, first few large ones.
    const std::uint32_t groups = lane.count / shape.group();
    for (std::uint32_t pieces = 1; pieces <= groups; ++pieces) {
        steps.push_back(div_ceil(groups, pieces) * shape.group());
    }
    for (std::uint32_t heads = shape.group() / 2; heads > 0; heads /= 2) {
        steps.push_back(heads);
    }
    std::vector<HeadRange> best;
    std::uint64_t best_cost = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint32_t step : steps) {
        std::uint64_t cost = 0;
        std::vector<HeadRange> chunks = cut(shape, lane, std::min(step, lane.count), caps, cost);
        if (!chunks.empty() && cost < best_cost) {
            best = std::move(chunks);
            best_cost = cost;
        }
    }
    return best;
}

}  // namespace handset
