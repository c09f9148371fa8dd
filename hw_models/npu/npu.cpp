// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/npu.h"

#include "hw_models/common/tile_device.h"
#include "hw_models/npu/npu_core.h"

namespace handset {

std::unique_ptr<Component> make_npu(const char* name, const ComponentContext& context, const NpuConfig& config) {
    return std::make_unique<TileDevice>(name, context, std::make_unique<NpuCore>(name, config), config.port);
}

}  // namespace handset
