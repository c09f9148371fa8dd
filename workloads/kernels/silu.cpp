// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/activation.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

class Silu final : public ElementwiseKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "silu"; }
    [[nodiscard]] std::string_view doc() const override { return "x * sigmoid(x), elementwise"; }

  protected:
    [[nodiscard]] std::size_t input_count() const override { return 1; }
    [[nodiscard]] Work work_per_element(const OpNode& /*op*/) const override { return silu_work(); }
    void apply(const OpNode& /*op*/, std::span<const std::span<const float>> inputs,
               std::span<float> out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = silu(inputs[0][i]);
        }
    }
};

}  // namespace

const Kernel& silu_kernel() {
    static const Silu kKernel;
    return kKernel;
}

}  // namespace handset
