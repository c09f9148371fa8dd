// SPDX-License-Identifier: Apache-2.0
// The on-chip network as a component: every upstream has a port with its own limit on bytes in flight; admitted
// requests are arbitrated by priority and age under the limit of the whole network.
#pragma once

#include <memory>

#include "hw_models/common/component.h"
#include "hw_models/noc/noc_config.h"

namespace handset {

std::unique_ptr<Component> make_noc(const char* name, const ComponentContext& context, const NocConfig& config);

}  // namespace handset
