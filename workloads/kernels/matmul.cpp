// SPDX-License-Identifier: Apache-2.0
// out[m, n] = A[m, k] x W[n, k]^T (+ bias[n]). Inputs: activations, weights (a row per output channel), optional bias.
#include <algorithm>
#include <optional>
#include <string>

#include "sim/base/errors.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/matmul_numerics.h"
#include "workloads/kernels/matmul_plan.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/simd.h"

namespace handset {

namespace {

[[noreturn]] void reject(const OpNode& op, const std::string& reason) {
    throw ConfigError(op.kernel + " '" + op.name + "': " + reason);
}

std::string text(Shape shape) {
    return std::to_string(shape.rows) + "x" + std::to_string(shape.cols);
}

bool plain(NumberFormat format) {
    return format == NumberFormat::fp32 || format == NumberFormat::fp16 || format == NumberFormat::bf16;
}

bool has_bias(const OpNode& op) {
    return op.inputs.size() == 3;
}

void check_operands(const OpNode& op) {
    if (op.inputs.size() != 2 && op.inputs.size() != 3) {
        reject(op,
               "takes activations, weights and an optional bias, not " + std::to_string(op.inputs.size()) + " inputs");
    }
    const TensorUse& a = op.inputs[0];
    const TensorUse& w = op.inputs[1];
    if (a.shape.cols != w.shape.cols) {
        reject(op, "activations " + text(a.shape) + " and weights " + text(w.shape) +
                       " do not share the contracted dimension");
    }
    if (a.shape.rows == 0 || w.shape.rows == 0 || a.shape.cols == 0) {
        reject(op, "has an empty operand: " + text(a.shape) + " x " + text(w.shape));
    }
    row_bytes(a.format, a.shape.cols);  // throws when groups do not divide the rows
    row_bytes(w.format, w.shape.cols);
    const MatmulPath path = matmul_path(a.format, w.format);
    if (path == MatmulPath::none) {
        reject(op, "cannot multiply " + std::string(info(a.format).name) + " activations with " +
                       std::string(info(w.format).name) + " weights");
    }
    if (path == MatmulPath::rows && a.shape.cols > kMaxDotI8) {
        reject(op, "int8 rows of " + std::to_string(a.shape.cols) + " elements could overflow the int32 sum (at most " +
                       std::to_string(kMaxDotI8) + ")");
    }
    if (has_bias(op) && (op.inputs[2].shape != Shape{1, w.shape.rows} || op.inputs[2].format != NumberFormat::fp32)) {
        reject(op, "bias must be fp32 1x" + std::to_string(w.shape.rows) + ", not " +
                       std::string(info(op.inputs[2].format).name) + " " + text(op.inputs[2].shape));
    }
}

/// The natural datapath of the formats, else the one that can stand in for it. The numbers are the same on both: an
/// fp16 datapath that stands in for fp32 costs its own time, but operands are not rounded to fp16.
std::optional<MacFormat> datapath(const OpNode& op, const DeviceCaps& caps) {
    const auto first_of = [&caps](MacFormat natural, MacFormat other) -> std::optional<MacFormat> {
        if (caps.has_macs(natural)) {
            return natural;
        }
        return caps.has_macs(other) ? std::optional(other) : std::nullopt;
    };
    const NumberFormat a = op.inputs[0].format;
    const NumberFormat w = op.inputs[1].format;
    switch (matmul_path(a, w)) {
        case MatmulPath::floats:
            // Half-precision activations fit an fp16 datapath; fp32 ones use it only where there is no other.
            return a == NumberFormat::fp16 ? first_of(MacFormat::fp16, MacFormat::fp32)
                                           : first_of(MacFormat::fp32, MacFormat::fp16);
        case MatmulPath::groups:
            return w == NumberFormat::q4_0 ? first_of(MacFormat::int4, MacFormat::int8)
                                           : first_of(MacFormat::int8, MacFormat::int8);
        case MatmulPath::rows:
            return first_of(MacFormat::int8, MacFormat::int8);
        case MatmulPath::none:
            break;
    }
    return std::nullopt;
}

bool native(NumberFormat format, MacFormat mac) {
    switch (mac) {
        case MacFormat::fp32:
            return format == NumberFormat::fp32;
        case MacFormat::fp16:
            return format == NumberFormat::fp16;
        case MacFormat::int8:
            return format == NumberFormat::int8 || format == NumberFormat::q8_0;
        case MacFormat::int4:
            return format == NumberFormat::q8_0 || format == NumberFormat::q4_0;  // 4 bit weights, 8 bit activations
        case MacFormat::w8a16:
            return format == NumberFormat::fp16 || format == NumberFormat::int8 || format == NumberFormat::q8_0;
        case MacFormat::w4a16:
            return format == NumberFormat::fp16 || format == NumberFormat::q4_0;
    }
    return false;
}

/// What one tile costs. Operands lie packed in the local store, so each use converts them again.
Work tile_work(const OpNode& op, MacFormat mac, bool folds_groups, std::uint64_t m, std::uint64_t n) {
    const std::uint64_t k = op.inputs[0].shape.cols;
    Work work;
    work.matmuls[0] = {static_cast<std::uint32_t>(m), static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(k), 1,
                       mac};
    work.add(VectorOp::dequantise, native(op.inputs[0].format, mac) ? 0 : m * k);
    work.add(VectorOp::dequantise, native(op.inputs[1].format, mac) ? 0 : n * k);
    const MatmulPath path = matmul_path(op.inputs[0].format, op.inputs[1].format);
    if (path == MatmulPath::groups && folds_groups) {
        work.matmuls[0].group = kGroup;
    } else if (path == MatmulPath::groups) {
        const std::uint64_t sums = m * n * (k / kGroup);
        work.add(VectorOp::dequantise, sums).add(VectorOp::mul, 2 * sums).add(VectorOp::add, sums);
    } else if (path == MatmulPath::rows) {
        work.add(VectorOp::dequantise, m * n).add(VectorOp::mul, 2 * m * n);
    }
    work.add(VectorOp::add, has_bias(op) ? m * n : 0);
    work.add(VectorOp::quantise, op.outputs[0].format == NumberFormat::fp32 ? 0 : m * n);
    return work;
}

MatmulSizes sizes_of(const OpNode& op) {
    const TensorUse& a = op.inputs[0];
    const TensorUse& w = op.inputs[1];
    return {.m = a.shape.rows,
            .n = w.shape.rows,
            .a_row = row_bytes(a.format, a.shape.cols).count(),
            .w_row = row_bytes(w.format, w.shape.cols).count(),
            .bias_element = has_bias(op) ? sizeof(float) : 0,
            .out_element = row_bytes(op.outputs.at(0).format, 1).count()};
}

/// Emits the tiles of a plan, lane by lane.
class Lowering {
  public:
    Lowering(const OpNode& op, const DeviceCaps& caps, MacFormat mac)
        : op_(op),
          sizes_(sizes_of(op)),
          plan_(plan_matmul(sizes_, caps)),
          mac_(mac),
          folds_groups_(caps.folds_groups),
          builder_(op, caps),
          a_(builder_.reserve(plan_.m_tile * sizes_.a_row, copies(Resident::activations))),
          w_(builder_.reserve(plan_.n_tile * sizes_.w_row, copies(Resident::weights))),
          bias_(builder_.reserve(plan_.n_tile * sizes_.bias_element, copies(Resident::weights))),
          out_(builder_.reserve(plan_.m_tile * plan_.n_tile * sizes_.out_element, plan_.copies)) {}

