// SPDX-License-Identifier: Apache-2.0
// What a lowering may ask of a device's timing: the same pure functions that the simulation uses, so that a mapping is
// chosen by the times it will get.
#pragma once

#include <cstdint>

#include "sim/base/quantity.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// How long the compute unit of a lane is busy with one tile, and with what. `total` is at most the sum of the parts
/// (they may overlap).
struct TileTime {
    Femtoseconds matrix;
    Femtoseconds vector;
    Femtoseconds overhead;  ///< per tile: descriptors, command issue, loop set-up
    Femtoseconds total;
};

class CostModel {
  public:
    virtual ~CostModel() = default;
    [[nodiscard]] virtual TileTime tile_time(const Work& work, std::uint32_t lane) const = 0;
};

}  // namespace handset
