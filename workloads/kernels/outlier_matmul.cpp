// SPDX-License-Identifier: Apache-2.0
// out[m, n] = R[m, c] x W[gather, n]: the compact product of the outliers that a quantisation set apart, in float.
// Inputs: weights with a row per input channel, of which rows gather[0 .. c) are read; residual; the channels' indices,
// which are loaded before the rows they name. attrs: gather_from, the input that holds the indices, is 2.
// Source: shadow outlier execution of llm.npu (arXiv 2407.05858, section 3.3).
#include <algorithm>
#include <optional>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

constexpr std::size_t kWeights = 0;
constexpr std::size_t kResidual = 1;
constexpr std::size_t kIndices = 2;
constexpr std::size_t kOut = 3;
constexpr std::size_t kDecoded = 4;  // Tile::local of the rows as fp32

// Tile::region = {first row, rows, first column, columns, stage}.
enum class Stage : std::uint32_t { indices, weights, product };

// Columns of a cut come in multiples of this, so that loads keep the order of lines of memory.
constexpr std::uint64_t kColumnMultiple = 64;
// As for row-wise operators: tiles smaller than this are not worth their start.
constexpr std::uint64_t kGoodTileBytes = std::uint64_t{64} * 1024;
// Below this many bytes of weights a further lane costs more than it saves.
constexpr std::uint64_t kMinLaneBytes = 4096;

bool plain_rows(NumberFormat format) {
    return format == NumberFormat::fp32 || format == NumberFormat::fp16 || format == NumberFormat::bf16 ||
           format == NumberFormat::int8;
}

void check_operands(const OpNode& op) {
    require_inputs(op, 3, 3);
    const TensorUse& weights = op.inputs[kWeights];
    require(op, plain_rows(weights.format),
            "input 0 (weights) must be int8, fp16, bf16 or fp32, is " + std::string(info(weights.format).name));
    require_format(op, kResidual, "residual", NumberFormat::fp32);
    require_format(op, kIndices, "indices", NumberFormat::int32);
    const Shape residual = op.inputs[kResidual].shape;
    require(op, residual.rows > 0 && residual.cols > 0 && weights.shape.cols > 0, "has an empty operand");
    require(op, residual.cols <= weights.shape.rows,
            "has " + std::to_string(residual.cols) + " channels of " + std::to_string(weights.shape.rows));
    require_shape(op, kIndices, "indices", {1, residual.cols});
    require(op, op.attrs.integer("gather_from", -1) == kIndices, "needs the attribute gather_from = 2");
}

struct Sizes {
    std::uint64_t m = 0;
    std::uint64_t n = 0;
    std::uint64_t channels = 0;
    NumberFormat format = NumberFormat::int8;

    explicit Sizes(const OpNode& op)
        : m(op.inputs[kResidual].shape.rows),
          n(op.inputs[kWeights].shape.cols),
          channels(op.inputs[kResidual].shape.cols),
          format(op.inputs[kWeights].format) {}

    [[nodiscard]] std::uint64_t slice(std::uint64_t columns) const { return row_bytes(format, columns).count(); }
    [[nodiscard]] std::uint64_t row() const { return slice(n); }
    [[nodiscard]] std::uint64_t element() const { return info(format).bits / 8; }
    [[nodiscard]] std::uint64_t metadata() const { return slice(1) - element(); }
    /// The part of a row that a lane holds as stored and, unless they are that already, as fp32.
    [[nodiscard]] std::uint64_t weights_local(std::uint64_t columns) const {
        const std::uint64_t stored = align_local(channels * slice(columns));
        return format == NumberFormat::fp32 ? stored : stored + align_local(channels * columns * sizeof(float));
    }
    [[nodiscard]] std::uint64_t local(std::uint64_t rows, std::uint64_t columns, std::uint32_t copies) const {
        return align_local(channels * sizeof(float)) + weights_local(columns) +
               copies * (align_local(rows * channels * sizeof(float)) + align_local(rows * columns * sizeof(float)));
    }
    [[nodiscard]] std::uint64_t least() const { return local(1, std::min(n, kColumnMultiple), 1); }
};

struct Cut {
    std::uint64_t rows = 1;
    std::uint64_t columns = 1;
    std::uint32_t copies = 1;
};

/// All columns of the lane if their weights leave half of the local store to the rows, then as many rows as fit.
Cut choose_cut(const Sizes& sizes, const DeviceCaps& caps, std::uint64_t rows, std::uint64_t columns) {
    const std::uint64_t local = caps.local_bytes.count();
    Cut cut{.columns = columns, .copies = std::max(caps.buffers, 1U)};
    const auto too_wide = [&] {
        return sizes.weights_local(cut.columns) > local / 2 || sizes.local(1, cut.columns, cut.copies) > local;
    };
    while (cut.columns > kColumnMultiple && too_wide()) {
        cut.columns = div_ceil(div_ceil(cut.columns, std::uint64_t{2}), kColumnMultiple) * kColumnMultiple;
    }
    while (cut.copies > 1 && sizes.local(1, cut.columns, cut.copies) > local) {
        --cut.copies;
    }
    const std::uint64_t row = (cut.columns + sizes.channels) * sizeof(float);
    cut.rows = std::min(rows, div_ceil(kGoodTileBytes, row));
    while (cut.rows > 1 && sizes.local(cut.rows, cut.columns, cut.copies) > local) {
        cut.rows = div_ceil(cut.rows, std::uint64_t{2});
    }
    return cut;
}