    TileProgram run() {
        for (std::uint32_t lane = 0; lane < plan_.columns.size(); ++lane) {
            if (plan_.resident == Resident::activations) {
                resident_activations(lane);
            } else {
                resident_weights(lane);
            }
        }
        return builder_.finish();
    }

  private:
    [[nodiscard]] std::uint32_t copies(Resident operand) const { return plan_.resident == operand ? 1 : plan_.copies; }

    void resident_activations(std::uint32_t lane) {
        const Range lane_columns = plan_.columns[lane];
        for (std::uint64_t m = 0; m < sizes_.m && lane_columns.count > 0; m += plan_.m_tile) {
            const Range rows{m, std::min(plan_.m_tile, sizes_.m - m)};
            bool load = begin_resident(lane, a_, [&](Tile& tile) { load_activations(tile, rows); });
            for (std::uint64_t n = 0; n < lane_columns.count; n += plan_.n_tile) {
                const Range columns{lane_columns.first + n, std::min(plan_.n_tile, lane_columns.count - n)};
                Tile& tile = builder_.begin(lane);
                if (load) {
                    load_activations(tile, rows);
                } else {
                    tile.local[0] = builder_.keep(a_);
                }
                load = false;
                load_weights(tile, columns);
                multiply(tile, rows, columns);
            }
        }
    }

    void resident_weights(std::uint32_t lane) {
        const Range lane_columns = plan_.columns[lane];
        for (std::uint64_t n = 0; n < lane_columns.count; n += plan_.n_tile) {
            const Range columns{lane_columns.first + n, std::min(plan_.n_tile, lane_columns.count - n)};
            bool load = begin_resident(lane, w_, [&](Tile& tile) { load_weights(tile, columns); });
            for (std::uint64_t m = 0; m < sizes_.m; m += plan_.m_tile) {
                const Range rows{m, std::min(plan_.m_tile, sizes_.m - m)};
                Tile& tile = builder_.begin(lane);
                if (load) {
                    load_weights(tile, columns);
                } else {
                    keep_weights(tile);
                }
                load = false;
                load_activations(tile, rows);
                multiply(tile, rows, columns);
            }
        }
    }

