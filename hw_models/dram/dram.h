// SPDX-License-Identifier: Apache-2.0
// The memory as a component: requests wait in an arbiter, up to queue_depth are in service, bytes move at completion.
#pragma once

#include <memory>

#include "hw_models/common/component.h"
#include "hw_models/dram/dram_config.h"

namespace handset {

std::unique_ptr<Component> make_dram(const char* name, const ComponentContext& context, const DramConfig& config);

}  // namespace handset
