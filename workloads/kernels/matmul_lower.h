// SPDX-License-Identifier: Apache-2.0
// Writes a planned matrix product as a tile program. Tile::region is {first row, rows, first column, columns, first
// element of the contraction, elements}; Tile::local are the operands' parts, then where the sums of this tile are kept
// between its parts (the results themselves when those are as wide).
#pragma once

#include "workloads/kernels/matmul_work.h"

namespace handset {

TileProgram write_matmul(const OpNode& op, const DeviceCaps& caps, const MatmulSizes& sizes, const MatmulPlan& plan,
                         const MatmulStyle& style);

}  // namespace handset
