// SPDX-License-Identifier: Apache-2.0
// Draws of the flash translation layer: a hash of seed, stream and number, so that a draw depends on nothing else.
#pragma once

#include <cstdint>

namespace handset {

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t scatter(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

class FtlDice {
  public:
    FtlDice() = default;
    FtlDice(std::uint64_t seed, std::uint64_t stream) : key_(scatter(seed) ^ scatter(~stream)) {}

    std::uint64_t next() { return scatter(key_ + scatter(count_++)); }
    /// True in `ppm` of a million calls. A rate of zero draws nothing, so that one fault does not move another.
    bool hits(std::uint32_t ppm) { return ppm != 0 && next() % 1'000'000 < ppm; }

  private:
    std::uint64_t key_ = 0;
    std::uint64_t count_ = 0;
};

}  // namespace handset
