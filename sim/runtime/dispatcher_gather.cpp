// SPDX-License-Identifier: Apache-2.0
// How ops find what they read: rows that data decide, pages of mapped weights.
#include <algorithm>

#include "sim/base/errors.h"
#include "sim/runtime/dispatcher.h"

namespace handset {

/// The op with the rows that it reads, if its data decide them: known once its inputs are there.
const OpNode& Dispatcher::started(OpId op) {
    const OpNode& node = graph_->op(op);
    const std::int64_t from = node.attrs.integer("gather_from", -1);
    std::optional<OpNode>& found = ops_[op.value()].gathering;
    if (from < 0 || found.has_value()) {
        return found.has_value() ? *found : node;
    }
    ensure(gather_source_ != nullptr, "nobody knows which rows '" + node.name + "' reads");
    const TensorUse& indices = node.inputs.at(static_cast<std::size_t>(from));
    const std::uint64_t rows = node.inputs.at(0).shape.rows;
    OpNode& known = found.emplace(node);
    known.gather = gather_source_({.phase = phase_,
                                   .step = step_,
                                   .indices = graph_->tensor(indices.tensor),
                                   .address = address_of(indices.tensor) + indices.offset.count(),
                                   .count = indices.shape.cols,
                                   .rows = rows});
    ensure(known.gather.size() == indices.shape.cols &&
               std::all_of(known.gather.begin(), known.gather.end(), [rows](std::uint32_t r) { return r < rows; }),
           "'" + node.name + "' reads rows that do not exist");
    return known;
}

/// Storage works for the pager unless it runs an op: the load of a weight that is not mapped.
bool Dispatcher::reads_pages(DeviceId device) const {
    return pager_ != nullptr && devices_[device.value()] == &pager_->storage() &&
           !device_states_[device.value()].running.has_value();
}

/// Storage reads flash itself, also when a part of it is mapped.
const PageTable* Dispatcher::page_table(DeviceId device) const {
    return pager_ != nullptr && devices_[device.value()] != &pager_->storage() ? pager_ : nullptr;
}

}  // namespace handset
