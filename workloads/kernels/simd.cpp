// SPDX-License-Identifier: Apache-2.0
// This file is compiled once per instruction set (foreach_target includes it again).
#include "workloads/kernels/simd.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/kernels/simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace handset::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kSums = 16;

#if HWY_HAVE_SCALABLE || HWY_TARGET == HWY_SCALAR

// Vectors of unknown length cannot live in arrays: plain loops, whose lanes the compiler may still vectorise.
float reduce(float* sums) {
    for (std::size_t half = kSums / 2; half > 0; half /= 2) {
        for (std::size_t i = 0; i < half; ++i) {
            sums[i] += sums[i + half];
        }
    }
    return sums[0];
}

template <std::size_t kRows>
void add_blocks(const float* a, const float* rows, std::size_t stride, std::size_t n, float (*sums)[kSums]) {
    for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t i = 0; i < n; ++i) {
            sums[r][i % kSums] += a[i] * rows[r * stride + i];
        }
    }
}

std::int32_t dot_blocks(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        sum += std::int32_t{a[i]} * b[i];
    }
    return sum;
}

#else

/// p[i] += p[i + half] for i < half.
template <std::size_t kHalf>
void fold_half(float* sums) {
    const hn::CappedTag<float, kHalf> d;
    for (std::size_t i = 0; i < kHalf; i += hn::Lanes(d)) {
        hn::StoreU(hn::Add(hn::LoadU(d, sums + i), hn::LoadU(d, sums + kHalf + i)), d, sums + i);
    }
}

float reduce(float* sums) {
    fold_half<8>(sums);
    fold_half<4>(sums);
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/// Adds the products of n elements, a multiple of 16, to the sixteen sums of each row.
template <std::size_t kRows>
void add_blocks(const float* a, const float* rows, std::size_t stride, std::size_t n, float (*sums)[kSums]) {
    const hn::CappedTag<float, kSums> d;
    constexpr std::size_t kLanes = hn::MaxLanes(hn::CappedTag<float, kSums>());
    constexpr std::size_t kVectors = kSums / kLanes;
    hn::Vec<decltype(d)> acc[kRows][kVectors];
    for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t v = 0; v < kVectors; ++v) {
            acc[r][v] = hn::LoadU(d, sums[r] + v * kLanes);
        }
    }
    for (std::size_t i = 0; i < n; i += kSums) {
        for (std::size_t v = 0; v < kVectors; ++v) {
            const auto x = hn::LoadU(d, a + i + v * kLanes);
            for (std::size_t r = 0; r < kRows; ++r) {
                // Not MulAdd: fusing would round once instead of twice, and not on every instruction set.
                acc[r][v] = hn::Add(acc[r][v], hn::Mul(x, hn::LoadU(d, rows + r * stride + i + v * kLanes)));
            }
        }
    }
    for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t v = 0; v < kVectors; ++v) {
            hn::StoreU(acc[r][v], d, sums[r] + v * kLanes);
        }
    }
}

/// n is a multiple of 32. Widened to int16 first: pairs of int8 products would overflow the int16 of pmaddubsw.
std::int32_t dot_blocks(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
    const hn::CappedTag<std::int16_t, 32> d16;
    const hn::Rebind<std::int8_t, decltype(d16)> d8;
    const hn::RepartitionToWide<decltype(d16)> d32;
    constexpr std::size_t kLanes = hn::MaxLanes(hn::CappedTag<std::int16_t, 32>());
    auto sum0 = hn::Zero(d32);
    auto sum1 = hn::Zero(d32);
    for (std::size_t i = 0; i < n; i += kLanes) {
        const auto x = hn::PromoteTo(d16, hn::LoadU(d8, a + i));
        const auto y = hn::PromoteTo(d16, hn::LoadU(d8, b + i));
        sum0 = hn::ReorderWidenMulAccumulate(d32, x, y, sum0, sum1);
    }
    return hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum0, sum1)));
}

#endif

template <std::size_t kRows>
void dot_rows(const float* a, const float* rows, std::size_t stride, std::size_t n, float* out) {
    for (std::size_t block = 0; block < n; block += kFloatBlock) {
        float sums[kRows][kSums] = {};
        const std::size_t size = std::min(kFloatBlock, n - block);
        const std::size_t whole = size / kSums * kSums;
        add_blocks<kRows>(a + block, rows + block, stride, whole, sums);
        if (whole < size) {
            float end_a[kSums] = {};
            float end_rows[kRows][kSums] = {};
            std::copy_n(a + block + whole, size - whole, end_a);
            for (std::size_t r = 0; r < kRows; ++r) {
                std::copy_n(rows + r * stride + block + whole, size - whole, end_rows[r]);
            }
            add_blocks<kRows>(end_a, end_rows[0], kSums, kSums, sums);
        }
        for (std::size_t r = 0; r < kRows; ++r) {
            out[r] += reduce(sums[r]);
        }
    }
}

void add_dot_f32_rows_target(const float* a, const float* rows, std::size_t stride, std::size_t count, std::size_t n,
                             float* sums) {
    std::size_t r = 0;
    for (; r + 4 <= count; r += 4) {
        dot_rows<4>(a, rows + r * stride, stride, n, sums + r);
    }
    for (; r < count; ++r) {
        dot_rows<1>(a, rows + r * stride, stride, n, sums + r);
    }
}

std::int32_t dot_i8_target(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
    const std::size_t whole = n / 32 * 32;
    std::int32_t sum = dot_blocks(a, b, whole);
    for (std::size_t i = whole; i < n; ++i) {
        sum += std::int32_t{a[i]} * b[i];
    }
    return sum;
}

float dot_i8_groups_target(const std::int8_t* a, const float* scales_a, const std::int8_t* b, const float* scales_b,
                           std::size_t groups, float sum) {
    for (std::size_t g = 0; g < groups; ++g) {
        sum += static_cast<float>(dot_blocks(a + g * 32, b + g * 32, 32)) * (scales_a[g] * scales_b[g]);
    }
    return sum;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments): the name is a macro
}  // namespace handset::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace handset {

namespace {
HWY_EXPORT(add_dot_f32_rows_target);
HWY_EXPORT(dot_i8_target);
HWY_EXPORT(dot_i8_groups_target);
}  // namespace

void add_dot_f32_rows(const float* a, const float* rows, std::size_t stride, std::size_t count, std::size_t n,
                      float* sums) {
    HWY_DYNAMIC_DISPATCH(add_dot_f32_rows_target)(a, rows, stride, count, n, sums);
}

void dot_f32_rows(const float* a, const float* rows, std::size_t stride, std::size_t count, std::size_t n, float* out) {
    std::fill_n(out, count, 0.0F);
    add_dot_f32_rows(a, rows, stride, count, n, out);
}

float dot_f32(const float* a, const float* b, std::size_t n) {
    float out = 0.0F;
    dot_f32_rows(a, b, 0, 1, n, &out);
    return out;
}

std::int32_t dot_i8(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
    return HWY_DYNAMIC_DISPATCH(dot_i8_target)(a, b, n);
}

float dot_i8_groups(const std::int8_t* a, const float* scales_a, const std::int8_t* b, const float* scales_b,
                    std::size_t groups, float sum) {
    return HWY_DYNAMIC_DISPATCH(dot_i8_groups_target)(a, scales_a, b, scales_b, groups, sum);
}

}  // namespace handset

#endif
