// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/catalogue.h"

#include <array>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

namespace {

constexpr std::array kPolicies{
    PolicyEntry{"cpu_only", "everything on the CPU", make_cpu_only},
    PolicyEntry{"gpu_only", "everything on the GPU", make_gpu_only},
    PolicyEntry{"npu_only", "everything on the NPU, what it cannot run on the CPU", make_npu_only},
    PolicyEntry{"npu_cpu", "linear layers on the NPU, the rest on the CPU", make_npu_cpu},
    PolicyEntry{"npu_gpu_cpu", "linear layers on the NPU, attention on the GPU, the rest on the CPU", make_npu_gpu_cpu},
    PolicyEntry{"heft", "heterogeneous earliest finish time over all devices", make_heft},
    PolicyEntry{"hetero_layer", "each op on the faster of GPU and NPU, what neither can run on the CPU",
                make_hetero_layer},
    PolicyEntry{"hetero_tensor", "as hetero_layer; the parts of split products on the GPU and the NPU at once",
                make_hetero_tensor},
    PolicyEntry{"llm_npu",
                "products on the NPU, the rest in float on the CPU, sub-graphs of a chunked prompt out of order",
                make_llm_npu},
    PolicyEntry{"llm_npu_gpu", "as llm_npu with the GPU in place of the CPU", make_llm_npu_gpu},
    PolicyEntry{"llm_npu_in_order", "the placement of llm_npu, one chunk of the prompt after the other",
                make_llm_npu_in_order},
};

}  // namespace

std::span<const PolicyEntry> policy_catalogue() {
    return kPolicies;
}

std::unique_ptr<SchedulerPolicy> make_policy(std::string_view name) {
    std::vector<std::string> known;
    for (const PolicyEntry& entry : kPolicies) {
        if (entry.name == name) {
            return entry.make();
        }
        known.emplace_back(entry.name);
    }
    throw ConfigError(unknown_name("policy", name, known));
}

bool is_linear(const OpView& op) {
    return op.kernel == "matmul" || op.kernel == "lm_head";
}

}  // namespace handset
