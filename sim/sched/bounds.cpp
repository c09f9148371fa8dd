// SPDX-License-Identifier: Apache-2.0
#include "sim/sched/bounds.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace handset {

namespace {

using Costs = std::vector<std::optional<Femtoseconds>>;

/// By device; none where the op cannot run.
Costs least_costs(const OpView& op) {
    Costs costs = op.cost;
    for (std::size_t i = 0; i < std::min(costs.size(), op.cost_continued.size()); ++i) {
        if (costs[i].has_value() && op.cost_continued[i].has_value()) {
            costs[i] = std::min(*costs[i], *op.cost_continued[i]);
        }
    }
    return costs;
}

Femtoseconds cheapest(const OpView& op) {
    std::optional<Femtoseconds> least;
    for (const auto& cost : least_costs(op)) {
        if (cost.has_value() && (!least.has_value() || *cost < *least)) {
            least = cost;
        }
    }
    return least.value_or(Femtoseconds{});
}

/// The dual function and its maximisation. Graphs repeat few different ops, which are evaluated once.
class LoadDual {
  public:
    explicit LoadDual(const GraphView& graph) : weights_(graph.devices.size()) {
        for (const OpView& op : graph.ops) {
            ++counts_[least_costs(op)];
        }
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            weights_[i] = kUnity / weights_.size() + (i < kUnity % weights_.size() ? 1 : 0);
        }
    }

    /// Moves weight between pairs of devices as long as that helps, in ever smaller steps.
    Femtoseconds maximise() {
        std::uint64_t best = value();
        for (std::uint64_t step = kUnity / 2; step > 0; step /= 2) {
            while (improve(step, best)) {
            }
        }
        return best / kUnity * Femtoseconds{kFemtosecondsPerNanosecond};
    }

  private:
    static constexpr std::uint64_t kUnity = 1024;
    static constexpr std::uint64_t kFemtosecondsPerNanosecond = 1'000'000;

    /// Of the weights, in ns / 1024.
    [[nodiscard]] std::uint64_t value() const {
        std::uint64_t sum = 0;
        for (const auto& [costs, count] : counts_) {
            std::uint64_t least = UINT64_MAX;
            for (std::size_t i = 0; i < costs.size(); ++i) {
                if (costs[i].has_value()) {
                    least = std::min(least, costs[i]->count() / kFemtosecondsPerNanosecond * weights_[i]);
                }
            }
            sum += least == UINT64_MAX ? 0 : count * least;
        }
        return sum;
    }

    bool improve(std::uint64_t step, std::uint64_t& best) {
        for (std::size_t from = 0; from < weights_.size(); ++from) {
            for (std::size_t to = 0; to < weights_.size(); ++to) {
                if (from == to || weights_[from] < step) {
                    continue;
                }
                weights_[from] -= step;
                weights_[to] += step;
                const std::uint64_t moved = value();
                if (moved > best) {
                    best = moved;
                    return true;
                }
                weights_[from] += step;
                weights_[to] -= step;
            }
        }
        return false;
    }

    std::map<Costs, std::uint64_t> counts_;
    std::vector<std::uint64_t> weights_;  // by device; their sum is kUnity
};

}  // namespace

Femtoseconds critical_path(const GraphView& graph) {
    std::vector<Femtoseconds> tail(graph.ops.size());
    Femtoseconds longest;
    for (std::size_t i = graph.ops.size(); i-- > 0;) {  // ids are a topological order
        for (const OpId successor : graph.successors[i]) {
            tail[i] = std::max(tail[i], tail[successor.value()]);
        }
        tail[i] += cheapest(graph.ops[i]);
        longest = std::max(longest, tail[i]);
    }
    return longest;
}

Femtoseconds device_load_bound(const GraphView& graph) {
    return graph.devices.empty() ? Femtoseconds{} : LoadDual(graph).maximise();
}

Femtoseconds makespan_bound(const GraphView& graph) {
    return std::max(critical_path(graph), device_load_bound(graph));
}

}  // namespace handset
