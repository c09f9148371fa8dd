// SPDX-License-Identifier: Apache-2.0
// int8, q8_0, q4_0, fp16 or bf16 rows to fp32.
#include <string>

#include "sim/base/errors.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/tiling.h"

namespace handset {

namespace {

[[noreturn]] void reject(const OpNode& op, const std::string& reason) {
    throw ConfigError(op.kernel + " '" + op.name + "': " + reason);
}

/// Elements that can be decoded alone.
std::uint64_t unit_of(const TensorUse& input) {
    const std::uint32_t group = info(input.format).group;
    return group == 0 ? input.shape.cols : group;
}

void check_operands(const OpNode& op) {
    if (op.inputs.size() != 1 || op.inputs[0].shape.rows == 0 || op.inputs[0].shape.cols == 0) {
        reject(op, "takes one input that is not empty");
    }
    const NumberFormat format = op.inputs[0].format;
    if (format == NumberFormat::fp32 || format == NumberFormat::int32) {
        reject(op, "cannot decode " + std::string(info(format).name) + " (int8, q8_0, q4_0, fp16 or bf16)");
    }
    row_bytes(format, op.inputs[0].shape.cols);  // throws when groups do not divide the rows
}

RowwiseSpec rowwise(const OpNode& op) {
    const TensorUse& input = op.inputs[0];
    const std::uint64_t unit = unit_of(input);
    RowwiseSpec spec;
    spec.rows = input.shape.rows * input.shape.cols / unit;
    spec.row_multiple = unit == 1 ? kGroup : 1;
    spec.loads = {{.operand = 0, .row_bytes = row_bytes(input.format, unit).count()}};
    spec.stores = {{.operand = 1, .row_bytes = unit * sizeof(float)}};
    add_conversion(spec.work_per_row, input.format, NumberFormat::fp32, unit);
    spec.work_per_row.add(VectorOp::mul, unit == 1 ? 0 : unit);  // by the scale
    return spec;
}

class Dequantise final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "dequantise"; }
    [[nodiscard]] std::string_view doc() const override { return "int8, q8_0, q4_0, fp16 or bf16 rows to fp32"; }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        check_operands(op);
        return {op.inputs[0].shape};
    }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        return caps.kind != DeviceKind::storage && rowwise_min_local(op, rowwise(op)) <= caps.local_bytes.count();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check_operands(op);
        if (op.outputs.at(0).format != NumberFormat::fp32) {
            reject(op, "writes fp32, not " + std::string(info(op.outputs[0].format).name));
        }
        return lower_rowwise(op, caps, rowwise(op));
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const std::size_t unit = unit_of(op.inputs[0]);
        const NumberFormat format = op.inputs[0].format;
        const std::size_t in_bytes = row_bytes(format, unit).count();
        const std::size_t count = tile.region[1];
        const auto out = as_floats(local.subspan(tile.local[1], count * unit * sizeof(float)));
        if (info(format).group != 0) {
            // Elements and groups follow one another without row ends: one long row.
            return decode_row(format, local.subspan(tile.local[0], count * in_bytes), out);
        }
        for (std::size_t i = 0; i < count; ++i) {
            decode_row(format, local.subspan(tile.local[0] + i * in_bytes, in_bytes), out.subspan(i * unit, unit));
        }
    }
};

}  // namespace

const Kernel& dequantise_kernel() {
    static const Dequantise kKernel;
    return kKernel;
}

}  // namespace handset
