// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/split_products.h"

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace handset {

namespace {

constexpr std::size_t kActivations = 0;
constexpr std::size_t kWeights = 1;
constexpr std::size_t kBias = 2;

/// Rows or columns [first, first + count).
struct Range {
    std::uint64_t first;
    std::uint64_t count;
};

bool is_product(const OpNode& op) {
    return op.kernel == "matmul" || op.kernel == "lm_head";
}

TensorUse rows_of(TensorUse use, Range range) {
    use.offset += range.first * row_bytes(use.format, use.shape.cols);
    use.shape.rows = range.count;
    return use;
}

/// Of a use of one row, so that what it views lies in one piece.
TensorUse columns_of(TensorUse use, Range range) {
    use.offset += row_bytes(use.format, range.first);
    use.shape.cols = range.count;
    return use;
}

OpNode part_of(const OpNode& op, std::string_view suffix, Range range) {
    OpNode part = op;
    part.name += suffix;
    TensorUse& out = part.outputs.front();
    if (out.shape.rows > 1) {
        part.inputs[kActivations] = rows_of(op.inputs[kActivations], range);
        out = rows_of(out, range);
        return part;
    }
    part.inputs[kWeights] = rows_of(op.inputs[kWeights], range);
    if (op.inputs.size() > kBias) {
        part.inputs[kBias] = columns_of(op.inputs[kBias], range);
    }
    out = columns_of(out, range);
    return part;
}

}  // namespace

void SplitConfig::check(Errors& errors) const {
    if (rows == 0.0 && columns == 0.0) {
        errors.add("", "give 'rows' or 'columns'");
    }
}

std::uint64_t npu_part(std::uint64_t total, double share, std::uint32_t align) {
    const double blocks = static_cast<double>(total) * share / align;
    const std::uint64_t part = static_cast<std::uint64_t>(std::llround(blocks)) * align;
    return part < total ? part : 0;
}

OpGraph split_products(const OpGraph& graph, const SplitConfig& config) {
    OpGraph out;
    for (std::size_t i = 0; i < graph.tensor_count(); ++i) {
        out.add_tensor(graph.tensor(TensorId{i}));
    }
    for (const OpId id : graph.topological_order()) {
        const OpNode& op = graph.op(id);
        std::uint64_t total = 0;
        std::uint64_t npu = 0;
        if (is_product(op)) {
            const Shape& shape = op.outputs.front().shape;
            total = shape.rows > 1 ? shape.rows : shape.cols;
            npu = npu_part(total, shape.rows > 1 ? config.rows : config.columns, config.align);
        }
        if (npu == 0) {
            out.add_op(op);
            continue;
        }
        out.add_op(part_of(op, ".npu", {0, npu}));
        out.add_op(part_of(op, ".gpu", {npu, total - npu}));
    }
    return out;
}

}  // namespace handset
