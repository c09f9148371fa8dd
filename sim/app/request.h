// SPDX-License-Identifier: Apache-2.0
// Requests to a decoder model as a sequence of graphs: load (unless the weights need none), then for each turn a
// prefill and one decode step per further token. There is one KV cache: it keeps the conversation of the last turn. A
// turn of that conversation puts in its new tokens only, any other turn starts over with all that its conversation
// said.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/runtime/session.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/passes/choose_lowerings.h"
#include "workloads/passes/chunk_prompt.h"
#include "workloads/passes/split_products.h"

namespace handset {

/// What a user sends, and how much the model may answer.
struct Turn {
    std::vector<std::uint32_t> prompt;  ///< new tokens; not empty
    std::uint32_t max_tokens = 1;
    std::string conversation = {};  ///< turns of equal name continue each other; empty: a conversation of its own
    /// After the model is ready; without: when the turn before it ends.
    std::optional<Femtoseconds> arrival = std::nullopt;
};

struct RequestOptions {
    std::vector<Turn> turns;                  ///< in the order of arrival, at least one
    std::optional<std::uint32_t> eos;         ///< ends the answer when sampled
    std::vector<std::uint32_t> known_tokens;  ///< what a run with data off takes for sampled: a replay or synthetic
    Sampling sampling;
    std::uint64_t seed = 0;
    LoweringChoice lowerings;
    PrefillConfig prefill;
    std::optional<SplitConfig> split;
    bool prepare_ahead = true;
    bool score_prompt = false;  ///< compute the logits of all rows of the prompt
    bool load = true;           ///< false: the weights need no loading
};

/// A turn as far as it has been served.
struct ServedTurn {
    std::uint32_t cached_tokens = 0;   ///< found in the KV cache
    std::uint32_t prefill_tokens = 0;  ///< put in before the first new one
    std::uint32_t output_tokens = 0;
};

/// What each conversation said, and which of them the KV cache holds.
class Conversations {
  public:
    /// What the next graph puts in, and behind how many tokens.
    struct Input {
        std::vector<std::uint32_t> tokens;
        std::uint32_t position = 0;
    };

    /// The prefill of a turn. The last token of an answer was sampled but never put in, so the next turn begins with
    /// it.
    Input begin(const Turn& turn);
    /// A sampled token, and the decode step that continues behind it.
    void add(std::uint32_t token) { current_->push_back(token); }
    [[nodiscard]] Input next() const;

  private:
    std::map<std::string, std::vector<std::uint32_t>> said_;  // by conversation; "" is of one turn
    std::vector<std::uint32_t>* current_ = nullptr;
    std::optional<std::string> cached_;
};

class Request final : public StepSource {
  public:
    Request(const DecoderModel& model, RequestOptions options);

    [[nodiscard]] std::vector<StepPlan> prepare_ahead() const override;
    std::optional<StepPlan> next() override;
    void accept(std::uint32_t token) override;

    /// Tokens generated so far in all turns, those of a run with data off included.
    [[nodiscard]] const std::vector<std::uint32_t>& tokens() const { return tokens_; }
    [[nodiscard]] const std::vector<Turn>& turns() const { return options_.turns; }
    /// Turns begun so far.
    [[nodiscard]] const std::vector<ServedTurn>& served() const { return served_; }

  private:
    [[nodiscard]] StepInput step_input(const Conversations::Input& input) const;
    [[nodiscard]] StepPlan prefill_plan(const Conversations::Input& input, std::uint32_t turn) const;
    [[nodiscard]] StepPlan decode_plan(const Conversations::Input& input) const;
    [[nodiscard]] StepPlan plan(OpGraph graph, const char* phase, std::uint32_t step) const;
    StepPlan begin_turn();
    bool continues_turn();

    const DecoderModel& model_;
    RequestOptions options_;
    Conversations conversations_;
    std::vector<ServedTurn> served_;
    std::vector<std::uint32_t> tokens_;
    std::size_t sampled_ = 0;         // of tokens_, those that next() has seen
    std::uint32_t decode_steps_ = 0;  // of all turns: numbers of steps are unique in a run
    bool loaded_ = false;
    bool in_turn_ = false;
};

/// Tokens that the KV cache must hold for the longest conversation, when every answer has its full length; the rows
/// that fill up a last chunk count.
std::uint64_t longest_conversation(const std::vector<Turn>& turns, const PrefillConfig& prefill);

}  // namespace handset
