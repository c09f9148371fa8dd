// SPDX-License-Identifier: Apache-2.0
// Cycles of a matrix product on the compute units of a GPU, from what a work item holds in registers: arithmetic,
// delivery of operands to registers, and the latency that too few resident waves leave open. Divergence, bank conflicts
// and misses of the first-level cache are not modelled.
#pragma once

#include <cstdint>

#include "hw_models/gpu/gpu_config.h"
#include "sim/base/quantity.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// Three things a compute unit does at the same time, in cycles; the longest is the product's time.
struct MatrixCycles {
    Cycles arithmetic;  ///< MAC instructions issued
    Cycles delivery;    ///< operands through the cache or local memory
    Cycles latency;     ///< every wave in turn waits for its operands and computes, `resident` waves at a time
    std::uint32_t resident = 1;

    [[nodiscard]] Cycles longest() const;
};

/// The register tile that computes a product of `m` rows: gemv with exactly these rows for at most gemv.rows, else
/// gemm.
RegisterTile register_tile(const GpuConfig& config, std::uint32_t m);

/// 32-bit registers of one work item: results, operands of one load, base_registers. Integer products and fp32 sum in
/// 32 bits, fp16 in 16.
std::uint32_t item_registers(const GpuConfig& config, const RegisterTile& tile, MacFormat format);

/// Waves that fit the register file, at least one (check() forbids tiles that do not fit) and at most max_waves.
std::uint32_t resident_waves(const GpuConfig& config, const RegisterTile& tile, MacFormat format);

/// Bytes that one work item loads per step, in the datapath's format (packed weights are unpacked on their way).
Bytes step_bytes(const RegisterTile& tile, MacFormat format);

/// Cycles of one tile of a program. The tile is a part of the kernel's grid: its steps (tile of results x depth) spread
/// evenly over all units, contraction included, because the rest of the grid fills what it leaves idle. Needs a rate
/// for the format.
MatrixCycles matrix_cycles(const GpuConfig& config, const MatmulWork& work);

}  // namespace handset
