// SPDX-License-Identifier: Apache-2.0
// Shadow weights for outlier execution (llm.npu, arXiv 2407.05858, section 3.3): a second copy of a matrix with a row
// per input channel, so that the few channels of a step can be read as rows; and the choice of layers that have them.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/models/weight_image.h"

namespace handset {

/// By layer, whether its outliers are kept: of `layers` all but the share `pruned`, nearest to input and output (input
/// first), where the paper finds outliers most important.
std::vector<bool> kept_layers(std::uint32_t layers, double pruned);

/// Adds the shadow of every int8 matrix in kept layers behind the image: int8 with one scale per input channel. Values
/// are those of `source`, the weights before conversion, where it has the matrix in another format.
void add_shadows(ModelWeights& weights, const ModelWeights& source, const std::vector<bool>& kept, bool with_data);

}  // namespace handset
