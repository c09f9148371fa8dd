// SPDX-License-Identifier: Apache-2.0
// Timing and energy of CPU tiles, one lane per used core: SIMD issue limits and register-block padding. Pipelines,
// branch prediction and clock scaling are not modelled; measured core power covers arithmetic and caches.
#pragma once

#include <string>
#include <vector>

#include "hw_models/common/compute_core.h"
#include "hw_models/cpu/cpu_config.h"

namespace handset {

class CpuCore final : public ComputeCore {
  public:
    CpuCore(std::string name, const CpuConfig& config);

    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    /// Matrix work, then vector work, then the tile's fixed cycles, at the lane's clock. Throws ModelError for a format
    /// without datapath.
    [[nodiscard]] TileTime tile_time(const Work& work, std::uint32_t lane) const override;
    /// Zero: lane_power() was measured under load and covers it.
    [[nodiscard]] Femtojoules tile_energy(const Work& work, std::uint32_t lane) const override;
    [[nodiscard]] Femtoseconds launch_time(const TileProgram& program, bool continues) const override;
    [[nodiscard]] Femtoseconds completion_time(const TileProgram& program) const override;
    [[nodiscard]] Microwatts lane_power(std::uint32_t lane) const override;

    /// MACs that the register blocks of the inner loop execute for one product, padding included.
    [[nodiscard]] Macs padded_macs(const MatmulWork& work, std::uint32_t lane) const;

  private:
    [[nodiscard]] const CpuClusterConfig& cluster(std::uint32_t lane) const;

    CpuConfig config_;
    std::vector<std::size_t> cluster_of_lane_;
    DeviceCaps caps_;
};

}  // namespace handset
