// SPDX-License-Identifier: Apache-2.0
// All scheduling policies: one file and one row each.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sim/sched/policy.h"

namespace handset {

struct PolicyEntry {
    std::string_view name;
    std::string_view doc;
    std::unique_ptr<SchedulerPolicy> (*make)();
};

std::span<const PolicyEntry> policy_catalogue();
/// Throws ConfigError that lists the known names.
std::unique_ptr<SchedulerPolicy> make_policy(std::string_view name);

/// Matrix products with weights: what NPUs are built for.
bool is_linear(const OpView& op);

std::unique_ptr<SchedulerPolicy> make_cpu_only();
std::unique_ptr<SchedulerPolicy> make_gpu_only();
std::unique_ptr<SchedulerPolicy> make_npu_only();
std::unique_ptr<SchedulerPolicy> make_npu_cpu();
std::unique_ptr<SchedulerPolicy> make_npu_gpu_cpu();
std::unique_ptr<SchedulerPolicy> make_heft();
std::unique_ptr<SchedulerPolicy> make_hetero_layer();
std::unique_ptr<SchedulerPolicy> make_hetero_tensor();
std::unique_ptr<SchedulerPolicy> make_llm_npu();
std::unique_ptr<SchedulerPolicy> make_llm_npu_gpu();
std::unique_ptr<SchedulerPolicy> make_llm_npu_in_order();

}  // namespace handset
