// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/sample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/base/splitmix.h"

namespace handset {

std::uint64_t SampleParams::candidates(std::uint64_t vocabulary) const {
    if (!filters(vocabulary)) {
        return 0;
    }
    return top_k > 0 ? std::min<std::uint64_t>(top_k, vocabulary) : vocabulary;
}

double counter_random(std::uint64_t seed, std::uint64_t step, std::uint64_t id) {
    const std::uint64_t bits = splitmix64(splitmix64(splitmix64(seed) ^ step) ^ id);
    // 53 bits, in the middle of their interval: never 0 or 1.
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52;
}

std::uint64_t TokenSampler::state_bytes(const SampleParams& params, std::uint64_t vocabulary) {
    return sizeof(Header) + params.candidates(vocabulary) * sizeof(Candidate);
}

TokenSampler::TokenSampler(const SampleParams& params, std::uint64_t vocabulary, std::span<std::byte> state)
    : params_(params), limit_(params.candidates(vocabulary)) {
    ensure(state.size() >= state_bytes(params, vocabulary), "sample: state is too small");
    static_assert(sizeof(Header) % alignof(Candidate) == 0);
    header_ = std::launder(reinterpret_cast<Header*>(state.data()));
    candidates_ = {std::launder(reinterpret_cast<Candidate*>(state.data() + sizeof(Header))),
                   static_cast<std::size_t>(limit_)};
}

void TokenSampler::reset() {
    *header_ = {-std::numeric_limits<double>::infinity(), 0, 0};
}

bool TokenSampler::better(const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

void TokenSampler::keep(Candidate candidate) {
    const std::span<Candidate> kept = candidates_.first(header_->kept);
    if (kept.size() < limit_) {
        candidates_[header_->kept++] = candidate;
        std::push_heap(candidates_.begin(), candidates_.begin() + header_->kept, better);
    } else if (better(candidate, kept.front())) {
        std::pop_heap(kept.begin(), kept.end(), better);
        kept.back() = candidate;
        std::push_heap(kept.begin(), kept.end(), better);
    }
}

void TokenSampler::consider(Candidate candidate) {
    auto score = double{candidate.logit};
    if (!params_.greedy()) {
        score -= params_.temperature * std::log(-std::log(counter_random(params_.seed, params_.step, candidate.id)));
    }
    if (score > header_->best_score || (score == header_->best_score && candidate.id < header_->best_id)) {
        header_->best_score = score;
        header_->best_id = candidate.id;
    }
}

void TokenSampler::add(std::uint32_t first, std::span<const float> logits) {
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const float logit = std::isnan(logits[i]) ? -std::numeric_limits<float>::infinity() : logits[i];
        const Candidate candidate{logit, first + static_cast<std::uint32_t>(i)};
        if (limit_ > 0) {
            keep(candidate);
        } else {
            consider(candidate);
        }
    }
}

/// How many of the sorted candidates reach top_p together.
std::size_t TokenSampler::nucleus() const {
    const std::span<const Candidate> kept = candidates_.first(header_->kept);
    if (params_.top_p >= 1.0 || std::isinf(kept.front().logit)) {
        return kept.size();
    }
    const auto weight = [&](const Candidate& c) {
        return std::exp((double{c.logit} - double{kept.front().logit}) / params_.temperature);
    };
    double total = 0.0;
    for (const Candidate& candidate : kept) {
        total += weight(candidate);
    }
    double sum = 0.0;
    std::size_t count = 0;
    while (count < kept.size() && (count == 0 || sum < params_.top_p * total)) {
        sum += weight(kept[count++]);
    }
    return count;
}

std::uint32_t TokenSampler::choose() {
    if (limit_ > 0) {
        std::sort_heap(candidates_.begin(), candidates_.begin() + header_->kept, better);
        header_->best_score = -std::numeric_limits<double>::infinity();
        header_->best_id = candidates_.front().id;
        for (const Candidate& candidate : candidates_.first(nucleus())) {
            consider(candidate);
        }
    }
    return header_->best_id;
}

std::uint32_t sample_token(std::span<const float> logits, const SampleParams& params) {
    ensure(!logits.empty(), "sample: no logits");
    // Doubles, so that the state is aligned.
    std::vector<double> memory(div_ceil(TokenSampler::state_bytes(params, logits.size()), sizeof(double)));
    TokenSampler sampler(params, logits.size(), std::as_writable_bytes(std::span(memory)));
    sampler.reset();
    sampler.add(0, logits);
    return sampler.choose();
}

}  // namespace handset
