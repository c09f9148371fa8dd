// SPDX-License-Identifier: Apache-2.0
// fp32 [m, k] to int8 (one scale per row, or one for the whole tensor) or q8_0 (one scale per 32 elements).
// attrs: format = "int8" | "q8_0"; granularity = "row" (default) | "tensor" (int8 only).
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/tiling.h"

namespace handset {

namespace {

// Tile::region[2] of the two passes of a per-tensor scale; row-wise programs leave it 0.
constexpr std::uint32_t kWholeRows = 0;
constexpr std::uint32_t kFindScale = 1;
constexpr std::uint32_t kApplyScale = 2;
// Tiles of the two passes: large enough to stream, small enough to overlap.
constexpr std::uint64_t kPassTileBytes = std::uint64_t{128} * 1024;

[[noreturn]] void reject(const OpNode& op, const std::string& reason) {
    throw ConfigError(op.kernel + " '" + op.name + "': " + reason);
}

NumberFormat target(const OpNode& op) {
    if (!op.attrs.has("format")) {
        reject(op, "needs the attribute 'format' (int8 or q8_0)");
    }
    const NumberFormat format = number_format(op.attrs.text("format"));
    if (format != NumberFormat::int8 && format != NumberFormat::q8_0) {
        reject(op, "cannot quantise to " + std::string(info(format).name) + " (int8 or q8_0)");
    }
    return format;
}

bool per_tensor(const OpNode& op) {
    const std::string granularity = op.attrs.text("granularity", "row");
    const std::array<std::string, 2> known{"row", "tensor"};
    if (granularity != known[0] && granularity != known[1]) {
        throw ConfigError(unknown_name("granularity", granularity, known));
    }
    return granularity == known[1];
}

void check_operands(const OpNode& op) {
    if (op.inputs.size() != 1 || op.inputs[0].format != NumberFormat::fp32) {
        reject(op, "takes one fp32 input");
    }
    const Shape shape = op.inputs[0].shape;
    if (shape.rows == 0 || shape.cols == 0) {
        reject(op, "has an empty input");
    }
    const NumberFormat format = target(op);
    row_bytes(format, shape.cols);  // throws when groups do not divide the rows
    if (per_tensor(op) && format != NumberFormat::int8) {
        reject(op, "one scale per tensor needs the format int8");
    }
}

std::uint64_t row_in(const OpNode& op) {
    return op.inputs[0].shape.cols * sizeof(float);
}

std::uint64_t row_out(const OpNode& op) {
    return row_bytes(target(op), op.inputs[0].shape.cols).count();
}

/// The unit that has its own scale: a row, or a group of 32.
RowwiseSpec rowwise(const OpNode& op) {
    const Shape shape = op.inputs[0].shape;
    const bool groups = target(op) == NumberFormat::q8_0;
    const std::uint64_t unit = groups ? kGroup : shape.cols;
    RowwiseSpec spec;
    spec.rows = shape.rows * (shape.cols / unit);
    spec.row_multiple = groups ? shape.cols / unit : 1;
    spec.loads = {{.operand = 0, .row_bytes = unit * sizeof(float)}};
    spec.stores = {{.operand = 1, .row_bytes = row_bytes(target(op), unit).count()}};
    spec.work_per_row.add(VectorOp::reduce, unit).add(VectorOp::divide, 1).add(VectorOp::mul, unit);
    add_conversion(spec.work_per_row, NumberFormat::fp32, target(op), unit);
    return spec;
}

std::uint64_t pass_local(const OpNode& op, std::uint64_t rows, std::uint32_t copies) {
    return kLocalAlign + copies * (align_local(rows * row_in(op)) + align_local(rows * row_out(op)));
}

/// Both passes on the fastest lane: its computes are in order, so the scale of the first pass is complete when the
/// second starts, and loads of the second may already run. The data is loaded twice.
TileProgram lower_per_tensor(const OpNode& op, const DeviceCaps& caps) {
    const std::uint64_t local = caps.local_bytes.count();
    std::uint32_t copies = std::max(caps.buffers, 1U);
    while (copies > 1 && pass_local(op, 1, copies) > local) {
        --copies;
    }
    const std::uint64_t all = op.inputs[0].shape.rows;
    std::uint64_t block = std::min(all, std::max<std::uint64_t>(kPassTileBytes / row_in(op), 1));
    while (block > 1 && pass_local(op, block, copies) > local) {
        block = div_ceil(block, std::uint64_t{2});
    }
    const auto fastest = std::max_element(caps.lane_speed.begin(), caps.lane_speed.end());
    const auto lane = static_cast<std::uint32_t>(fastest - caps.lane_speed.begin());
    ProgramBuilder builder(op, caps);
    const Ring scale = builder.reserve(sizeof(float));
    const Ring in = builder.reserve(block * row_in(op), copies);
    const Ring out = builder.reserve(block * row_out(op), copies);
    for (const std::uint32_t pass : {kFindScale, kApplyScale}) {
        for (std::uint64_t first = 0; first < all; first += block) {
            const Range rows{first, std::min(block, all - first)};
            const std::uint64_t elements = rows.count * op.inputs[0].shape.cols;
            Tile& tile = builder.begin(lane);
            tile.region = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(rows.count), pass};
            tile.local = {builder.take(in), 0, scale.base};
            builder.load_rows(0, rows, row_in(op), tile.local[0]);
            if (pass == kFindScale) {
                tile.work.add(VectorOp::reduce, elements);
                continue;
            }
            tile.local[1] = builder.take(out);
            builder.store_rows(1, rows, row_out(op), tile.local[1]);
            tile.work.add(VectorOp::mul, elements).add(VectorOp::divide, first == 0 ? 1 : 0);
            add_conversion(tile.work, NumberFormat::fp32, target(op), elements);
        }
    }
    return builder.finish();
}

class Quantise final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "quantise"; }
    [[nodiscard]] std::string_view doc() const override {
        return "fp32 to int8 (one scale per row or per tensor) or q8_0, by largest magnitude";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        check_operands(op);
        return {op.inputs[0].shape};
    }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        return caps.kind != DeviceKind::storage && min_local(op) <= caps.local_bytes.count();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check_operands(op);
        if (op.outputs.at(0).format != target(op)) {
            reject(op, "writes " + std::string(info(target(op)).name) + ", not " +
                           std::string(info(op.outputs[0].format).name));
        }
        if (min_local(op) > caps.local_bytes.count()) {
            fail_local_store(op, caps, min_local(op));
        }
        return per_tensor(op) ? lower_per_tensor(op, caps) : lower_rowwise(op, caps, rowwise(op));
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const NumberFormat format = op.outputs[0].format;
        const std::size_t unit = format == NumberFormat::q8_0 ? kGroup : op.inputs[0].shape.cols;
        const std::size_t out_bytes = row_bytes(format, unit).count();
        const std::size_t count = tile.region[1];
        const auto in = as_floats(local.subspan(tile.local[0], count * unit * sizeof(float)));
        const std::span<float> largest = as_floats(local.subspan(tile.local[2], sizeof(float)));
        if (tile.region[2] == kFindScale) {
            float found = tile.region[0] == 0 ? 0.0F : largest[0];
            for (const float value : in) {
                found = std::max(found, std::fabs(value));
            }
            largest[0] = found;
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const auto out = local.subspan(tile.local[1] + i * out_bytes, out_bytes);
            const auto values = in.subspan(i * unit, unit);
            if (tile.region[2] == kWholeRows) {
                encode_row(format, values, out);
            } else {
                encode_int8_row(values, largest[0] / 127.0F, out);
            }
        }
    }

  private:
    static std::uint64_t min_local(const OpNode& op) {
        return per_tensor(op) ? pass_local(op, 1, 1) : rowwise_min_local(op, rowwise(op));
    }
};

}  // namespace

const Kernel& quantise_kernel() {
    static const Quantise kKernel;
    return kKernel;
}

}  // namespace handset
