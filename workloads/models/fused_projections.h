// SPDX-License-Identifier: Apache-2.0
// Files of some families keep queries, keys and values of a layer in one matrix, rows one behind the other
// ("blk.3.attn_qkv.weight", and its bias). The builder knows three: they become views of its rows, no byte moves.
#pragma once

#include "workloads/models/model_file.h"

namespace handset {

/// Replaces every fused matrix and fp32 bias. A tensor whose rows do not divide by the heads of the metadata stays as
/// it is (decoder_config then says that it is not part of the architecture). Throws ConfigError on keys of a wrong
/// type.
void split_fused_projections(ModelFile& model);

}  // namespace handset
