// SPDX-License-Identifier: Apache-2.0
// Programs of several stages, each of which reads what any tile of the one before has stored. The stages run within one
// start of the device: a second launch of its own is not charged.
#pragma once

#include <array>
#include <cstdint>

#include "sim/ir/tile_program.h"

namespace handset {

/// Appends a stage. Lanes meet at an empty tile, whose region is `meeting`: a barrier on the first tile of every lane
/// would let those tiles run one after another. Scratch is that of the stage with most; the mapping stays.
void append_stage(TileProgram& program, const TileProgram& stage, const std::array<std::uint32_t, 6>& meeting);

}  // namespace handset
