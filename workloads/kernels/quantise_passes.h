// SPDX-License-Identifier: Apache-2.0
// Quantisation whose scale is known only after all rows were seen: one pass over the rows finds it, a second one loads
// the rows again and applies it. Both on the fastest lane: its computes are in order, so the scale of the first pass is
// complete when the second starts, and loads of the second may already run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "workloads/kernels/tiling.h"

namespace handset {

// Tile::region = {first row, rows, pass}; row-wise programs leave the pass 0.
inline constexpr std::uint32_t kFindScale = 1;
inline constexpr std::uint32_t kApplyScale = 2;

struct PassesSpec {
    std::uint64_t state_bytes = 0;         ///< of the lane, from the first pass to the second: Tile::local[operands]
    std::vector<RowOperand> stores;        ///< rows that the second pass writes
    std::optional<RowOperand> store_once;  ///< one row that the first tile of the second pass writes
    std::function<Work(std::uint32_t pass, Range rows)> work;
};

/// Operand 0 is the fp32 input. Throws ConfigError when one row does not fit.
TileProgram lower_passes(const OpNode& op, const DeviceCaps& caps, const PassesSpec& spec);
/// The local bytes that lower_passes needs at least.
std::uint64_t passes_min_local(const OpNode& op, const PassesSpec& spec);

}  // namespace handset
