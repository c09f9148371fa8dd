// SPDX-License-Identifier: Apache-2.0
// Linear layers on the NPU, attention on the GPU, everything else on the CPU: a placement that uses all three
// processors of a phone, to show what hand-overs between them cost.
#include <memory>

#include "sim/sched/affinity.h"
#include "sim/sched/catalogue.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_npu_gpu_cpu() {
    return std::make_unique<AffinityPolicy>([](const OpView& op) {
        if (is_linear(op)) {
            return std::vector{DeviceKind::npu, DeviceKind::cpu};
        }
        return op.kernel == "attention" ? std::vector{DeviceKind::gpu, DeviceKind::cpu} : std::vector{DeviceKind::cpu};
    });
}

}  // namespace handset
