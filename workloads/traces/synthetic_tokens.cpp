// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/synthetic_tokens.h"

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

namespace {

/// SplitMix64 (Steele et al. 2014) evaluated at a counter.
std::uint64_t random_bits(std::uint64_t seed, std::uint64_t counter) {
    std::uint64_t x = seed + (counter + 1) * 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

}  // namespace

SyntheticTokens::SyntheticTokens(std::uint64_t seed, std::uint32_t vocab) : seed_(seed), vocab_(vocab) {
    ensure(vocab > 0, "synthetic tokens need a vocabulary");
}

std::uint32_t SyntheticTokens::at(std::uint64_t position) const {
    // The high part of a product maps 64 random bits onto the range without a division.
    return static_cast<std::uint32_t>((Wide{random_bits(seed_, position)} * vocab_) >> 64);
}

std::vector<std::uint32_t> SyntheticTokens::prompt(std::uint32_t count) const {
    std::vector<std::uint32_t> ids;
    ids.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        ids.push_back(at(i));
    }
    return ids;
}

}  // namespace handset
