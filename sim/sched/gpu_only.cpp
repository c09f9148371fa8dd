// SPDX-License-Identifier: Apache-2.0
// Everything on the GPU.
#include <memory>

#include "sim/sched/affinity.h"
#include "sim/sched/catalogue.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_gpu_only() {
    return std::make_unique<AffinityPolicy>([](const OpView&) { return std::vector{DeviceKind::gpu}; });
}

}  // namespace handset
