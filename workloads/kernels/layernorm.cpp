// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/norm.h"

namespace handset {

namespace {

class LayerNorm final : public WholeRowKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "layernorm"; }
    [[nodiscard]] std::string_view doc() const override {
        return "(x - mean) / sqrt(variance + eps) * weight + bias, by row; inputs x, weight, bias; attribute eps";
    }

  protected:
    [[nodiscard]] std::span<const std::string_view> parameters() const override { return kParameters; }
    void check(const OpNode& op) const override { static_cast<void>(epsilon(op)); }

    [[nodiscard]] Work work_per_row(std::uint64_t cols) const override {
        Work work;
        // sums of x and of squared differences; differences and bias; squares, times 1/deviation, times weight
        return work.add(VectorOp::reduce, 2 * cols)
            .add(VectorOp::add, 2 * cols)
            .add(VectorOp::mul, 3 * cols)
            .add(VectorOp::divide, 2)
            .add(VectorOp::rsqrt, 1);
    }

    void apply(const OpNode& op, std::span<const float> x, std::span<const std::span<const float>> parameters,
               std::span<float> out) const override {
        // Both sums are taken in double, in order.
        const auto count = static_cast<double>(x.size());
        double sum = 0.0;
        for (const float value : x) {
            sum += double{value};
        }
        const auto mean = static_cast<float>(sum / count);
        double squares = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            out[i] = x[i] - mean;
            squares += double{out[i]} * double{out[i]};
        }
        const float scale = 1.0F / std::sqrt(static_cast<float>(squares / count) + epsilon(op));
        for (std::size_t i = 0; i < x.size(); ++i) {
            out[i] = out[i] * scale * parameters[0][i] + parameters[1][i];
        }
    }

  private:
    static constexpr std::array<std::string_view, 2> kParameters{"weight", "bias"};
};

}  // namespace

const Kernel& layernorm_kernel() {
    static const LayerNorm kKernel;
    return kKernel;
}

}  // namespace handset
