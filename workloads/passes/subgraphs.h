// SPDX-License-Identifier: Apache-2.0
// Marks sub-graphs: maximal groups of ops of one chunk that one processor may run in one call because no path between
// two of them leaves the group. Six a layer as llm.npu counts them (arXiv 2407.05858): norm, q/k/v, attention, output
// product, norm, feed-forward; with shadow outliers more. Which processor runs which is the policy's choice.
#pragma once

#include "sim/ir/op_graph.h"

namespace handset {

/// What a sub-graph is made of. Vector ops between products (activation, re-quantisation) are part of `matrix`.
enum class OpClass : std::uint8_t {
    matrix,    ///< products with weights
    floating,  ///< norms, positions, attention, residual sums: what runs in float
    shadow,    ///< outlier channels, computed beside the products they are taken from
};

/// Sets OpNode::subgraph of every op, from 1 in the order of their first ops. Chunks share no sub-graph.
void mark_subgraphs(OpGraph& graph);

}  // namespace handset
