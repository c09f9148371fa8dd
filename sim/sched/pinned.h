// SPDX-License-Identifier: Apache-2.0
// Everything on one named device, in order of readiness: for measuring a device, not for scheduling. Deciding is free.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/sched/policy.h"

namespace handset {

class PinnedPolicy final : public SchedulerPolicy {
  public:
    explicit PinnedPolicy(std::string device) : device_(std::move(device)) {}

    Decision decide(const SchedulerView& view) override;
    [[nodiscard]] std::vector<DeviceId> candidates(const OpView& op,
                                                   std::span<const DeviceView> devices) const override;

  private:
    std::string device_;
};

}  // namespace handset
