// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/choose_lowerings.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sim/base/text.h"
#include "sim/ir/kernel.h"
#include "workloads/kernels/catalogue.h"

namespace handset {

namespace {

const std::string kAuto = "auto";

/// Storage has nothing to choose.
std::vector<std::string> known_kinds() {
    std::vector<std::string> kinds;
    for (const DeviceKind kind : {DeviceKind::cpu, DeviceKind::gpu, DeviceKind::npu}) {
        kinds.emplace_back(device_kind_name(kind));
    }
    return kinds;
}

std::vector<std::string> known_kernels() {
    std::vector<std::string> names;
    for (const Kernel* kernel : kernel_catalogue()) {
        if (!kernel->lowerings().empty()) {
            names.emplace_back(kernel->name());
        }
    }
    return names;
}

std::vector<std::string> known_lowerings(const std::string& kernel) {
    std::vector<std::string> names{kAuto};
    for (const LoweringInfo& lowering : find_kernel(kernel).lowerings()) {
        names.emplace_back(lowering.name);
    }
    return names;
}

/// Whether the name is known; adds a problem otherwise.
bool check_name(std::string_view what, const std::string& name, const std::vector<std::string>& known,
                const std::string& path, Errors& errors) {
    if (std::find(known.begin(), known.end(), name) != known.end()) {
        return true;
    }
    errors.add(path, unknown_name(what, name, known));
    return false;
}

void check_choice(const std::string& kernel, const std::string& kind, const std::string& name,
                  const std::string& parent, Errors& errors) {
    const std::string path = parent + "." + kind;
    if (check_name("device kind", kind, known_kinds(), path, errors)) {
        check_name("lowering of " + kernel, name, known_lowerings(kernel), path, errors);
    }
}

void check_kernel(const std::string& kernel, const std::map<std::string, std::string>& by_kind,
                  const std::string& parent, Errors& errors) {
    const std::string path = parent + "." + kernel;
    if (!check_name("kernel with lowerings", kernel, known_kernels(), path, errors)) {
        return;
    }
    for (const auto& [kind, name] : by_kind) {
        check_choice(kernel, kind, name, path, errors);
    }
}

}  // namespace

void check_lowerings(const LoweringChoice& choice, const std::string& path, Errors& errors) {
    for (const auto& [kernel, by_kind] : choice) {
        check_kernel(kernel, by_kind, path, errors);
    }
}

void choose_lowerings(OpGraph& graph, const LoweringChoice& choice) {
    if (choice.empty()) {
        return;
    }
    for (const OpId id : graph.topological_order()) {
        OpNode& op = graph.op(id);
        const auto chosen = choice.find(op.kernel);
        if (chosen == choice.end()) {
            continue;
        }
        for (const auto& [kind, name] : chosen->second) {
            if (name != kAuto) {  // the same signature as an op without a choice
                op.attrs.set("lowering." + kind, name);
            }
        }
    }
}

}  // namespace handset
