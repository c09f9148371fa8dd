// SPDX-License-Identifier: Apache-2.0
// Prefill on the NPU, whose arrays want the many rows of a prompt; decode on the GPU, which an op starts more cheaply.
// What neither can run goes to the CPU.
#include <memory>
#include <vector>

#include "sim/sched/affinity.h"
#include "sim/sched/catalogue.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_npu_then_gpu() {
    return std::make_unique<AffinityPolicy>([](const OpView& op) {
        const DeviceKind first = op.phase == "prefill" ? DeviceKind::npu : DeviceKind::gpu;
        return std::vector{first, DeviceKind::cpu};
    });
}

}  // namespace handset
