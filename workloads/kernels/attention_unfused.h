// SPDX-License-Identifier: Apache-2.0
// Attention in three passes, as engines without a fused kernel run it: scores = q k^T to memory, softmax row by row in
// memory, then the product with the values. All pairs of query and key are computed and stored in fp32, masked ones
// too, as in ggml (mul_mat, soft_max_ext, mul_mat); a window masks, it leaves out none of the keys given. Does not
// model a transposed copy of the values.
#pragma once

#include <span>

#include "workloads/kernels/attention_plan.h"

namespace handset {

/// Local store for one query row of one head and one block of keys, and for one row of scores.
std::uint64_t unfused_min_local(const AttentionShape& shape);
/// The scores lie in the program's scratch as [head][query row][key]. Throws ConfigError below unfused_min_local.
TileProgram lower_unfused(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps);
void compute_unfused(const AttentionShape& shape, const AttentionRegion& region, const Tile& tile,
                     std::span<std::byte> local);

}  // namespace handset
