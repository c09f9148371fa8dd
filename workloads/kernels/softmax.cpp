// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/norm.h"

namespace handset {

namespace {

class Softmax final : public WholeRowKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "softmax"; }
    [[nodiscard]] std::string_view doc() const override { return "exp(x - max) / sum, by row; input x"; }

  protected:
    [[nodiscard]] std::span<const std::string_view> parameters() const override { return {}; }

    [[nodiscard]] Work work_per_row(std::uint64_t cols) const override {
        Work work;
        return work.add(VectorOp::reduce, 2 * cols)
            .add(VectorOp::add, cols)
            .add(VectorOp::exp, cols)
            .add(VectorOp::mul, cols)
            .add(VectorOp::divide, 1);
    }

    void apply(const OpNode& /*op*/, std::span<const float> x, std::span<const std::span<const float>> /*parameters*/,
               std::span<float> out) const override {
        const float maximum = *std::max_element(x.begin(), x.end());
        double sum = 0.0;  // in order
        for (std::size_t i = 0; i < x.size(); ++i) {
            out[i] = std::exp(x[i] - maximum);
            sum += double{out[i]};
        }
        const auto scale = static_cast<float>(1.0 / sum);
        for (float& value : out) {
            value *= scale;
        }
    }
};

}  // namespace

const Kernel& softmax_kernel() {
    static const Softmax kKernel;
    return kKernel;
}

}  // namespace handset
