// SPDX-License-Identifier: Apache-2.0
// Ops whose data decide which rows they read.
#include <algorithm>

#include "sim/base/errors.h"
#include "sim/runtime/dispatcher.h"

namespace handset {

void Dispatcher::find_rows(OpId op) {
    const OpNode& node = graph_->op(op);
    const std::int64_t from = node.attrs.integer("gather_from", -1);
    if (from < 0) {
        return;
    }
    ensure(gather_source_ != nullptr, "nobody knows which rows '" + node.name + "' reads");
    const TensorUse& indices = node.inputs.at(static_cast<std::size_t>(from));
    const std::uint64_t rows = node.inputs.at(0).shape.rows;
    OpNode& known = ops_[op.value()].gathering.emplace(node);
    known.gather = gather_source_({.phase = phase_,
                                   .step = step_,
                                   .indices = graph_->tensor(indices.tensor),
                                   .address = address_of(indices.tensor) + indices.offset.count(),
                                   .count = indices.shape.cols,
                                   .rows = rows});
    ensure(known.gather.size() == indices.shape.cols &&
               std::all_of(known.gather.begin(), known.gather.end(), [rows](std::uint32_t r) { return r < rows; }),
           "'" + node.name + "' reads rows that do not exist");
}

/// With its rows, if its data decided them.
const OpNode& Dispatcher::started(OpId op) const {
    const std::optional<OpNode>& known = ops_[op.value()].gathering;
    return known.has_value() ? *known : graph_->op(op);
}

}  // namespace handset