    /// A resident operand that replaces another is loaded by a tile of its own, so that the streamed ones need not wait
    /// for it. Returns true if the first streamed tile may load it instead.
    template <class Load>
    bool begin_resident(std::uint32_t lane, const Ring& ring, Load load) {
        if (!builder_.take_waits(ring, lane)) {
            return true;
        }
        load(builder_.begin(lane));
        return false;
    }

    void load_activations(Tile& tile, Range rows) {
        tile.local[0] = builder_.take(a_);
        builder_.load_rows(0, rows, sizes_.a_row, tile.local[0]);
    }

    void load_weights(Tile& tile, Range columns) {
        tile.local[1] = builder_.take(w_);
        builder_.load_rows(1, columns, sizes_.w_row, tile.local[1]);
        if (has_bias(op_)) {
            tile.local[2] = builder_.take(bias_);
            builder_.load_rows(2, columns, sizes_.bias_element, tile.local[2]);
        }
    }

    void keep_weights(Tile& tile) {
        tile.local[1] = builder_.keep(w_);
        if (has_bias(op_)) {
            tile.local[2] = builder_.keep(bias_);
        }
    }

    void multiply(Tile& tile, Range rows, Range columns) {
        const auto out = static_cast<std::uint32_t>(op_.inputs.size());
        tile.local.at(out) = builder_.take(out_);
        tile.region = {static_cast<std::uint32_t>(rows.first), static_cast<std::uint32_t>(rows.count),
                       static_cast<std::uint32_t>(columns.first), static_cast<std::uint32_t>(columns.count)};
        tile.work = tile_work(op_, mac_, folds_groups_, rows.count, columns.count);
        const std::uint64_t element = sizes_.out_element;
        const bool whole_rows = columns.count == sizes_.n;
        builder_.store({.operand = out,
                        .rows = static_cast<std::uint32_t>(whole_rows ? 1 : rows.count),
                        .row_bytes = columns.count * element * (whole_rows ? rows.count : 1),
                        .row_stride = sizes_.n * element * (whole_rows ? rows.count : 1),
                        .offset = (rows.first * sizes_.n + columns.first) * element,
                        .local = tile.local.at(out)});
    }

    const OpNode& op_;
    MatmulSizes sizes_;
    MatmulPlan plan_;
    MacFormat mac_;
    bool folds_groups_;
    ProgramBuilder builder_;
    Ring a_;
    Ring w_;
    Ring bias_;
    Ring out_;
};

class Matmul final : public Kernel {
  public:
    constexpr Matmul(std::string_view name, std::string_view doc) : name_(name), doc_(doc) {}

    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] std::string_view doc() const override { return doc_; }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        check_operands(op);
        return {{op.inputs[0].shape.rows, op.inputs[1].shape.rows}};
    }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        return datapath(op, caps).has_value() && matmul_min_local(sizes_of(op)) <= caps.local_bytes.count();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check_operands(op);
        if (!plain(op.outputs.at(0).format)) {
            reject(op, "cannot write " + std::string(info(op.outputs[0].format).name) + " (fp32, fp16 or bf16)");
        }
        const std::optional<MacFormat> mac = datapath(op, caps);
        if (!mac) {
            reject(op, caps.name + " has no datapath for " + std::string(info(op.inputs[0].format).name) + " x " +
                           std::string(info(op.inputs[1].format).name));
        }
        const std::uint64_t needed = matmul_min_local(sizes_of(op));
        if (needed > caps.local_bytes.count()) {
            fail_local_store(op, caps, needed);
        }
        return Lowering(op, caps, *mac).run();
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const std::size_t m = tile.region[1];
        const std::size_t n = tile.region[3];
        if (m == 0) {
            return;  // only brings a resident operand
        }
        const std::size_t out = op.inputs.size();
        MatmulTile part{
            m,  n, op.inputs[0].shape.cols, op.inputs[0].format, op.inputs[1].format, op.outputs[0].format, {}, {},
            {}, {}};
        part.a = local.subspan(tile.local[0], m * row_bytes(part.a_format, part.k).count());
        part.w = local.subspan(tile.local[1], n * row_bytes(part.w_format, part.k).count());
        part.out = local.subspan(tile.local.at(out), m * row_bytes(part.out_format, n).count());
        if (has_bias(op)) {
            part.bias = as_floats(local.subspan(tile.local[2], n * sizeof(float)));
        }
        compute_matmul(part);
    }

  private:
    std::string_view name_;
    std::string_view doc_;
};

}  // namespace

const Kernel& matmul_kernel() {
    static const Matmul kKernel("matmul", "matrix product of activations and weight rows, with optional bias");
    return kKernel;
}

const Kernel& lm_head_kernel() {
    static const Matmul kKernel("lm_head", "matrix product of the last hidden rows with the vocabulary: logits");
    return kKernel;
}

}  // namespace handset