std::optional<MacFormat> datapath(const DeviceCaps& caps) {
    for (const MacFormat format : {MacFormat::fp32, MacFormat::fp16}) {
        if (caps.has_macs(format)) {
            return format;
        }
    }
    return std::nullopt;
}

class Writer {
  public:
    Writer(const OpNode& op, const DeviceCaps& caps) : sizes_(op), mac_(*datapath(caps)), builder_(op, caps) {
        const std::size_t lanes = caps.lane_speed.size();
        by_rows_ = sizes_.m >= lanes;
        if (by_rows_) {
            shares_ = split_by_speed(sizes_.m, caps.lane_speed, 1);
        } else {
            const std::uint64_t unit = div_ceil(kMinLaneBytes, sizes_.channels * sizes_.element());
            shares_ = split_by_speed(sizes_.n, caps.lane_speed, div_ceil(unit, kColumnMultiple) * kColumnMultiple);
        }
        std::uint64_t most = 0;
        for (const Range& share : shares_) {
            most = std::max(most, share.count);
        }
        cut_ = choose_cut(sizes_, caps, by_rows_ ? most : sizes_.m, by_rows_ ? sizes_.n : most);
        indices_ = builder_.reserve(sizes_.channels * sizeof(float)).base;
        weights_ = builder_.reserve(sizes_.channels * sizes_.slice(cut_.columns), 1, RingUse::operands);
        decoded_ = sizes_.format == NumberFormat::fp32
                       ? weights_.base
                       : builder_.reserve(sizes_.channels * cut_.columns * sizeof(float)).base;
        residual_ = builder_.reserve(cut_.rows * sizes_.channels * sizeof(float), cut_.copies);
        out_ = builder_.reserve(cut_.rows * cut_.columns * sizeof(float), cut_.copies);
    }

    TileProgram run() {
        for (std::uint32_t lane = 0; lane < shares_.size(); ++lane) {
            if (shares_[lane].count > 0) {
                write_lane(lane, by_rows_ ? shares_[lane] : Range{0, sizes_.m},
                           by_rows_ ? Range{0, sizes_.n} : shares_[lane]);
            }
        }
        return builder_.finish();
    }

  private:
    void write_lane(std::uint32_t lane, Range rows, Range columns) {
        Tile& tile = begin(lane, {}, {}, Stage::indices);
        tile.work.add(VectorOp::move, sizes_.channels);
        builder_.load_rows(kIndices, {0, 1}, sizes_.channels * sizeof(float), indices_);
        builder_.take(weights_);  // the rows cannot be asked for before their indices are known
        for (std::uint64_t c = 0; c < columns.count; c += cut_.columns) {
            const Range part{columns.first + c, std::min(cut_.columns, columns.count - c)};
            load_weights(lane, part);
            for (std::uint64_t r = 0; r < rows.count; r += cut_.rows) {
                multiply(lane, {rows.first + r, std::min(cut_.rows, rows.count - r)}, part);
            }
        }
    }

    Tile& begin(std::uint32_t lane, Range rows, Range columns, Stage stage) {
        Tile& tile = builder_.begin(lane);
        tile.region = {static_cast<std::uint32_t>(rows.first),    static_cast<std::uint32_t>(rows.count),
                       static_cast<std::uint32_t>(columns.first), static_cast<std::uint32_t>(columns.count),
                       static_cast<std::uint32_t>(stage),         0};
        tile.local[kIndices] = indices_;
        tile.local[kDecoded] = decoded_;
        return tile;
    }

    void load_weights(std::uint32_t lane, Range columns) {
        Tile& tile = begin(lane, {}, columns, Stage::weights);
        tile.local[kWeights] = builder_.take(weights_);
        const std::uint64_t codes = columns.count * sizes_.element();
        const bool whole = columns.count == sizes_.n;
        const std::uint64_t slice = sizes_.slice(columns.count);
        for (std::uint64_t channel = 0; channel < sizes_.channels; ++channel) {
            const std::uint64_t local = tile.local[kWeights] + channel * slice;
            load_part(channel, whole ? slice : codes, columns.first * sizes_.element(), local);
            if (!whole && sizes_.metadata() > 0) {
                load_part(channel, sizes_.metadata(), sizes_.n * sizes_.element(), local + codes);
            }
        }
        const std::uint64_t elements = sizes_.channels * columns.count;
        tile.work.add(VectorOp::gather, sizes_.channels);
        add_conversion(tile.work, sizes_.format, NumberFormat::fp32, elements);
        tile.work.add(VectorOp::mul, sizes_.metadata() > 0 ? elements : 0);
    }

