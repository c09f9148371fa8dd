// SPDX-License-Identifier: Apache-2.0
#include "sim/app/request_summary.h"

#include <algorithm>
#include <string>

#include "sim/stats/percentile.h"

namespace handset {

namespace {

template <class Latency>
std::vector<Femtoseconds> latencies(const std::vector<RequestRecord>& requests, Latency latency) {
    std::vector<Femtoseconds> values;
    values.reserve(requests.size());
    for (const RequestRecord& request : requests) {
        values.push_back(latency(request));
    }
    return values;
}

void add_percentiles(const std::string& name, const std::vector<Femtoseconds>& values,
                     std::vector<SummaryMetric>& out) {
    for (const unsigned percent : {50U, 90U, 99U}) {
        out.push_back({name + "_p" + std::to_string(percent), "s", to_seconds(percentile(values, percent))});
    }
}

void add_distribution(const std::string& name, const std::vector<Femtoseconds>& values,
                      std::vector<SummaryMetric>& out) {
    out.push_back({name, "s", to_seconds(mean(values))});
    add_percentiles(name, values, out);
}

}  // namespace

std::vector<RequestRecord> request_records(const std::vector<Turn>& turns, const std::vector<ServedTurn>& served,
                                           const std::vector<PhaseEnergy>& phases) {
    std::vector<RequestRecord> records;
    for (const PhaseEnergy& entry : phases) {
        const PhaseRecord& phase = entry.phase;
        if (!phase.request.has_value()) {
            continue;
        }
        const std::uint32_t index = *phase.request;
        if (index == records.size()) {
            RequestRecord& record = records.emplace_back();
            record.conversation = turns.at(index).conversation;
            record.prompt_tokens = static_cast<std::uint32_t>(turns[index].prompt.size());
            record.cached_tokens = served.at(index).cached_tokens;
            record.prefill_tokens = served[index].prefill_tokens;
            record.output_tokens = served[index].output_tokens;
            record.arrival = phase.arrival;
            record.start = phase.begin;
        }
        RequestRecord& record = records.at(index);
        record.first_token = phase.phase == "prefill" ? phase.end : record.first_token;
        record.end = phase.end;
        record.energy += entry.energy_after - entry.energy_before;
    }
    return records;
}

std::vector<SummaryMetric> summarise_requests(const std::vector<RequestRecord>& requests,
                                              const std::vector<PhaseEnergy>& phases, const std::vector<OpRecord>& ops,
                                              const Snapshot& counters) {
    std::size_t prompt_tokens = 0;
    std::size_t prefill_tokens = 0;
    std::size_t tokens = 0;
    Femtojoules energy;
    for (const RequestRecord& request : requests) {
        prompt_tokens += request.prompt_tokens;
        prefill_tokens += request.prefill_tokens;
        tokens += request.output_tokens;
        energy += request.energy;
    }
    std::vector<Femtoseconds> steps;
    Femtoseconds idle_time;
    Femtojoules idle_energy;
    for (const PhaseEnergy& entry : phases) {
        const PhaseRecord& phase = entry.phase;
        if (phase.phase == "decode") {
            steps.push_back(phase.end - phase.begin);
        } else if (phase.phase == "idle") {
            idle_time += phase.end - phase.begin;
            idle_energy += entry.energy_after - entry.energy_before;
        }
    }
    const auto count = static_cast<double>(std::max<std::size_t>(requests.size(), 1));
    const auto to_first = latencies(requests, [](const RequestRecord& r) { return r.first_token - r.arrival; });
    std::vector<SummaryMetric> out = summarise(phases, ops, counters, prefill_tokens, tokens);
    for (SummaryMetric& row : out) {
        if (row.name == metric::kTimeToFirstToken) {
            row.value = to_seconds(mean(to_first));
        } else if (row.name == "prompt_tokens") {
            row.value = static_cast<double>(prompt_tokens);
        }
    }
    out.push_back({"requests", "request", static_cast<double>(requests.size())});
    out.push_back({"prefill_tokens", "token", static_cast<double>(prefill_tokens)});
    add_percentiles(std::string(metric::kTimeToFirstToken), to_first, out);
    add_distribution("time_per_output_token", steps, out);
    add_distribution("request_latency", latencies(requests, [](const RequestRecord& r) { return r.end - r.arrival; }),
                     out);
    add_distribution("queueing_time", latencies(requests, [](const RequestRecord& r) { return r.start - r.arrival; }),
                     out);
    out.push_back({"energy_per_request", "J", to_joules(energy) / count});
    out.push_back({"idle_time", "s", to_seconds(idle_time)});
    out.push_back({"energy_idle", "J", to_joules(idle_energy)});
    return out;
}

}  // namespace handset
