// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/norm.h"

#include <cmath>

namespace handset {

std::vector<Shape> WholeRowKernel::infer_shapes(const OpNode& op) const {
    const std::size_t inputs = 1 + parameters().size();
    require_inputs(op, inputs, inputs);
    require_fp32_rows(op);
    for (std::size_t i = 1; i < inputs; ++i) {
        require_format(op, i, parameters()[i - 1], NumberFormat::fp32);
        require_shape(op, i, parameters()[i - 1], {1, op.inputs[0].shape.cols});
    }
    check(op);
    return {op.inputs[0].shape};
}

RowwiseSpec WholeRowKernel::spec(const OpNode& op) const {
    require_output(op, NumberFormat::fp32);
    const Shape shape = op.inputs[0].shape;
    const auto out = static_cast<std::uint32_t>(op.inputs.size());
    RowwiseSpec spec;
    spec.rows = shape.rows;
    spec.loads = {{.operand = 0, .row_bytes = shape.cols * sizeof(float)}};
    for (std::uint32_t i = 1; i < out; ++i) {
        spec.resident.push_back(i);
    }
    spec.stores = {{.operand = out, .row_bytes = shape.cols * sizeof(float)}};
    spec.work_per_row = work_per_row(shape.cols);
    return spec;
}

void WholeRowKernel::compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const {
    const std::uint64_t cols = op.inputs[0].shape.cols;
    const std::uint64_t rows = tile.region[1];
    const std::span<const float> x = tile_floats(tile, local, 0, rows * cols);
    const std::span<float> out = tile_floats(tile, local, op.inputs.size(), rows * cols);
    std::vector<std::span<const float>> values;
    for (std::size_t i = 1; i < op.inputs.size(); ++i) {
        values.emplace_back(tile_floats(tile, local, i, cols));
    }
    for (std::uint64_t row = 0; row < rows; ++row) {
        apply(op, x.subspan(row * cols, cols), values, out.subspan(row * cols, cols));
    }
}

float epsilon(const OpNode& op) {
    require(op, op.attrs.has("eps"), "needs the attribute 'eps'");
    const double eps = op.attrs.number("eps");
    require(op, std::isfinite(eps) && eps >= 0.0 && eps < 1.0, "eps must be in [0, 1), is " + std::to_string(eps));
    return static_cast<float>(eps);
}

}  // namespace handset
