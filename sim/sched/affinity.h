// SPDX-License-Identifier: Apache-2.0
// Static affinity: each op names its device kinds in order of preference; the first device that can run it is its home.
// An op that runs nowhere among them (data movement on storage) goes to whichever device can.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "sim/sched/policy.h"

namespace handset {

/// The first device of the kinds in order that can run the op, else the first of any kind that can.
std::optional<DeviceId> preferred_device(std::span<const DeviceKind> kinds, const OpView& op,
                                         std::span<const DeviceView> devices);

class AffinityPolicy final : public SchedulerPolicy {
  public:
    using Preference = std::function<std::vector<DeviceKind>(const OpView&)>;

    explicit AffinityPolicy(Preference preference) : preference_(std::move(preference)) {}

    Decision decide(const SchedulerView& view) override;
    [[nodiscard]] std::vector<DeviceId> candidates(const OpView& op,
                                                   std::span<const DeviceView> devices) const override;

  private:
    [[nodiscard]] std::optional<DeviceId> home(const OpView& op, std::span<const DeviceView> devices) const;

    Preference preference_;
};

}  // namespace handset
