// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/activation.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

class Gelu final : public ElementwiseKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "gelu"; }
    [[nodiscard]] std::string_view doc() const override {
        return "Gaussian error linear unit in its tanh approximation, elementwise";
    }

  protected:
    [[nodiscard]] std::size_t input_count() const override { return 1; }
    [[nodiscard]] Work work_per_element(const OpNode& /*op*/) const override { return gelu_work(); }
    void apply(const OpNode& /*op*/, std::span<const std::span<const float>> inputs,
               std::span<float> out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = gelu(inputs[0][i]);
        }
    }
};

}  // namespace

const Kernel& gelu_kernel() {
    static const Gelu kKernel;
    return kKernel;
}

}  // namespace handset
