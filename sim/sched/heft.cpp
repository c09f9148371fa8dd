// SPDX-License-Identifier: Apache-2.0
// Heterogeneous earliest finish time (Topcuoglu et al., IEEE TPDS 2002): ops in order of upward rank, each on the
// device that is expected to finish it first. Costs come from the devices themselves; no insertion into earlier gaps.
#include <algorithm>
#include <memory>

#include "sim/sched/catalogue.h"
#include "sim/sched/policy.h"

namespace handset {

namespace {

Femtoseconds mean_cost(const OpView& op) {
    Femtoseconds sum;
    std::uint64_t devices = 0;
    for (const auto& cost : op.cost) {
        if (cost.has_value()) {
            sum += *cost;
            ++devices;
        }
    }
    return devices == 0 ? Femtoseconds{} : sum / devices;
}

class Heft final : public SchedulerPolicy {
  public:
    void begin(const GraphView& graph) override {
        rank_.assign(graph.ops.size(), {});
        for (std::size_t i = graph.ops.size(); i-- > 0;) {  // ids are a topological order
            Femtoseconds tail;
            for (const OpId successor : graph.successors[i]) {
                tail = std::max(tail, rank_[successor.value()]);
            }
            rank_[i] = mean_cost(graph.ops[i]) + tail;
        }
    }

    Decision decide(const SchedulerView& view) override {
        std::vector<const OpView*> order;
        for (const OpView& op : view.ready) {
            order.push_back(&op);
        }
        std::stable_sort(order.begin(), order.end(), [this](const OpView* a, const OpView* b) {
            return rank_.at(a->id.value()) > rank_.at(b->id.value());
        });
        std::vector<Femtoseconds> free;
        for (const DeviceView& device : view.devices) {
            free.push_back(std::max(device.expected_free, view.now));
        }
        std::vector<bool> taken(view.devices.size());
        Decision decision;
        for (const OpView* op : order) {
            const std::optional<DeviceId> best = earliest(*op, free, decision.evaluations);
            if (!best.has_value()) {
                continue;
            }
            const std::uint32_t index = best->value();
            free[index] += *op->cost[index];
            if (view.devices[index].idle && !taken[index]) {
                decision.dispatches.push_back({op->id, *best});
            }
            taken[index] = true;  // whoever comes later waits behind this op, even while the device is still busy
        }
        return decision;
    }

    [[nodiscard]] std::vector<DeviceId> candidates(const OpView& op,
                                                   std::span<const DeviceView> devices) const override {
        std::vector<DeviceId> out;
        for (const DeviceView& device : devices) {
            if (op.cost[device.id.value()].has_value()) {
                out.push_back(device.id);
            }
        }
        return out;
    }

  private:
    static std::optional<DeviceId> earliest(const OpView& op, const std::vector<Femtoseconds>& free,
                                            std::uint64_t& evaluations) {
        std::optional<DeviceId> best;
        Femtoseconds best_finish;
        for (std::size_t i = 0; i < free.size(); ++i) {
            if (!op.cost[i].has_value()) {
                continue;
            }
            ++evaluations;
            const Femtoseconds finish = free[i] + *op.cost[i];
            if (!best.has_value() || finish < best_finish) {
                best = DeviceId{i};
                best_finish = finish;
            }
        }
        return best;
    }

    std::vector<Femtoseconds> rank_;
};

}  // namespace

std::unique_ptr<SchedulerPolicy> make_heft() {
    return std::make_unique<Heft>();
}

}  // namespace handset
