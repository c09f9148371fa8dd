// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/rowwise.h"

#include <limits>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"

namespace handset {

void require(const OpNode& op, bool condition, std::string_view reason) {
    if (!condition) {
        throw ConfigError(op.kernel + " '" + op.name + "': " + std::string(reason));
    }
}

void require_inputs(const OpNode& op, std::size_t least, std::size_t most) {
    const std::string wanted =
        least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
    require(op, op.inputs.size() >= least && op.inputs.size() <= most,
            "needs " + wanted + " inputs, has " + std::to_string(op.inputs.size()));
}

namespace {

std::string input_name(std::size_t input, std::string_view role) {
    return "input " + std::to_string(input) + " (" + std::string(role) + ")";
}

}  // namespace

void require_format(const OpNode& op, std::size_t input, std::string_view role, NumberFormat format) {
    const NumberFormat actual = op.inputs.at(input).format;
    require(op, actual == format,
            input_name(input, role) + " must be " + std::string(info(format).name) + ", is " +
                std::string(info(actual).name));
}

void require_shape(const OpNode& op, std::size_t input, std::string_view role, Shape shape) {
    const Shape actual = op.inputs.at(input).shape;
    require(op, actual == shape, input_name(input, role) + " must be " + to_text(shape) + ", is " + to_text(actual));
}

void require_fp32_rows(const OpNode& op) {
    require_format(op, 0, "x", NumberFormat::fp32);
    const Shape shape = op.inputs[0].shape;
    require(op, shape.rows > 0 && shape.cols > 0, "input 0 (x) is empty: " + to_text(shape));
}

std::uint32_t positive_attribute(const OpNode& op, std::string_view name) {
    require(op, op.attrs.has(name), "needs the attribute '" + std::string(name) + "'");
    const std::int64_t value = op.attrs.integer(name);
    require(op, value >= 1 && value <= std::numeric_limits<std::int32_t>::max(),
            std::string(name) + " must be at least 1, is " + std::to_string(value));
    return static_cast<std::uint32_t>(value);
}

std::string to_text(Shape shape) {
    return std::to_string(shape.rows) + "x" + std::to_string(shape.cols);
}

bool RowwiseKernel::supports(const OpNode& op, const DeviceCaps& caps) const {
    return caps.kind != DeviceKind::storage && rowwise_min_local(op, spec(op)) <= caps.local_bytes.count();
}

TileProgram RowwiseKernel::lower(const OpNode& op, const DeviceCaps& caps) const {
    require(op, caps.kind != DeviceKind::storage, "cannot run on the storage device " + caps.name);
    return lower_rowwise(op, caps, spec(op));
}

void RowwiseKernel::require_output_shape(const OpNode& op) const {
    require(op, op.outputs.size() == 1, "needs 1 output, has " + std::to_string(op.outputs.size()));
    const Shape wanted = infer_shapes(op).front();
    require(op, op.outputs[0].shape == wanted,
            "the output must be " + to_text(wanted) + ", is " + to_text(op.outputs[0].shape));
}

void RowwiseKernel::require_output(const OpNode& op, NumberFormat format) const {
    require_output_shape(op);
    require(op, op.outputs[0].format == format,
            "the output must be " + std::string(info(format).name) + ", is " +
                std::string(info(op.outputs[0].format).name));
}

std::vector<Shape> ElementwiseKernel::infer_shapes(const OpNode& op) const {
    require_inputs(op, input_count(), input_count());
    require_fp32_rows(op);
    for (std::size_t i = 1; i < input_count(); ++i) {
        require_format(op, i, "y", NumberFormat::fp32);
        require_shape(op, i, "y", op.inputs[0].shape);
    }
    check(op);
    return {op.inputs[0].shape};
}

RowwiseSpec ElementwiseKernel::spec(const OpNode& op) const {
    require_output(op, NumberFormat::fp32);
    RowwiseSpec spec;
    spec.rows = op.inputs[0].shape.rows * op.inputs[0].shape.cols;
    spec.row_multiple = kElementMultiple;
    for (std::uint32_t i = 0; i < op.inputs.size(); ++i) {
        spec.loads.push_back({.operand = i, .row_bytes = sizeof(float)});
    }
    spec.stores = {{.operand = static_cast<std::uint32_t>(op.inputs.size()), .row_bytes = sizeof(float)}};
    spec.work_per_row = work_per_element(op);
    return spec;
}

void ElementwiseKernel::compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const {
    std::vector<std::span<const float>> inputs;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        inputs.emplace_back(tile_floats(tile, local, i, tile.region[1]));
    }
    apply(op, inputs, tile_floats(tile, local, op.inputs.size(), tile.region[1]));
}

std::span<float> tile_floats(const Tile& tile, std::span<std::byte> local, std::size_t operand, std::uint64_t count) {
    return as_floats(tile_bytes(tile, local, operand, count * sizeof(float)));
}

std::span<std::byte> tile_bytes(const Tile& tile, std::span<std::byte> local, std::size_t operand,
                                std::uint64_t count) {
    return local.subspan(tile.local.at(operand), count);
}

}  // namespace handset
