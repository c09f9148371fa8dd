// SPDX-License-Identifier: Apache-2.0
// The placement of llm.npu (arXiv 2407.05858): products with weights on the NPU, all else in float on one other
// processor, decode there as a whole; one sub-graph at a time per processor. Which ready sub-graph goes first is left
// to a rule. The LM head, one row, counts as part of decoding (M).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/sched/policy.h"
#include "sim/sched/unit_graph.h"

namespace handset {

class SubgraphPolicy final : public SchedulerPolicy {
  public:
    /// Which of the ready units (ascending, not empty) starts now; none: the processor waits.
    using Rule = std::function<std::optional<std::size_t>(const UnitGraph&, const std::vector<std::size_t>& ready,
                                                          std::span<const DeviceView> devices)>;

    SubgraphPolicy(DeviceKind float_processor, Rule rule);

    void begin(const GraphView& graph) override;
    Decision decide(const SchedulerView& view) override;
    [[nodiscard]] std::vector<DeviceId> candidates(const OpView& op,
                                                   std::span<const DeviceView> devices) const override;

  private:
    struct Processor {
        std::optional<std::size_t> unit;  ///< started and not known to be finished
        std::size_t dispatched = 0;       ///< of its ops
    };
    [[nodiscard]] std::optional<DeviceId> home(const OpView& op, bool matrix,
                                               std::span<const DeviceView> devices) const;
    void finish_units(const SchedulerView& view);
    std::optional<OpId> next_op(const SchedulerView& view, DeviceId device, std::uint64_t& evaluations);

    DeviceKind float_processor_;
    Rule rule_;
    UnitGraph units_;
    std::vector<Processor> processors_;
};

/// The rule of llm.npu, section 3.4: C(g) = sum of T_i over the NPU units i that become ready once g finishes, negative
/// when g itself runs on the NPU; the largest C goes first. Ties: the earlier chunk, then the earlier unit.
std::optional<std::size_t> most_npu_work(const UnitGraph& graph, const std::vector<std::size_t>& ready,
                                         std::span<const DeviceView> devices);

/// Chunk after chunk: nothing of a chunk starts before the chunks before it are done.
std::optional<std::size_t> chunk_after_chunk(const UnitGraph& graph, const std::vector<std::size_t>& ready,
                                             std::span<const DeviceView> devices);

}  // namespace handset
