// SPDX-License-Identifier: Apache-2.0
// A request to a decoder model as a sequence of graphs: load (unless the weights are mapped), prefill, one decode step
// per further token.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/runtime/session.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/passes/choose_lowerings.h"

namespace handset {

struct RequestOptions {
    std::vector<std::uint32_t> prompt;
    std::uint32_t max_tokens = 1;
    std::optional<std::uint32_t> eos;         ///< ends the request when sampled
    std::vector<std::uint32_t> known_tokens;  ///< what a run with data off takes for sampled: a replay or synthetic
    Sampling sampling;
    std::uint64_t seed = 0;
    LoweringChoice lowerings;
    bool prepare_ahead = true;
    bool score_prompt = false;  ///< compute the logits of all rows of the prompt
    bool load = true;           ///< false: the weights need no loading
};

class Request final : public StepSource {
  public:
    Request(const DecoderModel& model, RequestOptions options);

    [[nodiscard]] std::vector<StepPlan> prepare_ahead() const override;
    std::optional<StepPlan> next() override;
    void accept(std::uint32_t token) override;

    /// Tokens generated so far, those of a run with data off included.
    [[nodiscard]] const std::vector<std::uint32_t>& tokens() const { return tokens_; }

  private:
    [[nodiscard]] StepPlan prefill_plan() const;
    [[nodiscard]] StepPlan decode_plan(std::uint32_t token, std::uint32_t index) const;
    [[nodiscard]] StepPlan plan(const StepInput& input, const char* phase, std::uint32_t step) const;

    const DecoderModel& model_;
    RequestOptions options_;
    std::vector<std::uint32_t> tokens_;
    std::uint32_t graphs_ = 0;
};

}  // namespace handset
