// SPDX-License-Identifier: Apache-2.0
// llm.npu (arXiv 2407.05858) as measured: float sub-graphs on the CPU, decode on the CPU.
#include <memory>

#include "sim/sched/catalogue.h"
#include "sim/sched/subgraph_policy.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_llm_npu() {
    return std::make_unique<SubgraphPolicy>(DeviceKind::cpu, most_npu_work);
}

}  // namespace handset
