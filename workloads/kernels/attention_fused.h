// SPDX-License-Identifier: Apache-2.0
// Attention in one pass: keys and values stream past resident queries, scores never leave the local store.
// Source of the scheme: FlashAttention (Dao et al. 2022), with the online softmax of Milakov and Gimelshein 2018.
#pragma once

#include <span>

#include "workloads/kernels/attention_plan.h"

namespace handset {

/// Throws ConfigError when one query row and one block of keys do not fit (attention_min_local).
TileProgram lower_fused(const OpNode& op, const AttentionShape& shape, const DeviceCaps& caps);
void compute_fused(const AttentionShape& shape, const AttentionRegion& region, const Tile& tile,
                   std::span<std::byte> local);

}  // namespace handset
