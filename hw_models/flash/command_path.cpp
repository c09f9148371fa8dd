// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/command_path.h"

#include <algorithm>

namespace handset {

CommandPath::CommandPath(const FlashHostConfig& host, const FlashLinkConfig& link,
                         const FlashControllerConfig& controller)
    : host_(host), link_time_(link.t_command), cores_(controller.cores) {}

Femtoseconds CommandPath::issue(Femtoseconds now, const FlashRequest& request) {
    while (!in_flight_.empty() && in_flight_.top() <= now) {
        in_flight_.pop();
    }
    if (in_flight_.size() >= host_.queue_depth) {
        now = in_flight_.top();
        in_flight_.pop();
    }
    const Hertz clock = request.core_clock == Hertz{} ? host_.clock : request.core_clock;
    Femtoseconds cost = host_.t_issue + duration(host_.issue_cycles, clock);
    if (issue_free_ > now && holder_ != request.core) {
        cost += host_.t_handover;
    }
    holder_ = request.core;
    issue_free_ = std::max(issue_free_, now) + cost;
    return issue_free_ + link_time_;
}

Femtoseconds CommandPath::firmware(Femtoseconds arrival, Femtoseconds time) {
    Femtoseconds& core = *std::min_element(cores_.begin(), cores_.end());
    const Femtoseconds begin = std::max(core, arrival);
    core = begin + time;
    return begin;
}

}  // namespace handset
