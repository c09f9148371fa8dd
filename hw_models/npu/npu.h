// SPDX-License-Identifier: Apache-2.0
// The NPU as a SystemC component: the shared tile shell around NpuCore.
#pragma once

#include <memory>

#include "hw_models/common/component.h"
#include "hw_models/npu/npu_config.h"

namespace handset {

/// `config` has passed its check().
std::unique_ptr<Component> make_npu(const char* name, const ComponentContext& context, const NpuConfig& config);

}  // namespace handset
