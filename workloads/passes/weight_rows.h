// SPDX-License-Identifier: Apache-2.0
// Rows of a weight, decoded one at a time from the flash image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/models/weight_image.h"

namespace handset {

class WeightRows {
  public:
    /// Both outlive it.
    WeightRows(const WeightImage& image, const Weight& weight);

    /// fp32 values, valid until the next call.
    std::span<const float> row(std::uint64_t index);

  private:
    const WeightImage& image_;
    const Weight& weight_;
    std::vector<std::byte> stored_;
    std::vector<float> values_;
};

}  // namespace handset
