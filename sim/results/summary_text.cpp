// SPDX-License-Identifier: Apache-2.0
#include "sim/results/summary_text.h"

#include <algorithm>
#include <map>
#include <optional>

#include "sim/results/breakdown.h"
#include "sim/results/compare.h"
#include "sim/results/format.h"
#include "sim/results/hdf5_writer.h"

namespace handset {
namespace {

/// "time_to_first_token" -> "time to first token".
std::string worded(std::string_view name) {
    std::string out(name);
    std::replace(out.begin(), out.end(), '_', ' ');
    return out;
}

bool is_utilisation(const SummaryMetric& metric) {
    return metric.name.starts_with(metric::kUtilisationPrefix);
}

std::string headline_text(const RunResult& result) {
    TextTable table("lq");
    for (const SummaryMetric& metric : result.summary) {
        if (!is_utilisation(metric)) {
            table.row({worded(metric.name), scale(metric.value, metric.unit).text()});
        }
    }
    return table.text();
}

std::string device_text(const RunResult& result) {
    std::map<std::string, std::string> busy;
    for (const SummaryMetric& metric : result.summary) {
        if (is_utilisation(metric)) {
            busy[metric.name.substr(metric::kUtilisationPrefix.size())] = percent(metric.value);
        }
    }
    TextTable table("lrqr");
    table.row({"device", "busy", "energy", "share"});
    const std::vector<DeviceEnergy> energies = energy_by_device(result.counters);
    double total = 0;
    for (const DeviceEnergy& row : energies) {
        total += to_joules(row.energy);
    }
    for (const DeviceEnergy& row : energies) {
        const double joules = to_joules(row.energy);
        const auto known = busy.extract(row.device);
        table.row({row.device, known.empty() ? "-" : known.mapped(), scale_si(joules, "J").text(),
                   percent(total > 0 ? joules / total : 0)});
    }
    for (const auto& [device, utilisation] : busy) {
        table.row({device, utilisation, "-", "-"});
    }
    return energies.empty() && busy.empty() ? "" : "\n" + table.text();
}

std::string bytes_text(Bytes bytes) {
    return scale_bytes(static_cast<double>(bytes.count())).text();
}

std::string memory_text(const RunResult& result) {
    const MemoryPeak peak = memory_peak(result.memory);
    if (peak.holders.empty()) {
        return "";
    }
    TextTable table("lqq");
    table.row({"memory", "at peak", "highest"});
    for (const MemoryPeak::Holder& holder : peak.holders) {
        table.row({holder.tag, bytes_text(holder.at_peak), bytes_text(holder.highest)});
    }
    table.row({"total", bytes_text(peak.total), ""});
    return "\n" + table.text() + "the peak is at " + scale_si(to_seconds(peak.time), "s").text() + "\n";
}

std::string provenance_text(const RunResult& result) {
    constexpr std::size_t kWidest = 72;
    TextTable table("ll");
    for (const auto& [name, value] : result.attributes) {
        std::string line = value.substr(0, value.find('\n'));
        if (line.size() > kWidest || line.size() < value.size()) {
            line = line.substr(0, kWidest) + " ...";
        }
        table.row({worded(name), line});
    }
    return table.empty() ? "" : table.text() + "\n";
}

}  // namespace

MemoryPeak memory_peak(const std::vector<MemorySeries>& memory) {
    const std::vector<Femtoseconds> axis = memory_time_axis(memory);
    std::vector<std::uint64_t> total(axis.size(), 0);
    std::vector<std::vector<std::uint64_t>> held;
    for (const MemorySeries& series : memory) {
        held.push_back(memory_at(series, axis));
        std::transform(total.begin(), total.end(), held.back().begin(), total.begin(), std::plus<>());
    }
    MemoryPeak peak;
    if (axis.empty()) {
        return peak;
    }
    const auto at = static_cast<std::size_t>(std::max_element(total.begin(), total.end()) - total.begin());
    peak.time = axis[at];
    peak.total = Bytes{total[at]};
    for (std::size_t i = 0; i < memory.size(); ++i) {
        const std::uint64_t highest = *std::max_element(held[i].begin(), held[i].end());
        peak.holders.push_back({memory[i].tag, Bytes{held[i][at]}, Bytes{highest}});
    }
    std::stable_sort(peak.holders.begin(), peak.holders.end(),
                     [](const auto& a, const auto& b) { return a.at_peak > b.at_peak; });
    return peak;
}

std::vector<DeviceEnergy> energy_by_device(const Snapshot& counters) {
    std::map<std::string, Femtojoules> sums;
    for (const CounterValue& row : counters) {
        if (row.unit == Femtojoules::unit() && row.kind == CounterKind::sum) {
            sums[component_of(row.path)] += Femtojoules{row.value};
        }
    }
    std::vector<DeviceEnergy> out;
    out.reserve(sums.size());
    for (const auto& [device, energy] : sums) {
        out.push_back({device, energy});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.energy > b.energy; });
    return out;
}

std::string summary_text(const RunResult& result) {
    return headline_text(result) + device_text(result) + memory_text(result);
}

std::string show_text(const RunResult& result) {
    return provenance_text(result) + summary_text(result) + requests_text(result.requests) + phases_text(result.ops) +
           kernels_text(result.ops) + mappings_text(result.ops) + layers_text(result.ops) +
           energy_buckets_text(result.counters);
}

}  // namespace handset
