// SPDX-License-Identifier: Apache-2.0
#include "sim/app/summary.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "sim/app/prefill_summary.h"

namespace handset {

namespace {

struct PhaseTotal {
    Femtoseconds time;
    Femtojoules energy;
    std::size_t graphs = 0;
};

PhaseTotal total_of(const std::vector<PhaseEnergy>& phases, std::string_view name) {
    PhaseTotal total;
    for (const PhaseEnergy& entry : phases) {
        if (entry.phase.phase == name) {
            total.time += entry.phase.end - entry.phase.begin;
            total.energy += entry.energy_after - entry.energy_before;
            ++total.graphs;
        }
    }
    return total;
}

double rate(std::size_t count, Femtoseconds time) {
    return time == Femtoseconds{} ? 0.0 : static_cast<double>(count) / to_seconds(time);
}

/// Share of the request (prefill and decode) in which each device ran an op. Compute ops of one device do not overlap,
/// waits for pages may.
void add_utilisation(const std::vector<OpRecord>& ops, Femtoseconds request, std::vector<SummaryMetric>& out) {
    std::vector<const OpRecord*> by_start;
    for (const OpRecord& op : ops) {
        if (op.phase != "load") {
            by_start.push_back(&op);
        }
    }
    std::stable_sort(by_start.begin(), by_start.end(),
                     [](const OpRecord* a, const OpRecord* b) { return a->start < b->start; });
    std::map<std::string, Femtoseconds> busy;
    std::map<std::string, Femtoseconds> until;
    for (const OpRecord* op : by_start) {
        Femtoseconds& end = until[op->device];
        busy[op->device] += saturating_sub(op->end, std::max(op->start, end));
        end = std::max(end, op->end);
    }
    for (const auto& [device, time] : busy) {
        out.push_back({std::string(metric::kUtilisationPrefix) + device, "1",
                       static_cast<double>(time.count()) / static_cast<double>(std::max(request, 1_fs).count())});
    }
}

/// Only of a run that mapped its weights.
void add_paging(const Snapshot& counters, std::vector<SummaryMetric>& out) {
    for (const auto& [name, unit, path] : {std::tuple("paged_in", "B", "page_cache.page_bytes"),
                                           std::tuple("major_faults", "page", "page_cache.major_faults")}) {
        for (const CounterValue& row : counters) {
            if (row.path == path) {
                out.push_back({name, unit, static_cast<double>(row.value)});
            }
        }
    }
}

}  // namespace

Femtojoules total_energy(const Snapshot& counters) {
    Femtojoules total;
    for (const CounterValue& row : counters) {
        if (row.unit == Femtojoules::unit()) {
            total += Femtojoules{row.value};
        }
    }
    return total;
}

std::vector<SummaryMetric> summarise(const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                                     const Snapshot& counters, std::size_t prompt_tokens, std::size_t tokens) {
    const PhaseTotal prepare = total_of(phases, "prepare");
    const PhaseTotal load = total_of(phases, "load");
    const PhaseTotal prefill = total_of(phases, "prefill");
    const PhaseTotal decode = total_of(phases, "decode");
    std::vector<SummaryMetric> out{
        {std::string(metric::kTimeToFirstToken), "s", to_seconds(prefill.time)},
        {std::string(metric::kPrefillRate), "token/s", rate(prompt_tokens, prefill.time)},
        {std::string(metric::kDecodeRate), "token/s", rate(decode.graphs, decode.time)},
        {"load_time", "s", to_seconds(load.time)},
        {"prepare_time", "s", to_seconds(prepare.time)},
        {std::string(metric::kTotalTime), "s", phases.empty() ? 0.0 : to_seconds(phases.back().phase.end)},
        {std::string(metric::kEnergy), "J", to_joules(total_energy(counters))},
        {"energy_load", "J", to_joules(prepare.energy + load.energy)},
        {"energy_prefill", "J", to_joules(prefill.energy)},
        {"energy_decode", "J", to_joules(decode.energy)},
        {std::string(metric::kEnergyPerToken), "J",
         decode.graphs == 0 ? 0.0 : to_joules(decode.energy) / static_cast<double>(decode.graphs)},
        {std::string(metric::kPeakMemory), "B", static_cast<double>(counter_value(counters, "memory.peak_total"))},
        {"prompt_tokens", "token", static_cast<double>(prompt_tokens)},
        {"generated_tokens", "token", static_cast<double>(tokens)},
    };
    add_prefill(phases, ops, out);
    add_paging(counters, out);
    add_utilisation(ops, prefill.time + decode.time, out);
    return out;
}

}  // namespace handset
