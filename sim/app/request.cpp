// SPDX-License-Identifier: Apache-2.0
#include "sim/app/request.h"

#include <string>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

Request::Request(const DecoderModel& model, RequestOptions options)
    : model_(model), options_(std::move(options)), graphs_(options_.load ? 0 : 1) {}

StepPlan Request::plan(const StepInput& input, const char* phase, std::uint32_t step) const {
    StepPlan plan{model_.build_step(input), phase, step, std::nullopt};
    choose_lowerings(plan.graph, options_.lowerings);
    for (std::size_t i = 0; i < plan.graph.tensor_count(); ++i) {
        if (plan.graph.tensor(TensorId{i}).name == DecoderModel::kTokenTensor) {
            plan.token = TensorId{i};
        }
    }
    ensure(plan.token.has_value(), "the step graph samples no token");
    return plan;
}

StepPlan Request::prefill_plan() const {
    return plan({.tokens = options_.prompt,
                 .position = 0,
                 .sample = true,
                 .score = options_.score_prompt,
                 .sampling = options_.sampling,
                 .seed = options_.seed,
                 .step = 0},
                "prefill", 0);
}

StepPlan Request::decode_plan(std::uint32_t token, std::uint32_t index) const {
    return plan({.tokens = {token},
                 .position = static_cast<std::uint32_t>(options_.prompt.size()) + index,
                 .sample = true,
                 .sampling = options_.sampling,
                 .seed = options_.seed,
                 .step = index + 1},
                "decode", index);
}

std::vector<StepPlan> Request::prepare_ahead() const {
    std::vector<StepPlan> plans;
    if (options_.prepare_ahead) {
        plans.push_back(prefill_plan());
        if (options_.max_tokens > 1) {
            plans.push_back(decode_plan(options_.prompt.front(), 0));  // any token: the graph's shape is the same
        }
    }
    return plans;
}

std::optional<StepPlan> Request::next() {
    const std::uint32_t graph = graphs_++;
    if (graph == 0) {
        return StepPlan{model_.build_load_graph(), "load", 0, std::nullopt};
    }
    if (graph == 1) {
        return prefill_plan();
    }
    const std::uint32_t sampled = graph - 1;  // tokens that the finished graphs sampled
    if (tokens_.size() < sampled) {           // data off
        tokens_.push_back(options_.known_tokens.at(sampled - 1));
    }
    if (sampled == options_.max_tokens || (options_.eos.has_value() && tokens_.back() == *options_.eos)) {
        return std::nullopt;
    }
    return decode_plan(tokens_.back(), sampled - 1);
}

void Request::accept(std::uint32_t token) {
    tokens_.push_back(token);
}

}  // namespace handset
