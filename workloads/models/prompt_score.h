// SPDX-License-Identifier: Apache-2.0
// Perplexity of a prompt: exp of the mean negative log likelihood of its tokens from the second on. As if each were
// chosen from so many equally likely tokens.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace handset {

class PromptScore {
  public:
    explicit PromptScore(std::vector<std::uint32_t> prompt) : prompt_(std::move(prompt)) {}

    /// Logits of the next row: row i of the prompt is about token i + 1. ModelError beyond the prompt or when no token
    /// has a likelihood (a logit is not a number).
    void add(std::span<const float> logits);
    [[nodiscard]] bool empty() const { return scored_ == 0; }
    [[nodiscard]] double perplexity() const;

  private:
    std::vector<std::uint32_t> prompt_;
    std::size_t scored_ = 0;
    double negative_log_likelihood_ = 0.0;
};

}  // namespace handset
