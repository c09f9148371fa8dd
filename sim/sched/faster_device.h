// SPDX-License-Identifier: Apache-2.0
// The placement of HeteroInfer (arXiv 2501.14794): each op on the faster of GPU and NPU by their own estimates, ops of
// a sub-graph together; the CPU has what neither can run. Not modelled: its tables of offline profiles.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/sched/policy.h"

namespace handset {

/// What becomes of the parts that the pass split_products cuts ("<name>.npu", "<name>.gpu").
enum class SplitParts : std::uint8_t {
    as_ops,    ///< placed like any op
    as_named,  ///< on the kind of device they are named after, where it can run them
};

/// One op at a time on each device. The estimate of a device that would have to be called afresh has the call in it, so
/// that an op changes the device only where that pays at once; what comes after it is not looked at.
class FasterDevicePolicy final : public SchedulerPolicy {
  public:
    explicit FasterDevicePolicy(SplitParts parts) : parts_(parts) {}

    void begin(const GraphView& graph) override;
    Decision decide(const SchedulerView& view) override;
    /// A device only where its shortest time beats the longest of the others: elsewhere it is never chosen.
    [[nodiscard]] std::vector<DeviceId> candidates(const OpView& op,
                                                   std::span<const DeviceView> devices) const override;

  private:
    [[nodiscard]] std::optional<DeviceId> fixed_home(const OpView& op, std::span<const DeviceView> devices) const;
    [[nodiscard]] std::optional<DeviceId> home(const OpView& op, std::span<const DeviceView> devices) const;

    SplitParts parts_;
    std::map<std::uint32_t, DeviceId> subgraphs_;  // homes of those that GPU or NPU can run as a whole
};

}  // namespace handset
