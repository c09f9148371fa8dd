// SPDX-License-Identifier: Apache-2.0
// The workload's choice of lowerings: sets the attribute "lowering.<device kind>" on the ops of a graph, so that "what
// if this kernel were written so" needs no code. Kernels say what there is to choose (Kernel::lowerings).
#pragma once

#include <map>
#include <string>

#include "sim/base/errors.h"
#include "sim/ir/op_graph.h"

namespace handset {

/// Kernel -> device kind (cpu, gpu, npu) -> name of a lowering, or "auto" for the kernel's own choice.
using LoweringChoice = std::map<std::string, std::map<std::string, std::string>>;

/// Adds a problem at "<path>.<kernel>.<kind>" for every name that does not exist, with the known ones.
void check_lowerings(const LoweringChoice& choice, const std::string& path, Errors& errors);

/// Sets the attributes of a checked choice on all ops of the chosen kernels.
void choose_lowerings(OpGraph& graph, const LoweringChoice& choice);

}  // namespace handset
