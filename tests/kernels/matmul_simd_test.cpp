// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "workloads/kernels/simd.h"

namespace handset {
namespace {

/// The documented order of one block, in plain C++.
float ordered_block(const float* a, const float* b, std::size_t n) {
    std::array<float, 16> sums{};
    for (std::size_t i = 0; i < (n + 15) / 16 * 16; ++i) {
        const float product = i < n ? a[i] * b[i] : 0.0F;
        sums[i % 16] += product;
    }
    for (std::size_t half = 8; half > 0; half /= 2) {
        for (std::size_t i = 0; i < half; ++i) {
            sums[i] += sums[i + half];
        }
    }
    return sums[0];
}

float ordered_dot(const float* a, const float* b, std::size_t n) {
    float sum = 0.0F;
    for (std::size_t block = 0; block < n; block += kFloatBlock) {
        sum += ordered_block(a + block, b + block, std::min(kFloatBlock, n - block));
    }
    return sum;
}

std::int64_t exact_dot(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += std::int64_t{a[i]} * b[i];
    }
    return sum;
}

/// Runs `check` once per instruction set of this CPU.
void on_every_target(const std::function<void()>& check) {
    std::size_t targets = 0;
    const std::int64_t supported = hwy::SupportedTargets();
    for (std::int64_t rest = supported; rest != 0; rest &= rest - 1) {
        const std::int64_t target = rest & -rest;
        SCOPED_TRACE(hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        check();
        ++targets;
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    EXPECT_GE(targets, 1U);
}

TEST(Simd, FloatSumsHaveTheSameBitsOnEveryInstructionSet) {
    std::mt19937 generator(7);
    std::vector<float> a(1000);
    std::vector<float> rows(1000 * 9);
    for (std::vector<float>* values : {&a, &rows}) {
        for (float& value : *values) {  // magnitudes over many binades, so that every change of order shows
            const auto bits = static_cast<std::uint32_t>(generator());
            value = std::bit_cast<float>((bits & 0x807fffffU) | (((bits >> 23U) % 40U + 107U) << 23U));
        }
    }
    on_every_target([&] {
        for (const std::size_t n : {0, 1, 15, 16, 17, 31, 97, 128, 256, 257, 1000}) {
            for (const std::size_t count : {1, 3, 4, 9}) {
                std::vector<float> out(count, -1.0F);
                dot_f32_rows(a.data(), rows.data(), 1000, count, n, out.data());
                for (std::size_t r = 0; r < count; ++r) {
                    const float want = ordered_dot(a.data(), rows.data() + r * 1000, n);
                    ASSERT_EQ(std::bit_cast<std::uint32_t>(out[r]), std::bit_cast<std::uint32_t>(want))
                        << "n " << n << " row " << r << " of " << count;
                    ASSERT_EQ(dot_f32(a.data(), rows.data() + r * 1000, n), want);
                }
            }
        }
    });
}

TEST(Simd, ProductsAreRoundedBeforeTheyAreAdded) {
    // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: the last term is lost when the product is rounded, kept by a fused add.
    std::vector<float> a(17, 0.0F);
    std::vector<float> b(17, 0.0F);
    a[0] = b[0] = 1.0F;
    b[0] = -1.0F - 0x1p-11F;
    a[16] = b[16] = 1.0F + 0x1p-12F;
    on_every_target([&] { EXPECT_EQ(dot_f32(a.data(), b.data(), 17), 0.0F); });
}

TEST(Simd, IntegerSumsAreExactForAllCodes) {
    std::mt19937 generator(11);
    on_every_target([&] {
        for (const std::size_t n : {0, 1, 31, 32, 33, 63, 64, 65, 97, 1024, 4099}) {
            std::vector<std::int8_t> a(n);
            std::vector<std::int8_t> b(n);
            for (std::size_t i = 0; i < n; ++i) {
                a[i] = static_cast<std::int8_t>(generator());
                b[i] = static_cast<std::int8_t>(generator());
            }
            ASSERT_EQ(dot_i8(a.data(), b.data(), n), exact_dot(a, b)) << n;
        }
    });
}

TEST(Simd, ExtremeCodesDoNotSaturate) {
    // -128 * -128 = 2^14: two of them overflow int16, kMaxDotI8 of them just fit int32.
    const std::vector<std::int8_t> low(kMaxDotI8, -128);
    const std::vector<std::int8_t> high(kMaxDotI8, 127);
    on_every_target([&] {
        EXPECT_EQ(dot_i8(low.data(), low.data(), 2), 32768);
        EXPECT_EQ(dot_i8(low.data(), low.data(), 64), 64 * 16384);
        EXPECT_EQ(dot_i8(low.data(), low.data(), kMaxDotI8), 2147467264);
        EXPECT_EQ(dot_i8(low.data(), high.data(), kMaxDotI8), -131071 * 128 * 127);
    });
    static_assert(kMaxDotI8 * 16384 <= std::numeric_limits<std::int32_t>::max());
}

TEST(Simd, GroupSumsFollowTheOrderOfGroups) {
    std::mt19937 generator(13);
    const std::size_t groups = 37;
    std::vector<std::int8_t> a(groups * 32);
    std::vector<std::int8_t> b(groups * 32);
    std::vector<float> scales_a(groups);
    std::vector<float> scales_b(groups);
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<std::int8_t>(generator());
        b[i] = static_cast<std::int8_t>(generator());
    }
    for (std::size_t g = 0; g < groups; ++g) {
        scales_a[g] = static_cast<float>(generator() % 1000 + 1) * 1e-4F;
        scales_b[g] = static_cast<float>(generator() % 1000 + 1) * 1e-3F;
    }
    float want = 0.0F;
    for (std::size_t g = 0; g < groups; ++g) {
        std::int32_t sum = 0;
        for (std::size_t i = g * 32; i < (g + 1) * 32; ++i) {
            sum += std::int32_t{a[i]} * b[i];
        }
        want += static_cast<float>(sum) * (scales_a[g] * scales_b[g]);
    }
    on_every_target(
        [&] { EXPECT_EQ(dot_i8_groups(a.data(), scales_a.data(), b.data(), scales_b.data(), groups), want); });
}

}  // namespace
}  // namespace handset
