// SPDX-License-Identifier: Apache-2.0
// Timing and energy of one GPU tile, spread over all compute units (matrix_kernel.h), and of launches and waits of the
// host. The second-level cache is the port's and the interconnect's business.
#pragma once

#include <string>

#include "hw_models/common/compute_core.h"
#include "hw_models/gpu/gpu_config.h"
#include "hw_models/gpu/matrix_kernel.h"

namespace handset {

class GpuCore final : public ComputeCore {
  public:
    GpuCore(std::string name, const GpuConfig& config);

    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    /// The longest of issued instructions (MACs and vector work), operand delivery and exposed latency, plus the fixed
    /// cost of a tile. Throws ModelError for a format without datapath.
    [[nodiscard]] TileTime tile_time(const Work& work, std::uint32_t lane) const override;
    [[nodiscard]] Femtojoules tile_energy(const Work& work, std::uint32_t lane) const override;
    /// A chain of ops is entered once and left once, and a device does not see who takes its result: submission and
    /// synchronisation are both charged where the chain is entered. With a limited batch every further launch pays its
    /// share of the next command buffer.
    [[nodiscard]] Femtoseconds launch_time(const TileProgram& program, bool continues) const override;
    [[nodiscard]] Femtoseconds completion_time(const TileProgram& program) const override;
    /// Zero: a GPU draws PortConfig::active_power while it runs, the rest is charged per event.
    [[nodiscard]] Microwatts lane_power(std::uint32_t lane) const override;

    /// Cycles of one product without vector work.
    [[nodiscard]] Cycles matmul_cycles(const MatmulWork& work) const;

  private:
    [[nodiscard]] MatrixCycles matrix(const MatmulWork& work) const;

    GpuConfig config_;
    DeviceCaps caps_;
};

}  // namespace handset
