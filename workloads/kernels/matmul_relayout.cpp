// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_relayout.h"

#include <string>
#include <utility>
#include <vector>

#include "workloads/kernels/matmul_numerics.h"
#include "workloads/kernels/program_stages.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

constexpr std::uint32_t kStageShift = 28;  // a part of the contraction in a local store is far shorter

// Operands of the copy as an op of its own; also Tile::local of its tiles.
enum Copy : std::uint32_t { kStored, kCopy };
constexpr std::uint32_t kWeights = 1;  // of the product

void mark(TileProgram& program, MatmulStage stage) {
    for (Tile& tile : program.tiles) {
        tile.region[5] |= static_cast<std::uint32_t>(stage) << kStageShift;
    }
}

/// `to[i]`: what operand i of the program becomes.
void redirect(TileProgram& program, const std::vector<std::uint32_t>& to) {
    for (Transfer& transfer : program.transfers) {
        transfer.operand = to.at(transfer.operand);
    }
}

OpNode copy_of_weights(const OpNode& op) {
    OpNode copy;
    copy.name = op.name;
    copy.kernel = op.kernel;
    copy.inputs = {op.inputs[kWeights]};
    copy.outputs = {product_of_copy(op).inputs[kWeights]};
    return copy;
}

/// Elements that can be converted alone: a row with its scale, a group, a single number.
std::uint64_t unit_of(const TensorUse& weights) {
    const NumberFormatInfo& format = info(weights.format);
    return format.group == 0 ? weights.shape.cols : format.group;
}

RowwiseSpec rowwise(const OpNode& copy) {
    const TensorUse& weights = copy.inputs[kStored];
    const std::uint64_t unit = unit_of(weights);
    RowwiseSpec spec;
    spec.rows = weights.shape.rows * weights.shape.cols / unit;
    spec.row_multiple = unit == 1 ? kGroup : 1;
    spec.loads = {{.operand = kStored, .row_bytes = row_bytes(weights.format, unit).count()}};
    spec.stores = {{.operand = kCopy, .row_bytes = row_bytes(NumberFormat::fp16, unit).count()}};
    const bool packed = weights.format != NumberFormat::fp16;
    spec.work_per_row.add(packed ? VectorOp::dequantise : VectorOp::move, unit, ElementFormat::fp16);
    return spec;
}

}  // namespace

MatmulStage matmul_stage(const Tile& tile) {
    return static_cast<MatmulStage>(tile.region[5] >> kStageShift);
}

std::uint32_t matmul_part(const Tile& tile) {
    return tile.region[5] & ((1U << kStageShift) - 1);
}

bool is_relayout(const OpNode& op, const DeviceCaps& caps) {
    if (caps.kind != DeviceKind::gpu || lowering_name(op, caps.kind) != kRelayoutGemm) {
        return false;
    }
    const NumberFormat weights = op.inputs[kWeights].format;
    // fp16 cannot hold the range of the wider floats.
    return matmul_path(op.inputs[0].format, weights) == MatmulPath::floats && weights != NumberFormat::fp32 &&
           weights != NumberFormat::bf16;
}

OpNode product_of_copy(const OpNode& op) {
    OpNode product = op;
    product.inputs[kWeights].format = NumberFormat::fp16;
    product.inputs[kWeights].tag = MemoryTag::scratch;
    product.attrs.set("lowering.gpu", std::string("tiled_gemm"));
    return product;
}

bool relayout_fits(const OpNode& op, const DeviceCaps& caps) {
    const OpNode copy = copy_of_weights(op);
    return rowwise_min_local(copy, rowwise(copy)) <= caps.local_bytes.count();
}

TileProgram lower_relayout(const OpNode& op, const DeviceCaps& caps, TileProgram product) {
    const auto scratch = static_cast<std::uint32_t>(op.inputs.size() + op.outputs.size());
    const OpNode copy = copy_of_weights(op);
    TileProgram program = lower_rowwise(copy, caps, rowwise(copy));
    program.scratch = copy.outputs[0].bytes();
    mark(program, MatmulStage::relayout);
    redirect(program, {kWeights, scratch});
    std::vector<std::uint32_t> to(scratch);
    for (std::uint32_t i = 0; i < scratch; ++i) {
        to[i] = i == kWeights ? scratch : i;
    }
    mark(product, MatmulStage::product_of_copy);
    redirect(product, to);
    append_stage(program, product, {0, 0, 0, 0, 0, static_cast<std::uint32_t>(MatmulStage::sync) << kStageShift});
    program.mapping = std::string(kRelayoutGemm) + ": fp16 copy of the weights, then " + product.mapping;
    validate(program, scratch, caps.lane_speed.size());
    return program;
}

void compute_relayout(const OpNode& op, const Tile& tile, std::span<std::byte> local) {
    const TensorUse& weights = op.inputs[kWeights];
    const std::uint64_t unit = unit_of(weights);
    // Rows end with a scale; numbers and groups follow one another: one long row.
    const bool rows = info(weights.format).group == 0;
    const std::uint64_t count = rows ? tile.region[1] : 1;
    const std::uint64_t elements = rows ? unit : tile.region[1] * unit;
    const std::uint64_t stored_row = row_bytes(weights.format, elements).count();
    const std::uint64_t copied_row = row_bytes(NumberFormat::fp16, elements).count();
    std::vector<float> values(elements);
    for (std::uint64_t i = 0; i < count; ++i) {
        decode_row(weights.format, local.subspan(tile.local[kStored] + i * stored_row, stored_row), values);
        encode_row(NumberFormat::fp16, values, local.subspan(tile.local[kCopy] + i * copied_row, copied_row));
    }
}

}  // namespace handset