    void load_part(std::uint64_t channel, std::uint64_t bytes, std::uint64_t offset, std::uint64_t local) {
        builder_.load({.operand = kWeights,
                       .rows = 1,
                       .row_bytes = bytes,
                       .row_stride = sizes_.row(),
                       .offset = offset,
                       .local = local,
                       .gather = static_cast<std::uint32_t>(channel)});
    }

    void multiply(std::uint32_t lane, Range rows, Range columns) {
        Tile& tile = begin(lane, rows, columns, Stage::product);
        if (sizes_.format == NumberFormat::fp32) {
            builder_.keep(weights_);  // read as they are stored
        }
        tile.local[kResidual] = builder_.take(residual_);
        tile.local[kOut] = builder_.take(out_);
        builder_.load_rows(kResidual, rows, sizes_.channels * sizeof(float), tile.local[kResidual]);
        const bool whole = columns.count == sizes_.n;
        const std::uint64_t parts = whole ? 1 : rows.count;
        const std::uint64_t per_part = (whole ? rows.count : 1) * sizeof(float);
        builder_.store({.operand = kOut,
                        .rows = static_cast<std::uint32_t>(parts),
                        .row_bytes = columns.count * per_part,
                        .row_stride = sizes_.n * per_part,
                        .offset = (rows.first * sizes_.n + columns.first) * sizeof(float),
                        .local = tile.local[kOut]});
        tile.work.matmuls[0] = {.m = static_cast<std::uint32_t>(rows.count),
                                .n = static_cast<std::uint32_t>(columns.count),
                                .k = static_cast<std::uint32_t>(sizes_.channels),
                                .format = mac_};
        if (mac_ == MacFormat::fp16) {
            add_conversion(tile.work, NumberFormat::fp32, NumberFormat::fp16, rows.count * sizes_.channels);
        }
    }

    Sizes sizes_;
    MacFormat mac_;
    ProgramBuilder builder_;
    bool by_rows_ = true;
    std::vector<Range> shares_;
    Cut cut_;
    std::uint64_t indices_ = 0;
    Ring weights_;
    std::uint64_t decoded_ = 0;
    Ring residual_;
    Ring out_;
};

class OutlierMatmul final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "outlier_matmul"; }
    [[nodiscard]] std::string_view doc() const override {
        return "float product of the outlier channels' residual with the weight rows of these channels; inputs "
               "weights, residual, indices";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        check_operands(op);
        return {{op.inputs[kResidual].shape.rows, op.inputs[kWeights].shape.cols}};
    }

    /// NPUs that compute in float need their operands in fixed places: gathered rows are for CPU and GPU.
    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        const bool kind = caps.kind == DeviceKind::cpu || caps.kind == DeviceKind::gpu;
        return kind && datapath(caps).has_value() && Sizes(op).least() <= caps.local_bytes.count();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check_operands(op);
        require(op, op.outputs.size() == 1 && op.outputs[0].format == NumberFormat::fp32, "writes one fp32 output");
        require(op, caps.kind == DeviceKind::cpu || caps.kind == DeviceKind::gpu, "runs on CPU or GPU only");
        require(op, datapath(caps).has_value(), caps.name + " has no float datapath");
        if (Sizes(op).least() > caps.local_bytes.count()) {
            fail_local_store(op, caps, Sizes(op).least());
        }
        return Writer(op, caps).run();
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const std::uint64_t channels = op.inputs[kResidual].shape.cols;
        const std::size_t columns = tile.region[3];
        const std::span<float> weights = tile_floats(tile, local, kDecoded, channels * columns);
        const NumberFormat format = op.inputs[kWeights].format;
        if (tile.region[4] == static_cast<std::uint32_t>(Stage::weights) && format != NumberFormat::fp32) {
            const std::size_t slice = row_bytes(format, columns).count();
            for (std::size_t i = 0; i < channels; ++i) {
                decode_row(format, local.subspan(tile.local[kWeights] + i * slice, slice),
                           weights.subspan(i * columns, columns));
            }
        }
        if (tile.region[4] != static_cast<std::uint32_t>(Stage::product)) {
            return;
        }
        const std::size_t rows = tile.region[1];
        const std::span<const float> residual = tile_floats(tile, local, kResidual, rows * channels);
        const std::span<float> out = tile_floats(tile, local, kOut, rows * columns);
        std::fill(out.begin(), out.end(), 0.0F);
        for (std::size_t at = 0; at < rows * channels; ++at) {
            const std::span<const float> w = weights.subspan(at % channels * columns, columns);
            const std::span<float> sums = out.subspan(at / channels * columns, columns);
            for (std::size_t j = 0; j < columns; ++j) {
                sums[j] += residual[at] * w[j];
            }
        }
    }
};

}  // namespace

const Kernel& outlier_matmul_kernel() {
    static const OutlierMatmul kKernel;
    return kKernel;
}

}  // namespace handset
