// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/catalogue.h"

#include <array>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

std::span<const Kernel* const> kernel_catalogue() {
    static const std::array kKernels{
        &matmul_kernel(),         &lm_head_kernel(),   &quantise_kernel(),
        &dequantise_kernel(),     &embedding_kernel(), &rmsnorm_kernel(),
        &layernorm_kernel(),      &rope_kernel(),      &attention_kernel(),
        &softmax_kernel(),        &silu_kernel(),      &gelu_kernel(),
        &gated_kernel(),          &add_kernel(),       &mul_kernel(),
        &copy_kernel(),           &sample_kernel(),    &load_kernel(),
        &outlier_matmul_kernel(),
    };
    return kKernels;
}

const Kernel& find_kernel(std::string_view name) {
    std::vector<std::string> known;
    for (const Kernel* kernel : kernel_catalogue()) {
        if (kernel->name() == name) {
            return *kernel;
        }
        known.emplace_back(kernel->name());
    }
    throw ConfigError(unknown_name("kernel", name, known));
}

}  // namespace handset
