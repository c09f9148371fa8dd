// SPDX-License-Identifier: Apache-2.0
// fp32 vector loops in one fixed order of evaluation, written so that compilers turn them into SIMD without changing a
// bit (no reassociation, no fused multiply-add). Inner products are in simd.h.
#pragma once

#include <cstddef>

namespace handset {

inline void scale_in_place(float* values, float factor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        values[i] *= factor;
    }
}

/// sums += factor * values
inline void add_scaled(float* sums, const float* values, float factor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += factor * values[i];
    }
}

}  // namespace handset
