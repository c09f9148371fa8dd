// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "workloads/kernels/activation.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

class Gated final : public ElementwiseKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "gated"; }
    [[nodiscard]] std::string_view doc() const override {
        return "act(gate) * up, elementwise; inputs gate, up; attribute activation: silu or gelu";
    }

  protected:
    [[nodiscard]] std::size_t input_count() const override { return 2; }
    void check(const OpNode& op) const override { static_cast<void>(uses_gelu(op)); }
    [[nodiscard]] Work work_per_element(const OpNode& op) const override {
        Work work = uses_gelu(op) ? gelu_work() : silu_work();
        return work.add(VectorOp::mul, 1);
    }
    void apply(const OpNode& op, std::span<const std::span<const float>> inputs, std::span<float> out) const override {
        const bool use_gelu = uses_gelu(op);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const float gate = inputs[0][i];
            out[i] = (use_gelu ? gelu(gate) : silu(gate)) * inputs[1][i];
        }
    }

  private:
    static bool uses_gelu(const OpNode& op) {
        require(op, op.attrs.has("activation"), "needs the attribute 'activation'");
        const std::string& activation = op.attrs.text("activation");
        require(op, activation == "silu" || activation == "gelu",
                "unknown activation '" + activation + "'; known: silu, gelu");
        return activation == "gelu";
    }
};

}  // namespace

const Kernel& gated_kernel() {
    static const Gated kKernel;
    return kKernel;
}

}  // namespace handset
