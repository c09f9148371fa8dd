// SPDX-License-Identifier: Apache-2.0
// The CPU as a SystemC component: the shared tile shell around CpuCore.
#pragma once

#include <memory>

#include "hw_models/common/component.h"
#include "hw_models/cpu/cpu_config.h"

namespace handset {

/// `config` has passed its check().
std::unique_ptr<Component> make_cpu(const char* name, const ComponentContext& context, const CpuConfig& config);

}  // namespace handset
