// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/program_cache.h"

namespace handset {

ProgramCache::ProgramCache(KernelLookup kernels, std::vector<Device*> devices)
    : kernels_(std::move(kernels)), devices_(std::move(devices)) {}

std::vector<LoweredOp>& ProgramCache::lower(const OpNode& op) {
    std::string key = signature(op);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
        return found->second;
    }
    const Kernel& kernel = kernels_(op.kernel);
    std::vector<LoweredOp> per_device;
    for (const Device* device : devices_) {
        per_device.push_back(lower_on(op, kernel, *device));
    }
    return entries_.emplace(std::move(key), std::move(per_device)).first->second;
}

LoweredOp ProgramCache::lower_on(const OpNode& op, const Kernel& kernel, const Device& device) const {
    LoweredOp lowered;
    lowered.kernel = &kernel;
    if (!kernel.supports(op, device.caps())) {
        return lowered;
    }
    lowered.program = std::make_shared<const TileProgram>(kernel.lower(op, device.caps()));
    lowered.estimate_called = device.estimate(*lowered.program, false);
    lowered.estimate_continued = device.estimate(*lowered.program, true);
    return lowered;
}

}  // namespace handset
