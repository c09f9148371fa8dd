// SPDX-License-Identifier: Apache-2.0
// llm.npu (arXiv 2407.05858) before its last step: chunks follow one another, processors wait for each other.
#include <memory>

#include "sim/sched/catalogue.h"
#include "sim/sched/subgraph_policy.h"

namespace handset {

std::unique_ptr<SchedulerPolicy> make_llm_npu_in_order() {
    return std::make_unique<SubgraphPolicy>(DeviceKind::cpu, chunk_after_chunk);
}

}  // namespace handset
