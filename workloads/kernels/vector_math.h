// SPDX-License-Identifier: Apache-2.0
// fp32 vector loops in one fixed order of evaluation, written so that compilers turn them into SIMD without changing a
// bit (no reassociation, no fused multiply-add).
#pragma once

#include <array>
#include <cstddef>

namespace handset {

/// Dot product in 16 interleaved partial sums that are then halved pairwise (8, 4, 2, 1).
inline float dot16(const float* a, const float* b, std::size_t count) {
    constexpr std::size_t kLanes = 16;
    std::array<float, kLanes> sums{};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            sums[lane] += a[i + lane] * b[i + lane];
        }
    }
    for (std::size_t lane = 0; i + lane < count; ++lane) {
        sums[lane] += a[i + lane] * b[i + lane];
    }
    for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
        for (std::size_t lane = 0; lane < half; ++lane) {
            sums[lane] += sums[lane + half];
        }
    }
    return sums[0];
}

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
