// SPDX-License-Identifier: Apache-2.0
// The timing core of a device that runs tiles: pure functions of the work (tile_time is the CostModel's). No SystemC,
// no state.
#pragma once

#include <cstdint>

#include "hw_models/common/device.h"
#include "sim/base/quantity.h"
#include "sim/ir/cost_model.h"
#include "sim/ir/device_caps.h"
#include "sim/ir/tile_program.h"

namespace handset {

class ComputeCore : public CostModel {
  public:
    [[nodiscard]] virtual const DeviceCaps& caps() const = 0;
    /// Bytes in flight of one lane; zero: PortConfig::lane_outstanding.
    [[nodiscard]] virtual Bytes lane_outstanding(std::uint32_t /*lane*/) const { return {}; }
    /// Dynamic energy of one tile's arithmetic and local-store accesses, without loads and stores.
    [[nodiscard]] virtual Femtojoules tile_energy(const Work& work, std::uint32_t lane) const = 0;
    /// From start() to the first load: call, dispatch, launch, wake-up of worker threads.
    [[nodiscard]] virtual Femtoseconds launch_time(const TileProgram& program, bool continues) const = 0;
    /// As launch_time() for an op that does not continue, on a device that its graph has called before.
    [[nodiscard]] virtual Femtoseconds resume_time(const TileProgram& program) const {
        return launch_time(program, false);
    }
    /// Added to the launch for memory that the program is the first to write: page faults.
    [[nodiscard]] virtual Femtoseconds touch_time(const TileProgram& /*program*/, Bytes /*first_touched*/) const {
        return {};
    }
    /// From the last store to the host knowing: barrier, interrupt, synchronisation.
    [[nodiscard]] virtual Femtoseconds completion_time(const TileProgram& program) const = 0;
    /// Drawn by `lane` from the start of a program to the end of its last tile there (stalls included).
    [[nodiscard]] virtual Microwatts lane_power(std::uint32_t lane) const = 0;
    /// Static-graph preparation of one program; zero when the device needs none.
    [[nodiscard]] virtual Preparation preparation(const TileProgram& /*program*/, Bytes /*weight_bytes*/) const {
        return {};
    }
};

}  // namespace handset
