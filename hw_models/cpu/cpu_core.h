// SPDX-License-Identifier: Apache-2.0
// Timing and energy of CPU tiles, one worker per used core: micro-kernels for matrix work, SIMD issue for vector work,
// the runtime's threads. Branch prediction and clock scaling are not modelled; measured core power covers arithmetic
// and caches.
#pragma once

#include <string>
#include <vector>

#include "hw_models/common/compute_core.h"
#include "hw_models/cpu/cpu_config.h"

namespace handset {

class CpuCore final : public ComputeCore {
  public:
    /// `config` has passed its check().
    CpuCore(std::string name, const CpuConfig& config);

    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    /// Matrix work, then vector work, then the tile's fixed cycles, at the core's clock, stretched by what runs beside
    /// it. Chunks beyond the workers count as on worker (lane mod workers). Throws ModelError for a format without
    /// micro-kernel.
    [[nodiscard]] TileTime tile_time(const Work& work, std::uint32_t lane) const override;
    /// Zero: lane_power() was measured under load and covers it.
    [[nodiscard]] Femtojoules tile_energy(const Work& work, std::uint32_t lane) const override;
    [[nodiscard]] Femtoseconds launch_time(const TileProgram& program, bool continues) const override;
    /// Each thread faults on the pages of its own part, all at a time; counted before the loop, not within it.
    [[nodiscard]] Femtoseconds touch_time(const TileProgram& program, Bytes first_touched) const override;
    [[nodiscard]] Femtoseconds completion_time(const TileProgram& program) const override;
    [[nodiscard]] Microwatts lane_power(std::uint32_t lane) const override;
    [[nodiscard]] Bytes lane_outstanding(std::uint32_t lane) const override;

  private:
    [[nodiscard]] const CpuClusterConfig& cluster(std::uint32_t lane) const;
    [[nodiscard]] Cycles matrix_cycles(const MatmulWork& work, const CpuClusterConfig& core) const;
    [[nodiscard]] std::uint64_t threads(const TileProgram& program) const;
    void describe_lanes();
    void describe_formats();

    CpuConfig config_;
    std::vector<CpuConfig::Core> cores_;
    DeviceCaps caps_;
};

}  // namespace handset
