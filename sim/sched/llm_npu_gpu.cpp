// SPDX-License-Identifier: Apache-2.0
// llm.npu (arXiv 2407.05858) with the GPU as float processor, decode on the GPU.
#include <memory>

#include "sim/sched/catalogue.h"
#include "sim/sched/subgraph_policy.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_llm_npu_gpu() {
    return std::make_unique<SubgraphPolicy>(DeviceKind::gpu, most_npu_work);
}

}  // namespace handset
