// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/session.h"

#include <utility>

namespace handset {

Session::Session(Dispatcher& dispatcher, StepSource& source, TokenReader read_token, std::function<void()> finished)
    : dispatcher_(dispatcher),
      source_(source),
      read_token_(std::move(read_token)),
      finished_(std::move(finished)),
      to_prepare_(source.prepare_ahead()),
      idle_("request_arrival", [this](const PhaseRecord& idle) {
          finish_phase(idle);
          run_plan();
      }) {
    dispatcher_.on_graph_finished([this](const OpGraph& graph) {
        if (results_ready_) {
            results_ready_(graph);
        }
        if (plan_->token.has_value() && read_token_) {
            source_.accept(read_token_(dispatcher_.address_of(*plan_->token)));
        }
    });
}

void Session::start() {
    prepare_next();
}

void Session::prepare_next() {
    if (prepared_ == to_prepare_.size()) {
        to_prepare_.clear();
        take_next();
        return;
    }
    const StepPlan& plan = to_prepare_[prepared_++];
    const Femtoseconds begin = simulated_now();
    dispatcher_.prepare(plan.graph, plan.phase, [this, begin] {
        finish_phase({"prepare", static_cast<std::uint32_t>(prepared_ - 1), begin, simulated_now()});
        prepare_next();
    });
}

void Session::finish_phase(const PhaseRecord& phase) {
    if (phase_finished_ && phase.end > phase.begin) {
        phase_finished_(phase);
    }
}

void Session::take_next() {
    plan_ = source_.next();
    if (!plan_.has_value()) {
        done_ = true;
        finished_();
        return;
    }
    const Femtoseconds now = simulated_now();
    if (plan_->request.has_value() && plan_->request != request_) {
        request_ = plan_->request;
        ready_ = ready_.value_or(now);
        arrival_ = plan_->arrival.has_value() ? *ready_ + *plan_->arrival : now;
        if (arrival_ > now) {
            idle_.schedule(arrival_, {"idle", *request_, now, arrival_});
            return;
        }
    }
    run_plan();
}

void Session::run_plan() {
    const Femtoseconds begin = simulated_now();
    dispatcher_.run(plan_->graph, plan_->phase, plan_->step, [this, begin] {
        finish_phase({plan_->phase, plan_->step, begin, simulated_now(), plan_->request, arrival_});
        take_next();
    });
}

}  // namespace handset
