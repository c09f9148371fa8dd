// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/subgraphs.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

namespace handset {

namespace {

/// Ops that a static graph can hold between two products.
bool fuses(const OpNode& op) {
    static constexpr std::array<std::string_view, 5> kFused{"gated", "gelu", "mul", "quantise", "silu"};
    return std::find(kFused.begin(), kFused.end(), op.kernel) != kFused.end();
}

bool is_shadow(const OpNode& op) {
    return std::string_view(op.kernel).substr(0, 7) == "outlier";
}

/// The LM head is one row after the prompt: it belongs to whoever chooses the token.
OpClass class_of(const OpNode& op, const std::vector<OpId>& before, const std::vector<OpClass>& classes) {
    if (is_shadow(op)) {
        return OpClass::shadow;
    }
    const bool after_products = !before.empty() && std::all_of(before.begin(), before.end(), [&](OpId id) {
        return classes[id.value()] == OpClass::matrix;
    });
    return op.kernel == "matmul" || (fuses(op) && after_products) ? OpClass::matrix : OpClass::floating;
}

}  // namespace

/// The stage of an op counts the changes of class on the way to it, at most over all ways. Ops of equal stage and class
/// have no op of another class between them, and stages never fall along an edge: groups cannot wait for each other.
void mark_subgraphs(OpGraph& graph) {
    std::vector<OpClass> classes(graph.op_count());
    std::vector<std::uint32_t> stages(graph.op_count());
    std::map<std::tuple<int, std::uint32_t, OpClass>, std::uint32_t> groups;
    for (const OpId id : graph.topological_order()) {
        OpNode& op = graph.op(id);
        const std::vector<OpId> before = graph.predecessors(id);
        const OpClass kind = class_of(op, before, classes);
        std::uint32_t stage = 0;
        for (const OpId p : before) {
            if (graph.op(p).chunk == op.chunk) {
                stage = std::max(stage, stages[p.value()] + (classes[p.value()] == kind ? 0 : 1));
            }
        }
        classes[id.value()] = kind;
        stages[id.value()] = stage;
        const auto next = static_cast<std::uint32_t>(groups.size() + 1);
        op.subgraph = groups.try_emplace({op.chunk, stage, kind}, next).first->second;
    }
}

}  // namespace handset
