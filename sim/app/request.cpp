// SPDX-License-Identifier: Apache-2.0
#include "sim/app/request.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

Conversations::Input Conversations::begin(const Turn& turn) {
    std::vector<std::uint32_t>& said = said_[turn.conversation];
    if (turn.conversation.empty()) {
        said.clear();
    }
    const bool kept = !said.empty() && cached_ == turn.conversation;
    const std::size_t position = kept ? said.size() - 1 : 0;
    said.insert(said.end(), turn.prompt.begin(), turn.prompt.end());
    current_ = &said;
    cached_ = turn.conversation;
    return {{said.begin() + static_cast<std::ptrdiff_t>(position), said.end()}, static_cast<std::uint32_t>(position)};
}

Conversations::Input Conversations::next() const {
    return {{current_->back()}, static_cast<std::uint32_t>(current_->size() - 1)};
}

Request::Request(const DecoderModel& model, RequestOptions options)
    : model_(model), options_(std::move(options)), loaded_(!options_.load) {}

StepInput Request::step_input(const Conversations::Input& input) const {
    return {.tokens = input.tokens,
            .position = input.position,
            .sample = true,
            .sampling = options_.sampling,
            .seed = options_.seed,
            .step = tokens_.size()};
}

StepPlan Request::plan(OpGraph graph, const char* phase, std::uint32_t step) const {
    StepPlan plan{options_.split.has_value() ? split_products(graph, *options_.split) : std::move(graph), phase, step};
    choose_lowerings(plan.graph, options_.lowerings);
    for (std::size_t i = 0; i < plan.graph.tensor_count(); ++i) {
        if (plan.graph.tensor(TensorId{i}).name == DecoderModel::kTokenTensor) {
            plan.token = TensorId{i};
        }
    }
    ensure(plan.token.has_value(), "the step graph samples no token");
    return plan;
}

StepPlan Request::prefill_plan(const Conversations::Input& input, std::uint32_t turn) const {
    StepInput prompt = step_input(input);
    prompt.score = options_.score_prompt;
    return plan(build_prompt(model_, options_.prefill, prompt), "prefill", turn);
}

StepPlan Request::decode_plan(const Conversations::Input& input) const {
    return plan(model_.build_step(step_input(input)), "decode", decode_steps_);
}

/// One prefill for each length that comes up when every answer has its full length, and one decode step.
std::vector<StepPlan> Request::prepare_ahead() const {
    std::vector<StepPlan> plans;
    if (!options_.prepare_ahead) {
        return plans;
    }
    std::set<std::size_t> lengths;
    std::optional<StepPlan> decode;
    Conversations planned;
    for (const Turn& turn : options_.turns) {
        const Conversations::Input input = planned.begin(turn);
        if (lengths.insert(input.tokens.size()).second) {
            plans.push_back(prefill_plan(input, 0));
        }
        for (std::uint32_t i = 0; i < turn.max_tokens; ++i) {
            planned.add(turn.prompt.front());  // any token: the graph's shape is the same
            if (i == 0 && turn.max_tokens > 1 && !decode.has_value()) {
                decode = decode_plan(planned.next());
            }
        }
    }
    if (decode.has_value()) {
        plans.push_back(std::move(*decode));
    }
    return plans;
}

StepPlan Request::begin_turn() {
    const auto index = static_cast<std::uint32_t>(served_.size());
    const Turn& turn = options_.turns[index];
    const Conversations::Input input = conversations_.begin(turn);
    served_.push_back({input.position, static_cast<std::uint32_t>(input.tokens.size()), 0});
    StepPlan plan = prefill_plan(input, index);
    plan.arrival = turn.arrival;
    return plan;
}

/// Takes note of what the finished graph sampled; false when that was the end of the answer.
bool Request::continues_turn() {
    ServedTurn& served = served_.back();
    const Turn& turn = options_.turns[served_.size() - 1];
    if (sampled_ == tokens_.size()) {  // data off
        tokens_.push_back(options_.known_tokens.at(tokens_.size()));
    }
    sampled_ = tokens_.size();
    conversations_.add(tokens_.back());
    ++served.output_tokens;
    return served.output_tokens < turn.max_tokens && !(options_.eos.has_value() && tokens_.back() == *options_.eos);
}

std::optional<StepPlan> Request::next() {
    if (!loaded_) {
        loaded_ = true;
        return StepPlan{model_.build_load_graph(), "load"};
    }
    in_turn_ = in_turn_ && continues_turn();
    if (!in_turn_ && served_.size() == options_.turns.size()) {
        return std::nullopt;
    }
    StepPlan plan = in_turn_ ? decode_plan(conversations_.next()) : begin_turn();
    decode_steps_ += in_turn_ ? 1 : 0;
    in_turn_ = true;
    plan.request = static_cast<std::uint32_t>(served_.size() - 1);
    return plan;
}

void Request::accept(std::uint32_t token) {
    tokens_.push_back(token);
}

std::uint64_t longest_conversation(const std::vector<Turn>& turns, const PrefillConfig& prefill) {
    std::map<std::string, std::uint64_t> lengths;
    std::uint64_t longest = 0;
    for (const Turn& turn : turns) {
        std::uint64_t& length = lengths[turn.conversation];
        const std::uint64_t before = turn.conversation.empty() ? 0 : length;
        const std::uint64_t cached = before == 0 ? 0 : before - 1;  // its last token was never put in
        const std::uint64_t prompt = before - cached + turn.prompt.size();
        length = before + turn.prompt.size() + turn.max_tokens;
        longest = std::max({longest, length, cached + prompt_rows(prefill, prompt)});
    }
    return longest;
}

}  // namespace handset
