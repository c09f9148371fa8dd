// SPDX-License-Identifier: Apache-2.0
// A cache level as a component. The level below always holds the current bytes: timing is write-back, bytes are written
// through at completion, so a hit reads them from below without time and a written-back line carries none.
#pragma once

#include <memory>

#include "hw_models/cache/cache_config.h"
#include "hw_models/common/component.h"

namespace handset {

std::unique_ptr<Component> make_cache(const char* name, const ComponentContext& context, const CacheConfig& config);

}  // namespace handset
