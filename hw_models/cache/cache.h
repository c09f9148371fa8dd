// SPDX-License-Identifier: Apache-2.0
// A cache level as a component: one shared array, or a private one per lane that keep each other coherent by snooping.
// The level below always holds the current bytes: timing is write-back, bytes are written through at completion, so a
// hit reads them from below without time and a written-back line carries none. Writes of other components do not reach
// an array above them. A stream that passes by costs one event: its tag result; the answer passes through.
#pragma once

#include <memory>

#include "hw_models/cache/cache_config.h"
#include "hw_models/common/component.h"

namespace handset {

std::unique_ptr<Component> make_cache(const char* name, const ComponentContext& context, const CacheConfig& config);

}  // namespace handset
