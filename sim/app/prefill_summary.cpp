// SPDX-License-Identifier: Apache-2.0
#include "sim/app/prefill_summary.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace handset {

namespace {

double share(Femtoseconds part, Femtoseconds whole) {
    return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

/// Of one device in one prompt; ops are added in the order of their starts and may overlap.
struct Span {
    Femtoseconds begin;
    Femtoseconds end;
    Femtoseconds busy;

    void add(const OpRecord& op) {
        begin = end == Femtoseconds{} ? op.start : begin;
        busy += saturating_sub(op.end, std::max(op.start, end));
        end = std::max(end, op.end);
    }
};

void add_bubbles(const std::vector<OpRecord>& ops, std::vector<SummaryMetric>& out) {
    std::vector<const OpRecord*> by_start;
    for (const OpRecord& op : ops) {
        if (op.phase == "prefill") {
            by_start.push_back(&op);
        }
    }
    std::stable_sort(by_start.begin(), by_start.end(),
                     [](const OpRecord* a, const OpRecord* b) { return a->start < b->start; });
    std::map<std::string, std::map<std::uint32_t, Span>> spans;  // by device and prompt
    for (const OpRecord* op : by_start) {
        spans[op->device][op->step].add(*op);
    }
    for (const auto& [device, by_step] : spans) {
        Femtoseconds idle;
        Femtoseconds total;
        for (const auto& [step, span] : by_step) {
            idle += span.end - span.begin - span.busy;
            total += span.end - span.begin;
        }
        if (total > Femtoseconds{}) {
            out.push_back({"prefill_bubbles." + device, "1", share(idle, total)});
        }
    }
}

}  // namespace

void add_prefill(const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                 std::vector<SummaryMetric>& out) {
    Femtoseconds time;
    Femtoseconds bound;
    for (const PhaseEnergy& entry : phases) {
        if (entry.phase.phase == "prefill") {
            time += entry.phase.end - entry.phase.begin;
            bound += entry.bound;
        }
    }
    if (bound > Femtoseconds{}) {
        out.push_back({"prefill_bound", "s", to_seconds(bound)});
        out.push_back({"prefill_over_bound", "1", share(time, bound)});
    }
    add_bubbles(ops, out);
}

}  // namespace handset
