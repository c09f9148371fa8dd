// SPDX-License-Identifier: Apache-2.0
// Token ids for runs without data: a fixed function of seed and position, equally distributed over the vocabulary. Does
// not imitate the frequencies of a language.
#pragma once

#include <cstdint>
#include <vector>

namespace handset {

class SyntheticTokens {
  public:
    /// `vocab` > 0 (ModelError).
    SyntheticTokens(std::uint64_t seed, std::uint32_t vocab);

    /// Id at a position of the sequence; positions may be asked for in any order.
    [[nodiscard]] std::uint32_t at(std::uint64_t position) const;
    /// The first `count` ids.
    [[nodiscard]] std::vector<std::uint32_t> prompt(std::uint32_t count) const;

  private:
    std::uint64_t seed_;
    std::uint32_t vocab_;
};

}  // namespace handset
