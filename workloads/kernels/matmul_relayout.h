// SPDX-License-Identifier: Apache-2.0
// The matrix product of a GPU whose kernel wants its weights in a layout of its own: a pass reads the weights as they
// are stored and writes an fp16 copy to memory, then the tiled product reads the copy (buffer to image, or dequantise
// and multiply). The copy is made at every call and its numbers are rounded to fp16. A launch of its own for the pass
// is not charged.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/ir/kernel.h"

namespace handset {

inline constexpr std::string_view kRelayoutGemm = "relayout_gemm";

/// What a tile of a matrix product computes: the product of its operands, the copy of weights, nothing (where stages
/// meet), or the product with copied weights. Kept in the highest bits of Tile::region, above the elements of the
/// contraction.
enum class MatmulStage : std::uint32_t { product, relayout, sync, product_of_copy };
MatmulStage matmul_stage(const Tile& tile);
/// Elements of the contraction in a tile of a product.
std::uint32_t matmul_part(const Tile& tile);

/// Whether the op names this lowering on a GPU and has weights that fp16 can hold and float activations.
bool is_relayout(const OpNode& op, const DeviceCaps& caps);
/// The same product as if the weights were the copy: what the second stage lowers.
OpNode product_of_copy(const OpNode& op);
bool relayout_fits(const OpNode& op, const DeviceCaps& caps);
/// Both stages, from the program of product_of_copy(). Throws ConfigError when a row of weights does not fit.
TileProgram lower_relayout(const OpNode& op, const DeviceCaps& caps, TileProgram product);
/// The numbers of a tile of MatmulStage::relayout.
void compute_relayout(const OpNode& op, const Tile& tile, std::span<std::byte> local);

}  // namespace handset
