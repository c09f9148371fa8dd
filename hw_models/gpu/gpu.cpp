// SPDX-License-Identifier: Apache-2.0
#include "hw_models/gpu/gpu.h"

#include "hw_models/common/tile_device.h"
#include "hw_models/gpu/gpu_core.h"

namespace handset {

std::unique_ptr<Component> make_gpu(const char* name, const ComponentContext& context, const GpuConfig& config) {
    return std::make_unique<TileDevice>(name, context, std::make_unique<GpuCore>(name, config), config.port);
}

}  // namespace handset
