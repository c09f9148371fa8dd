// SPDX-License-Identifier: Apache-2.0
// Base of the operators that work on whole fp32 rows, with per-column parameters (weight, bias) kept in the local
// store.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "workloads/kernels/rowwise.h"

namespace handset {

class WholeRowKernel : public RowwiseKernel {
  public:
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override;
    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override;

  protected:
    [[nodiscard]] RowwiseSpec spec(const OpNode& op) const override;

    /// Names of inputs 1, 2 ...: fp32, one row, as wide as x.
    [[nodiscard]] virtual std::span<const std::string_view> parameters() const = 0;
    virtual void check(const OpNode& /*op*/) const {}
    [[nodiscard]] virtual Work work_per_row(std::uint64_t cols) const = 0;
    virtual void apply(const OpNode& op, std::span<const float> x, std::span<const std::span<const float>> parameters,
                       std::span<float> out) const = 0;
};

/// The attribute eps, a small positive number.
float epsilon(const OpNode& op);

}  // namespace handset
