// SPDX-License-Identifier: Apache-2.0
// Which weights a model has, in which format, and where they lie in flash. Values only; the bytes are in WeightImage.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/ir/tensor.h"
#include "workloads/models/decoder_tensors.h"

namespace handset {

struct Weight {
    std::string name;
    Shape shape;
    NumberFormat format = NumberFormat::fp32;
    WeightRole role = WeightRole::matrix;
    Address flash_address = 0;

    [[nodiscard]] Bytes size() const { return shape.rows * row_bytes(format, shape.cols); }
};

class WeightTable {
  public:
    /// Names are unique (ModelError).
    void add(Weight weight);
    [[nodiscard]] const std::vector<Weight>& weights() const { return weights_; }
    [[nodiscard]] const Weight* find(std::string_view name) const;
    /// Throws ModelError when missing.
    [[nodiscard]] const Weight& at(std::string_view name) const;
    [[nodiscard]] Bytes size() const;

  private:
    std::vector<Weight> weights_;
    std::unordered_map<std::string, std::size_t> index_;  // looked up only
};

}  // namespace handset
