// SPDX-License-Identifier: Apache-2.0
// Choice of the next token. Scores stream past a small state, so that a vocabulary need not fit a local store; the
// choice does not depend on how they are cut. Draws use the Gumbel-max rule (Maddison et al. 2014): the largest of
// logit + temperature * gumbel(seed, step, id) is a sample of softmax(logit / temperature), without normalising.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace handset {

struct SampleParams {
    double temperature = 0.0;  ///< 0: greedy, and the filters have no effect
    std::uint32_t top_k = 0;   ///< keep the k largest; 0: all
    double top_p = 1.0;        ///< then keep the fewest largest whose probabilities reach p
    std::uint64_t seed = 0;
    std::uint64_t step = 0;  ///< index of the token to be chosen

    [[nodiscard]] bool greedy() const { return temperature <= 0.0; }
    /// Whether the largest logits must be kept until all were seen.
    [[nodiscard]] bool filters(std::uint64_t vocabulary) const {
        return !greedy() && ((top_k > 0 && top_k < vocabulary) || top_p < 1.0);
    }
    /// Most candidates kept at a time; 0 without filters.
    [[nodiscard]] std::uint64_t candidates(std::uint64_t vocabulary) const;
};

/// A number in (0, 1) that depends on its arguments only, equally distributed over each of them.
double counter_random(std::uint64_t seed, std::uint64_t step, std::uint64_t id);

/// Scans logits in pieces. The state lives in caller's memory (8-byte aligned), so that a lane's local store can hold
/// it.
class TokenSampler {
  public:
    static std::uint64_t state_bytes(const SampleParams& params, std::uint64_t vocabulary);

    TokenSampler(const SampleParams& params, std::uint64_t vocabulary, std::span<std::byte> state);
    /// Forgets all logits.
    void reset();
    /// Logits of ids first, first + 1 ... NaN counts as minus infinity.
    void add(std::uint32_t first, std::span<const float> logits);
    /// The chosen id; among equals the lowest.
    [[nodiscard]] std::uint32_t choose();

  private:
    struct Header {
        double best_score;
        std::uint32_t best_id;
        std::uint32_t kept;  ///< candidates, a heap whose top is the worst
    };
    struct Candidate {
        float logit;
        std::uint32_t id;
    };
    static bool better(const Candidate& a, const Candidate& b);
    void keep(Candidate candidate);
    void consider(Candidate candidate);
    [[nodiscard]] std::size_t nucleus() const;

    const SampleParams& params_;
    std::uint64_t limit_;  ///< candidates
    Header* header_;
    std::span<Candidate> candidates_;
};

/// All at once; at least one logit.
std::uint32_t sample_token(std::span<const float> logits, const SampleParams& params);

}  // namespace handset
