// SPDX-License-Identifier: Apache-2.0
// Base of add and mul: two fp32 inputs of equal shape, or a second input of one row that serves every row.
#pragma once

#include <span>
#include <vector>

#include "workloads/kernels/rowwise.h"

namespace handset {

class BinaryKernel : public RowwiseKernel {
  public:
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override;
    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override;

  protected:
    [[nodiscard]] RowwiseSpec spec(const OpNode& op) const override;
    [[nodiscard]] virtual VectorOp work_class() const = 0;
    virtual void apply(std::span<const float> a, std::span<const float> b, std::span<float> out) const = 0;
};

}  // namespace handset
