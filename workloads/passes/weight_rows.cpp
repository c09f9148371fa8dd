// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/weight_rows.h"

#include "workloads/kernels/row_codec.h"

namespace handset {

WeightRows::WeightRows(const WeightImage& image, const Weight& weight)
    : image_(image),
      weight_(weight),
      stored_(row_bytes(weight.format, weight.shape.cols).count()),
      values_(weight.shape.cols) {}

std::span<const float> WeightRows::row(std::uint64_t index) {
    image_.read(weight_.flash_address + index * stored_.size(), stored_);
    decode_row(weight_.format, stored_, values_);
    return values_;
}

}  // namespace handset
