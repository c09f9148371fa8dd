// SPDX-License-Identifier: Apache-2.0
// The graph a policy schedules: operators and data movement as nodes, tensors as edges (Boost.Graph adjacency list).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include "sim/ir/tensor.h"

namespace handset {

/// Small ordered name -> value list of an op. Reading a missing or differently typed name throws ModelError.
class Attributes {
  public:
    using Value = std::variant<std::int64_t, double, std::string>;

    Attributes& set(std::string_view name, Value value);
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback) const;
    [[nodiscard]] double number(std::string_view name) const;
    [[nodiscard]] const std::string& text(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name, std::string_view fallback) const;
    [[nodiscard]] const std::vector<std::pair<std::string, Value>>& values() const { return values_; }

    friend bool operator==(const Attributes&, const Attributes&) = default;

  private:
    [[nodiscard]] const Value* find(std::string_view name) const;
    std::vector<std::pair<std::string, Value>> values_;  // sorted by name
};

struct OpNode {
    OpId id;
    std::string name;    ///< "blk.3.ffn_down"
    std::string kernel;  ///< catalogue name
    int layer = -1;      ///< -1: outside the layers
    int chunk = 0;       ///< of the prompt; 0 where the prompt is not cut
    /// Ops of one sub-graph are executed by one call: of a static graph or a batch of kernels. 0: the op is on its own.
    std::uint32_t subgraph = 0;
    /// Static graphs serve all ops of equal shape and weights in one set; ops of other sets need copies of their own.
    std::uint32_t graph_set = 0;
    std::vector<TensorUse> inputs;
    std::vector<TensorUse> outputs;
    Attributes attrs;                   ///< decide the lowering: part of the signature
    Attributes runtime;                 ///< used by the numerics only (position, seed): not part of the signature
    std::vector<std::uint32_t> gather;  ///< rows of input 0 that gather transfers address (token ids)
};

/// What memory an operand of a program holds: that of its tensor, or scratch after the last output.
MemoryTag operand_tag(const OpNode& op, std::size_t operand);

/// Equal signatures lower to equal programs on one device: kernel, shapes, formats, attrs; no addresses, no data.
std::string signature(const OpNode& op);

class OpGraph {
  public:
    using Storage = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, OpNode>;

    TensorId add_tensor(Tensor tensor);
    /// Adds an op; edges follow from the bytes of its operands: it waits for earlier writers of what it reads, and for
    /// earlier readers and writers of what it writes. Views of disjoint rows of a tensor do not order ops.
    OpId add_op(OpNode op);

    [[nodiscard]] std::size_t op_count() const { return boost::num_vertices(graph_); }
    [[nodiscard]] std::size_t tensor_count() const { return tensors_.size(); }
    [[nodiscard]] const OpNode& op(OpId id) const { return graph_[id.value()]; }
    [[nodiscard]] OpNode& op(OpId id) { return graph_[id.value()]; }
    [[nodiscard]] const Tensor& tensor(TensorId id) const { return tensors_.at(id.value()); }
    /// Distinct, ascending.
    [[nodiscard]] std::vector<OpId> predecessors(OpId id) const;
    [[nodiscard]] std::vector<OpId> successors(OpId id) const;
    /// Ops in an order in which every op follows its predecessors (ids are such an order by construction).
    [[nodiscard]] std::vector<OpId> topological_order() const;
    /// A view of all rows of a tensor.
    [[nodiscard]] TensorUse whole(TensorId id) const;
    [[nodiscard]] const Storage& storage() const { return graph_; }

  private:
    /// Bytes [begin, end) of a tensor that an op touches.
    struct Region {
        OpId op;
        Bytes begin;
        Bytes end;
    };
    struct Access {
        std::vector<Region> writers;
        std::vector<Region> readers;
    };
    static void add_overlapping(const std::vector<Region>& earlier, const Region& region, std::vector<OpId>& ops);
    static void remove_covered(std::vector<Region>& earlier, const Region& region);
    Storage graph_;
    std::vector<Tensor> tensors_;
    std::vector<Access> accesses_;
};

}  // namespace handset
