// SPDX-License-Identifier: Apache-2.0
// Lowering memoised per signature and device: a decode step of a large model repeats a few dozen programs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw_models/common/device.h"
#include "sim/ir/kernel.h"
#include "sim/ir/op_graph.h"

namespace handset {

using KernelLookup = std::function<const Kernel&(std::string_view)>;

/// One op signature on one device.
struct LoweredOp {
    const Kernel* kernel = nullptr;
    std::shared_ptr<const TileProgram> program;  ///< null: the device cannot run it
    Femtoseconds estimate_called;                ///< when the host must call the device
    Femtoseconds estimate_continued;             ///< when its predecessors ran there
};

class ProgramCache {
  public:
    ProgramCache(KernelLookup kernels, std::vector<Device*> devices);

    /// One entry per device, in device order. The reference stays valid.
    std::vector<LoweredOp>& lower(const OpNode& op);

  private:
    LoweredOp lower_on(const OpNode& op, const Kernel& kernel, const Device& device) const;

    KernelLookup kernels_;
    std::vector<Device*> devices_;
    std::map<std::string, std::vector<LoweredOp>, std::less<>> entries_;
};

}  // namespace handset
