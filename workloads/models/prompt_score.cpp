// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/prompt_score.h"

#include <algorithm>
#include <cmath>

#include "sim/base/errors.h"

namespace handset {

void PromptScore::add(std::span<const float> logits) {
    ensure(scored_ + 1 < prompt_.size(), "more logits than prompt tokens");
    const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0.0;
    for (const float logit : logits) {
        sum += std::exp(static_cast<double>(logit) - largest);
    }
    const auto target = static_cast<double>(logits[prompt_[scored_ + 1]]);
    negative_log_likelihood_ += largest + std::log(sum) - target;
    ensure(std::isfinite(negative_log_likelihood_), "a logit of the prompt is not a number");
    ++scored_;
}

double PromptScore::perplexity() const {
    ensure(!empty(), "no prompt token was scored");
    return std::exp(negative_log_likelihood_ / static_cast<double>(scored_));
}

}  // namespace handset
