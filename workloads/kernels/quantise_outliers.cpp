// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/quantise_outliers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

constexpr std::uint32_t kResidual = 2;
constexpr std::uint32_t kIndices = 3;

std::uint64_t channels_of(const OpNode& op) {
    return positive_attribute(op, "channels");
}

bool drops(const OpNode& op) {
    return op.attrs.integer("drop", 0) != 0;
}

/// What a lane remembers: the largest magnitude of each column, the scale, the chosen columns.
struct State {
    std::span<float> largest;
    std::span<float> scale;
    std::span<float> indices;  ///< int32, in place

    State(const OpNode& op, const Tile& tile, std::span<std::byte> local) {
        const std::uint64_t cols = op.inputs[0].shape.cols;
        const std::uint64_t at = tile.local.at(op.inputs.size() + op.outputs.size());
        const std::span<float> all = as_floats(local.subspan(at, (cols + 1 + channels_of(op)) * sizeof(float)));
        largest = all.first(cols);
        scale = all.subspan(cols, 1);
        indices = all.subspan(cols + 1);
    }
    [[nodiscard]] std::int32_t index(std::size_t i) const {
        std::int32_t value = 0;
        std::memcpy(&value, &indices[i], sizeof(value));
        return value;
    }
    void set_index(std::size_t i, std::int32_t value) const { std::memcpy(&indices[i], &value, sizeof(value)); }
};

/// The columns of largest magnitude, the first of equals; the scale is that of the others.
void choose_channels(const State& state) {
    const auto cols = static_cast<std::int32_t>(state.largest.size());
    std::vector<std::int32_t> order(static_cast<std::size_t>(cols));
    std::iota(order.begin(), order.end(), 0);
    const auto larger = [&state](std::int32_t a, std::int32_t b) {
        const float x = state.largest[static_cast<std::size_t>(a)];
        const float y = state.largest[static_cast<std::size_t>(b)];
        return x != y ? x > y : a < b;
    };
    const auto chosen = order.begin() + static_cast<std::ptrdiff_t>(state.indices.size());
    std::partial_sort(order.begin(), chosen + 1, order.end(), larger);
    state.scale[0] = state.largest[static_cast<std::size_t>(*chosen)] / 127.0F;
    std::sort(order.begin(), chosen);
    for (std::size_t i = 0; i < state.indices.size(); ++i) {
        state.set_index(i, order[i]);
    }
}

void find_scale(const OpNode& op, const Tile& tile, std::span<const float> in, const State& state) {
    const std::size_t cols = state.largest.size();
    if (tile.region[0] == 0) {
        std::fill(state.largest.begin(), state.largest.end(), 0.0F);
    }
    for (std::size_t at = 0; at < in.size(); at += cols) {
        for (std::size_t c = 0; c < cols; ++c) {
            state.largest[c] = std::max(state.largest[c], std::fabs(in[at + c]));
        }
    }
    if (tile.region[0] + tile.region[1] == op.inputs[0].shape.rows) {
        choose_channels(state);
    }
}

/// x minus what its code stands for.
void write_residual(std::span<const float> values, std::span<const std::byte> codes, const State& state,
                    std::span<float> residual) {
    for (std::size_t i = 0; i < residual.size(); ++i) {
        const auto column = static_cast<std::size_t>(state.index(i));
        const auto code = static_cast<float>(std::to_integer<std::int8_t>(codes[column]));
        residual[i] = values[column] - state.scale[0] * code;
    }
}

}  // namespace

void check_outliers(const OpNode& op) {
    const std::uint64_t cols = op.inputs.at(0).shape.cols;
    require(op, channels_of(op) < cols,
            "cannot set " + std::to_string(channels_of(op)) + " of " + std::to_string(cols) + " channels apart");
}

std::vector<Shape> outlier_shapes(const OpNode& op) {
    const std::uint64_t channels = channels_of(op);
    return drops(op) ? std::vector<Shape>{} : std::vector<Shape>{{op.inputs[0].shape.rows, channels}, {1, channels}};
}

PassesSpec outlier_passes(const OpNode& op) {
    const std::uint64_t cols = op.inputs[0].shape.cols;
    const std::uint64_t rows = op.inputs[0].shape.rows;
    const std::uint64_t channels = channels_of(op);
    const bool kept = !drops(op);
    PassesSpec spec;
    spec.state_bytes = (cols + 1 + channels) * sizeof(float);
    spec.stores = {{.operand = 1, .row_bytes = row_bytes(NumberFormat::int8, cols).count()}};
    if (kept) {
        spec.stores.push_back({.operand = kResidual, .row_bytes = channels * sizeof(float)});
        spec.store_once = RowOperand{.operand = kIndices, .row_bytes = channels * sizeof(float)};
    }
    spec.work = [=](std::uint32_t pass, Range part) {
        Work work;
        if (pass == kFindScale) {
            work.add(VectorOp::reduce, part.count * cols);
            // The largest of all columns, once per channel and once for the scale.
            work.add(VectorOp::reduce, part.first + part.count == rows ? (channels + 1) * cols : 0);
            return work;
        }
        work.add(VectorOp::mul, part.count * cols).add(VectorOp::divide, part.first == 0 ? 1 : 0);
        add_conversion(work, NumberFormat::fp32, NumberFormat::int8, part.count * cols);
        const std::uint64_t taken = kept ? part.count * channels : 0;
        work.add(VectorOp::gather, 2 * taken).add(VectorOp::dequantise, taken);
        work.add(VectorOp::mul, taken).add(VectorOp::add, taken);
        return work;
    };
    return spec;
}

void compute_outliers(const OpNode& op, const Tile& tile, std::span<std::byte> local) {
    const std::size_t cols = op.inputs[0].shape.cols;
    const std::size_t count = tile.region[1];
    const std::span<const float> in = tile_floats(tile, local, 0, count * cols);
    const State state(op, tile, local);
    if (tile.region[2] == kFindScale) {
        find_scale(op, tile, in, state);
        return;
    }
    const std::size_t out_bytes = row_bytes(NumberFormat::int8, cols).count();
    const std::size_t channels = state.indices.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto values = in.subspan(i * cols, cols);
        const auto out = local.subspan(tile.local[1] + i * out_bytes, out_bytes);
        encode_int8_row(values, state.scale[0], out);
        if (!drops(op)) {
            write_residual(values, out, state,
                           tile_floats(tile, local, kResidual, count * channels).subspan(i * channels, channels));
        }
    }
    if (!drops(op) && tile.region[0] == 0) {
        std::memcpy(local.data() + tile.local.at(kIndices), state.indices.data(), channels * sizeof(float));
    }
}

}  // namespace handset
