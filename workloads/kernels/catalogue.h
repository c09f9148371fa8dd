// SPDX-License-Identifier: Apache-2.0
// The table of all operators. A new kernel is one file, one declaration here and one row in catalogue.cpp.
#pragma once

#include <span>
#include <string_view>

#include "sim/ir/kernel.h"

namespace handset {

const Kernel& matmul_kernel();
const Kernel& lm_head_kernel();
const Kernel& outlier_matmul_kernel();
const Kernel& quantise_kernel();
const Kernel& dequantise_kernel();
const Kernel& embedding_kernel();
const Kernel& rmsnorm_kernel();
const Kernel& layernorm_kernel();
const Kernel& rope_kernel();
const Kernel& attention_kernel();
const Kernel& softmax_kernel();
const Kernel& silu_kernel();
const Kernel& gelu_kernel();
const Kernel& gated_kernel();
const Kernel& add_kernel();
const Kernel& mul_kernel();
const Kernel& copy_kernel();
const Kernel& sample_kernel();
const Kernel& load_kernel();

/// All kernels, in a fixed order; they are stateless and live as long as the program.
std::span<const Kernel* const> kernel_catalogue();

/// Throws ConfigError that lists the known names.
const Kernel& find_kernel(std::string_view name);

}  // namespace handset
