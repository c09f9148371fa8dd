// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/binary.h"
#include "workloads/kernels/catalogue.h"

namespace handset {

namespace {

class Mul final : public BinaryKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "mul"; }
    [[nodiscard]] std::string_view doc() const override {
        return "product, elementwise; inputs a, b (b of one row multiplies every row)";
    }

  protected:
    [[nodiscard]] VectorOp work_class() const override { return VectorOp::mul; }
    void apply(std::span<const float> a, std::span<const float> b, std::span<float> out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = a[i] * b[i];
        }
    }
};

}  // namespace

const Kernel& mul_kernel() {
    static const Mul kKernel;
    return kKernel;
}

}  // namespace handset
