// SPDX-License-Identifier: Apache-2.0
// Value views for policy tests: a phone of CPU, GPU, NPU and storage, ops with costs in microseconds.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sim/sched/policy.h"

namespace handset::testing {

inline constexpr DeviceId kCpu{0};
inline constexpr DeviceId kGpu{1};
inline constexpr DeviceId kNpu{2};
inline constexpr DeviceId kUfs{3};

inline std::vector<DeviceView> devices() {
    return {{kCpu, "cpu0", DeviceKind::cpu, true, {}},
            {kGpu, "gpu0", DeviceKind::gpu, true, {}},
            {kNpu, "npu0", DeviceKind::npu, true, {}},
            {kUfs, "ufs0", DeviceKind::storage, true, {}}};
}

/// Costs in microseconds on cpu, gpu, npu, storage; 0 = cannot run there.
inline OpView op(std::uint32_t id, std::string kernel, std::array<std::uint64_t, 4> cost_us) {
    OpView view{.id = OpId{id}, .kernel = std::move(kernel), .phase = "decode", .layer = 0, .cost = {}};
    for (const std::uint64_t us : cost_us) {
        view.cost.push_back(us == 0 ? std::nullopt : std::optional(us * 1_us));
    }
    return view;
}

inline GraphView graph_of(std::vector<OpView> ops, std::vector<std::vector<OpId>> successors) {
    return {std::move(ops), std::move(successors), devices()};
}

}  // namespace handset::testing
