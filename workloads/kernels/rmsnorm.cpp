// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/norm.h"

namespace handset {

namespace {

class RmsNorm final : public WholeRowKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "rmsnorm"; }
    [[nodiscard]] std::string_view doc() const override {
        return "x / sqrt(mean(x^2) + eps) * weight, by row; inputs x, weight; attribute eps";
    }

  protected:
    [[nodiscard]] std::span<const std::string_view> parameters() const override { return kParameters; }
    void check(const OpNode& op) const override { static_cast<void>(epsilon(op)); }

    [[nodiscard]] Work work_per_row(std::uint64_t cols) const override {
        Work work;
        // squares, times 1/rms, times weight; one division and one root
        return work.add(VectorOp::mul, 3 * cols)
            .add(VectorOp::reduce, cols)
            .add(VectorOp::divide, 1)
            .add(VectorOp::rsqrt, 1);
    }

    void apply(const OpNode& op, std::span<const float> x, std::span<const std::span<const float>> parameters,
               std::span<float> out) const override {
        // Squares are summed in double, in order; the rest is fp32 in the order of llama2.c.
        double squares = 0.0;
        for (const float value : x) {
            squares += double{value} * double{value};
        }
        const float mean = static_cast<float>(squares / static_cast<double>(x.size()));
        const float scale = 1.0F / std::sqrt(mean + epsilon(op));
        for (std::size_t i = 0; i < x.size(); ++i) {
            out[i] = parameters[0][i] * (scale * x[i]);
        }
    }

  private:
    static constexpr std::array<std::string_view, 1> kParameters{"weight"};
};

}  // namespace

const Kernel& rmsnorm_kernel() {
    static const RmsNorm kKernel;
    return kKernel;
}

}  // namespace handset
