// SPDX-License-Identifier: Apache-2.0
// Activation functions in fp32, one order of evaluation, with the vector work of one element.
// Source of the GELU approximation: Hendrycks and Gimpel 2016, constants as in ggml.
#pragma once

#include <cmath>

#include "sim/ir/tile_program.h"

namespace handset {

inline float silu(float x) {
    return x * (1.0F / (1.0F + std::exp(-x)));
}
inline Work silu_work() {
    Work work;
    return work.add(VectorOp::exp, 1).add(VectorOp::add, 1).add(VectorOp::divide, 1).add(VectorOp::mul, 1);
}

inline float gelu(float x) {
    constexpr float kSqrtTwoOverPi = 0.79788456080286535588F;
    constexpr float kCubic = 0.044715F;
    return 0.5F * x * (1.0F + std::tanh(kSqrtTwoOverPi * x * (1.0F + kCubic * x * x)));
}
/// tanh(y) = 1 - 2 / (exp(2y) + 1) on a vector unit.
inline Work gelu_work() {
    Work work;
    return work.add(VectorOp::exp, 1).add(VectorOp::divide, 1).add(VectorOp::mul, 7).add(VectorOp::add, 4);
}

}  // namespace handset
