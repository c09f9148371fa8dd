// SPDX-License-Identifier: Apache-2.0
// Everything on the NPU, as vendor runtimes place a whole decoder step in one graph; what the NPU cannot run goes to
// the CPU.
#include <memory>

#include "sim/sched/affinity.h"
#include "sim/sched/catalogue.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_npu_only() {
    return std::make_unique<AffinityPolicy>([](const OpView&) {
        return std::vector{DeviceKind::npu, DeviceKind::cpu};
    });
}

}  // namespace handset
