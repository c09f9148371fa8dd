// SPDX-License-Identifier: Apache-2.0
#include "tests/support/optimal_schedule.h"

#include <algorithm>
#include <optional>
#include <set>

#include "sim/base/errors.h"

namespace handset::test {

namespace {

std::vector<std::size_t> predecessor_counts(const GraphView& graph) {
    std::vector<std::size_t> counts(graph.ops.size());
    for (const std::vector<OpId>& successors : graph.successors) {
        for (const OpId successor : successors) {
            ++counts[successor.value()];
        }
    }
    return counts;
}

/// Appends ops one by one, each on some device at its earliest time; some order of appending gives every schedule that
/// leaves no device idle without reason, and one of those is optimal.
class Search {
  public:
    explicit Search(const GraphView& graph)
        : graph_(graph),
          waiting_(predecessor_counts(graph)),
          ready_at_(graph.ops.size()),
          free_(graph.devices.size()),
          done_(graph.ops.size()),
          tail_(graph.ops.size()) {
        for (std::size_t i = graph.ops.size(); i-- > 0;) {
            for (const OpId next : graph.successors[i]) {
                tail_[i] = std::max(tail_[i], tail_[next.value()]);
            }
            std::optional<Femtoseconds> least;
            for (const auto& cost : graph.ops[i].cost) {
                least = cost.has_value() && (!least.has_value() || *cost < *least) ? cost : least;
            }
            tail_[i] += least.value_or(Femtoseconds{});
        }
    }

    Femtoseconds run() {
        extend(0, {});
        return best_;
    }

  private:
    void extend(std::size_t count, Femtoseconds makespan) {
        if (count == graph_.ops.size()) {
            best_ = std::min(best_, makespan);
            return;
        }
        for (std::size_t op = 0; op < graph_.ops.size(); ++op) {
            if (done_[op] || waiting_[op] > 0) {
                continue;
            }
            for (std::size_t device = 0; device < free_.size(); ++device) {
                if (const auto& cost = graph_.ops[op].cost[device]; cost.has_value()) {
                    place(op, device, *cost, count, makespan);
                }
            }
        }
    }

    void place(std::size_t op, std::size_t device, Femtoseconds cost, std::size_t count, Femtoseconds makespan) {
        const Femtoseconds start = std::max(free_[device], ready_at_[op]);
        if (std::max(makespan, start + tail_[op]) >= best_) {
            return;
        }
        const Femtoseconds free_before = free_[device];
        const std::vector<Femtoseconds> ready_before = ready_at_;
        free_[device] = start + cost;
        done_[op] = true;
        for (const OpId next : graph_.successors[op]) {
            --waiting_[next.value()];
            ready_at_[next.value()] = std::max(ready_at_[next.value()], start + cost);
        }
        extend(count + 1, std::max(makespan, start + cost));
        for (const OpId next : graph_.successors[op]) {
            ++waiting_[next.value()];
        }
        ready_at_ = ready_before;
        done_[op] = false;
        free_[device] = free_before;
    }

    const GraphView& graph_;
    std::vector<std::size_t> waiting_;
    std::vector<Femtoseconds> ready_at_;
    std::vector<Femtoseconds> free_;
    std::vector<bool> done_;
    std::vector<Femtoseconds> tail_;  ///< least time from an op's start to the end
    Femtoseconds best_{UINT64_MAX};
};

/// Completions in time order; ops of one moment in the order of their ids.
class ScheduleReplay {
  public:
    ScheduleReplay(const GraphView& graph, SchedulerPolicy& policy)
        : graph_(graph), policy_(policy), waiting_(predecessor_counts(graph)), running_(graph.devices.size()) {
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            if (waiting_[i] == 0) {
                ready_.insert(OpId{i});
            }
        }
    }

    Femtoseconds run() {
        policy_.begin(graph_);
        for (std::size_t done = 0; done < graph_.ops.size(); ++done) {
            start();
            complete_next();
        }
        return now_;
    }

  private:
    struct Running {
        OpId op;
        Femtoseconds end;
    };

    void start() {
        SchedulerView view{now_, {}, graph_.devices};
        for (const OpId op : ready_) {
            view.ready.push_back(graph_.ops[op.value()]);
        }
        for (std::size_t i = 0; i < running_.size(); ++i) {
            view.devices[i].idle = !running_[i].has_value();
            view.devices[i].expected_free = running_[i].has_value() ? running_[i]->end : now_;
        }
        for (const Dispatch& dispatch : policy_.decide(view).dispatches) {
            ensure(ready_.erase(dispatch.op) == 1, "an op that is not ready");
            const Femtoseconds cost = graph_.ops[dispatch.op.value()].cost[dispatch.device.value()].value();
            running_[dispatch.device.value()] = Running{dispatch.op, now_ + cost};
        }
    }

    void complete_next() {
        std::optional<std::size_t> first;
        for (std::size_t i = 0; i < running_.size(); ++i) {
            if (running_[i].has_value() && (!first.has_value() || running_[i]->end < running_[*first]->end)) {
                first = i;
            }
        }
        ensure(first.has_value(), "the policy waits for nothing");
        now_ = running_[*first]->end;
        for (const OpId next : graph_.successors[running_[*first]->op.value()]) {
            if (--waiting_[next.value()] == 0) {
                ready_.insert(next);
            }
        }
        running_[*first].reset();
    }

    const GraphView& graph_;
    SchedulerPolicy& policy_;
    std::vector<std::size_t> waiting_;
    std::vector<std::optional<Running>> running_;
    std::set<OpId> ready_;
    Femtoseconds now_;
};

}  // namespace

Femtoseconds optimal_makespan(const GraphView& graph) {
    return Search(graph).run();
}

Femtoseconds policy_makespan(const GraphView& graph, SchedulerPolicy& policy) {
    return ScheduleReplay(graph, policy).run();
}

}  // namespace handset::test
