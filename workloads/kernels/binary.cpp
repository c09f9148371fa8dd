// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/binary.h"

namespace handset {

namespace {

/// One row of b for many rows of a; with one row of a both are plain elements.
bool broadcasts(const OpNode& op) {
    return op.inputs[1].shape.rows == 1 && op.inputs[0].shape.rows > 1;
}

}  // namespace

std::vector<Shape> BinaryKernel::infer_shapes(const OpNode& op) const {
    require_inputs(op, 2, 2);
    require_fp32_rows(op);
    require_format(op, 1, "y", NumberFormat::fp32);
    const Shape a = op.inputs[0].shape;
    require_shape(op, 1, "y", broadcasts(op) ? Shape{1, a.cols} : a);
    return {a};
}

RowwiseSpec BinaryKernel::spec(const OpNode& op) const {
    require_output(op, NumberFormat::fp32);
    const Shape shape = op.inputs[0].shape;
    RowwiseSpec spec;
    if (broadcasts(op)) {
        const std::uint64_t row = shape.cols * sizeof(float);
        spec.rows = shape.rows;
        spec.loads = {{.operand = 0, .row_bytes = row}};
        spec.resident = {1};
        spec.stores = {{.operand = 2, .row_bytes = row}};
        spec.work_per_row.add(work_class(), shape.cols);
    } else {
        spec.rows = shape.rows * shape.cols;
        spec.row_multiple = kElementMultiple;
        spec.loads = {{.operand = 0, .row_bytes = sizeof(float)}, {.operand = 1, .row_bytes = sizeof(float)}};
        spec.stores = {{.operand = 2, .row_bytes = sizeof(float)}};
        spec.work_per_row.add(work_class(), 1);
    }
    return spec;
}

void BinaryKernel::compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const {
    const std::uint64_t rows = broadcasts(op) ? tile.region[1] : 1;
    const std::uint64_t cols = broadcasts(op) ? op.inputs[0].shape.cols : tile.region[1];
    const std::span<const float> a = tile_floats(tile, local, 0, rows * cols);
    const std::span<const float> b = tile_floats(tile, local, 1, cols);
    const std::span<float> out = tile_floats(tile, local, 2, rows * cols);
    for (std::uint64_t row = 0; row < rows; ++row) {
        apply(a.subspan(row * cols, cols), b, out.subspan(row * cols, cols));
    }
}

}  // namespace handset
