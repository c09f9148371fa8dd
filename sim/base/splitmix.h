// SPDX-License-Identifier: Apache-2.0
// SplitMix64 (Steele, Lea, Flood 2014): random bits as a pure function of a counter, equal on every host.
#pragma once

#include <cstdint>

namespace handset {

inline constexpr std::uint64_t kSplitMixStep = 0x9E3779B97F4A7C15U;

/// The finaliser alone: a bijection that scatters neighbouring inputs.
constexpr std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

/// The output of a generator whose state is `x`.
constexpr std::uint64_t splitmix64(std::uint64_t x) {
    return mix64(x + kSplitMixStep);
}

}  // namespace handset
