// SPDX-License-Identifier: Apache-2.0
// Gives a model outlier channels without changing its function, as small models have none: a norm's weight of a channel
// is multiplied by a factor, the columns of the products that follow are divided by it. With a power of two every fp32
// result stays the same to the bit, as long as nothing over- or underflows. What it does not imitate: large models have
// outliers with columns of ordinary size, here the columns become small beside the others of their row, so that
// quantised weights lose more of them.
#pragma once

#include <cstdint>

#include "workloads/models/weight_image.h"

namespace handset {

struct PlantedOutliers {
    std::uint32_t channels = 0;  ///< per norm before attention and feed-forward
    double factor = 1.0;
    std::uint64_t seed = 0;
};

/// The changed matrices become fp32. Throws ConfigError when the model is narrower than that or a product is missing.
ModelWeights plant_outliers(const ModelWeights& weights, const PlantedOutliers& planted, bool with_data);

}  // namespace handset
