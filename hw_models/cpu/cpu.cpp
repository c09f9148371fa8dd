// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/cpu.h"

#include "hw_models/common/tile_device.h"
#include "hw_models/cpu/cpu_core.h"

namespace handset {

std::unique_ptr<Component> make_cpu(const char* name, const ComponentContext& context, const CpuConfig& config) {
    return std::make_unique<TileDevice>(name, context, std::make_unique<CpuCore>(name, config), config.port);
}

}  // namespace handset
