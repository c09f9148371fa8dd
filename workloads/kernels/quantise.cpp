// SPDX-License-Identifier: Apache-2.0
// fp32 [m, k] to int8 (one scale per row, one for the whole tensor, or one for all but outlier channels) or q8_0 (one
// scale per 32 elements).
// attrs: format = "int8" | "q8_0"; granularity = "row" (default) | "tensor" | "outlier" (int8 only; see
// quantise_outliers.h for its attributes and outputs).
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/quantise_outliers.h"
#include "workloads/kernels/quantise_passes.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/tiling.h"

namespace handset {

namespace {

// Tile::region[2] of row-wise programs; others name their pass.
constexpr std::uint32_t kWholeRows = 0;

enum class Granularity : std::uint8_t { row, tensor, outlier };

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

Granularity granularity(const OpNode& op) {
    const std::string name = op.attrs.text("granularity", "row");
    const std::array<std::string, 3> known{"row", "tensor", "outlier"};
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
        throw ConfigError(unknown_name("granularity", name, known));
    }
    return static_cast<Granularity>(found - known.begin());
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
    if (granularity(op) != Granularity::row && format != NumberFormat::int8) {
        reject(op, "one scale per tensor needs the format int8");
    }
    if (granularity(op) == Granularity::outlier) {
        check_outliers(op);
    }
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

PassesSpec tensor_passes(const OpNode& op) {
    const std::uint64_t cols = op.inputs[0].shape.cols;
    PassesSpec spec;
    spec.state_bytes = sizeof(float);
    spec.stores = {{.operand = 1, .row_bytes = row_bytes(target(op), cols).count()}};
    spec.work = [cols](std::uint32_t pass, Range rows) {
        Work work;
        if (pass == kFindScale) {
            return work.add(VectorOp::reduce, rows.count * cols);
        }
        work.add(VectorOp::mul, rows.count * cols).add(VectorOp::divide, rows.first == 0 ? 1 : 0);
        add_conversion(work, NumberFormat::fp32, NumberFormat::int8, rows.count * cols);
        return work;
    };
    return spec;
}

/// Of an op that does not quantise row by row.
PassesSpec passes(const OpNode& op) {
    return granularity(op) == Granularity::tensor ? tensor_passes(op) : outlier_passes(op);
}

class Quantise final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "quantise"; }
    [[nodiscard]] std::string_view doc() const override {
        return "fp32 to int8 (one scale per row or per tensor, or per tensor with outlier channels apart) or q8_0, by "
               "largest magnitude";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        check_operands(op);
        std::vector<Shape> shapes{op.inputs[0].shape};
        if (granularity(op) == Granularity::outlier) {
            const std::vector<Shape> more = outlier_shapes(op);
            shapes.insert(shapes.end(), more.begin(), more.end());
        }
        return shapes;
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
        if (const std::size_t wanted = infer_shapes(op).size(); op.outputs.size() != wanted) {
            reject(op, "has " + std::to_string(wanted) + " outputs, not " + std::to_string(op.outputs.size()));
        }
        if (min_local(op) > caps.local_bytes.count()) {
            fail_local_store(op, caps, min_local(op));
        }
        return granularity(op) == Granularity::row ? lower_rowwise(op, caps, rowwise(op))
                                                   : lower_passes(op, caps, passes(op));
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        if (granularity(op) == Granularity::outlier) {
            compute_outliers(op, tile, local);
            return;
        }
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
        return granularity(op) == Granularity::row ? rowwise_min_local(op, rowwise(op))
                                                   : passes_min_local(op, passes(op));
    }
};

}  // namespace

const Kernel& quantise_kernel() {
    static const Quantise kKernel;
    return kKernel;
}

}  // namespace handset
