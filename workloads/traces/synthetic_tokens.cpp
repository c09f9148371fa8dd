// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/synthetic_tokens.h"

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/base/splitmix.h"

namespace handset {

SyntheticTokens::SyntheticTokens(std::uint64_t seed, std::uint32_t vocab) : seed_(seed), vocab_(vocab) {
    ensure(vocab > 0, "synthetic tokens need a vocabulary");
}

std::uint32_t SyntheticTokens::at(std::uint64_t position) const {
    // The high part of a product maps 64 random bits onto the range without a division.
    return static_cast<std::uint32_t>((Wide{splitmix64(seed_ + position * kSplitMixStep)} * vocab_) >> 64);
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
