// SPDX-License-Identifier: Apache-2.0
// The GPU as a SystemC component: the shared tile shell around GpuCore.
#pragma once

#include <memory>

#include "hw_models/common/component.h"
#include "hw_models/gpu/gpu_config.h"

namespace handset {

/// `config` has passed its check().
std::unique_ptr<Component> make_gpu(const char* name, const ComponentContext& context, const GpuConfig& config);

}  // namespace handset
