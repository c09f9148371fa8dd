// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/binary.h"
#include "workloads/kernels/catalogue.h"

namespace handset {

namespace {

class Add final : public BinaryKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "add"; }
    [[nodiscard]] std::string_view doc() const override {
        return "sum; inputs a, b (b of one row is added to every row)";
    }

  protected:
    [[nodiscard]] VectorOp work_class() const override { return VectorOp::add; }
    void apply(std::span<const float> a, std::span<const float> b, std::span<float> out) const override {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = a[i] + b[i];
        }
    }
};

}  // namespace

const Kernel& add_kernel() {
    static const Add kKernel;
    return kKernel;
}

}  // namespace handset
