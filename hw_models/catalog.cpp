// SPDX-License-Identifier: Apache-2.0
#include "hw_models/catalog.h"

#include <array>

#include "hw_models/cache/cache.h"
#include "hw_models/cpu/cpu.h"
#include "hw_models/dram/dram.h"
#include "hw_models/flash/flash.h"
#include "hw_models/gpu/gpu.h"
#include "hw_models/noc/noc.h"
#include "hw_models/npu/npu.h"
#include "hw_models/power/power.h"
#include "sim/base/errors.h"
#include "sim/config/typed_config.h"

namespace handset {

namespace {

using Build = std::unique_ptr<Component> (*)(const AnyConfig&, const char*, const ComponentContext&);

template <class Config, std::unique_ptr<Component> (*kMake)(const char*, const ComponentContext&, const Config&)>
std::unique_ptr<Component> build(const AnyConfig& config, const char* name, const ComponentContext& context) {
    return kMake(name, context, config.get<Config>());
}

constexpr std::array kKinds{
    ConfigKind{"cpu", "clusters of cores with SIMD units", &make_config<CpuConfig>},
    ConfigKind{"gpu", "compute units with launch and synchronisation cost", &make_config<GpuConfig>},
    ConfigKind{"npu", "matrix arrays and a vector unit over a scratchpad", &make_config<NpuConfig>},
    ConfigKind{"flash", "UFS storage: NAND behind a serial link", &make_config<FlashConfig>},
    ConfigKind{"dram", "LPDDR memory: channels, ranks, banks", &make_config<DramConfig>},
    ConfigKind{"cache", "L3 or system cache", &make_config<CacheConfig>},
    ConfigKind{"noc", "interconnect with ports of given width and clock", &make_config<NocConfig>},
    ConfigKind{"power", "rest of the phone, regulators, temperature", &make_config<PowerConfig>},
};

/// Same order as kKinds.
constexpr std::array<Build, kKinds.size()> kBuild{
    &build<CpuConfig, make_cpu>,     &build<GpuConfig, make_gpu>,     &build<NpuConfig, make_npu>,
    &build<FlashConfig, make_flash>, &build<DramConfig, make_dram>,   &build<CacheConfig, make_cache>,
    &build<NocConfig, make_noc>,     &build<PowerConfig, make_power>,
};

}  // namespace

std::span<const ConfigKind> component_kinds() {
    return kKinds;
}

std::unique_ptr<Component> make_component(const AnyConfig& config, const std::string& name,
                                          const ComponentContext& context) {
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (kKinds[i].name == config.kind()) {
            return kBuild[i](config, name.c_str(), context);
        }
    }
    throw ModelError("no model of kind '" + config.kind() + "'");
}

}  // namespace handset
