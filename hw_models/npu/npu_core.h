// SPDX-License-Identifier: Apache-2.0
// Timing and energy of one NPU tile: systolic folds limited by scratchpad bandwidth, then vector work. Banks conflict
// on average, not by address; instruction fetch and clock scaling are not modelled.
#pragma once

#include <string>

#include "hw_models/common/compute_core.h"
#include "hw_models/npu/npu_config.h"

namespace handset {

class NpuCore final : public ComputeCore {
  public:
    NpuCore(std::string name, const NpuConfig& config);

    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    /// Matrix and vector time, in sequence or overlapped, plus the fixed cost of a tile. Throws ModelError for a format
    /// without datapath.
    [[nodiscard]] TileTime tile_time(const Work& work, std::uint32_t lane) const override;
    [[nodiscard]] Femtojoules tile_energy(const Work& work, std::uint32_t lane) const override;
    [[nodiscard]] Femtoseconds launch_time(const TileProgram& program, bool continues) const override;
    [[nodiscard]] Femtoseconds resume_time(const TileProgram& program) const override;
    [[nodiscard]] Femtoseconds completion_time(const TileProgram& program) const override;
    /// Zero: an NPU draws PortConfig::active_power while it runs, the rest is charged per event.
    [[nodiscard]] Microwatts lane_power(std::uint32_t lane) const override;
    [[nodiscard]] Preparation preparation(const TileProgram& program, Bytes weight_bytes) const override;

    /// max(folds, bytes that feed them / scratchpad rate).
    [[nodiscard]] Femtoseconds matrix_time(const Work& work) const;
    /// max(instructions / threads, bytes / width of the threads).
    [[nodiscard]] Femtoseconds vector_time(const Work& work) const;

  private:
    struct MatrixCycles {
        Cycles folds;
        Cycles feed;
    };
    [[nodiscard]] MatrixCycles matrix_cycles(const Work& work) const;
    /// Matrix and vector work side by side, with the stalls of banks that both want.
    [[nodiscard]] Femtoseconds overlapped_time(const Work& work) const;
    /// Products without a datapath in the arrays run on the vector unit, where the part allows it.
    [[nodiscard]] bool on_vector_unit(const MatmulWork& matmul) const;
    [[nodiscard]] std::uint64_t product_lanes(MacFormat format) const;

    NpuConfig config_;
    VectorCosts costs_;
    DeviceCaps caps_;
};

}  // namespace handset
