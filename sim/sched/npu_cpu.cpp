// SPDX-License-Identifier: Apache-2.0
// Linear layers on the NPU, everything else (norms, attention, sampling) in float on the CPU: the placement of
// mllm-NPU (arXiv 2407.05858, section 3) without its chunking.
#include <memory>

#include "sim/sched/affinity.h"
#include "sim/sched/catalogue.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_npu_cpu() {
    return std::make_unique<AffinityPolicy>([](const OpView& op) {
        return is_linear(op) ? std::vector{DeviceKind::npu, DeviceKind::cpu} : std::vector{DeviceKind::cpu};
    });
}

}  // namespace handset
