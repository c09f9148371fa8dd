// SPDX-License-Identifier: Apache-2.0
#include "sim/results/breakdown.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "sim/base/text.h"
#include "sim/results/format.h"

namespace handset {
namespace {

constexpr std::size_t kMostRows = 10;
constexpr std::size_t kMostLayers = 5;
constexpr std::size_t kMostRequests = 20;
constexpr std::size_t kWidestName = 16;

std::string seconds_text(Femtoseconds time) {
    return scale_si(to_seconds(time), "s").text();
}
std::string joules_text(Femtojoules energy) {
    return scale_si(to_joules(energy), "J").text();
}
std::string bytes_text(Bytes bytes) {
    return scale_bytes(static_cast<double>(bytes.count())).text();
}
std::string macs_text(Macs macs) {
    return scale_si(static_cast<double>(macs.count()), "MAC").text();
}

std::string share_text(Femtoseconds part, Femtoseconds whole) {
    return percent(whole > Femtoseconds{} ? to_seconds(part) / to_seconds(whole) : 0);
}

Femtoseconds total_busy(const std::vector<OpGroup>& groups) {
    Femtoseconds total;
    for (const OpGroup& group : groups) {
        total += group.busy;
    }
    return total;
}

void sort_by_busy(std::vector<OpGroup>& groups) {
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.busy > b.busy; });
}

std::string more_text(std::size_t shown, std::size_t all) {
    return all > shown ? fmt::format("  and {} more\n", all - shown) : "";
}

std::string_view bound_of(const OpGroup& group) {
    OpRecord sums;
    sums.call_time = group.call;
    sums.matrix_time = group.matrix;
    sums.vector_time = group.vector;
    sums.transfer_time = group.transfer;
    return handset::bound_of(sums);
}

}  // namespace

std::vector<OpGroup> group_ops(const std::vector<OpRecord>& ops,
                               const std::function<std::string(const OpRecord&)>& key) {
    std::map<std::string, std::size_t> index;
    std::vector<OpGroup> groups;
    for (const OpRecord& op : ops) {
        const auto [entry, added] = index.try_emplace(key(op), groups.size());
        if (added) {
            groups.emplace_back().name = entry->first;
            groups.back().begin = op.start;
        }
        OpGroup& group = groups[entry->second];
        ++group.ops;
        group.busy += op.end - op.start;
        group.waiting += op.start - op.ready;
        group.begin = std::min(group.begin, op.start);
        group.end = std::max(group.end, op.end);
        group.bytes += op.bytes_read + op.bytes_written;
        group.macs += op.macs;
        group.energy += op.energy;
        group.call += op.call_time;
        group.matrix += op.matrix_time;
        group.vector += op.vector_time;
        group.transfer += op.transfer_time;
    }
    return groups;
}

std::string phases_text(const std::vector<OpRecord>& ops) {
    if (ops.empty()) {
        return "";
    }
    TextTable table("lrqqqqq");
    table.row({"phase", "ops", "from", "to", "moved", "computed", "energy"});
    for (const OpGroup& group : group_ops(ops, [](const OpRecord& op) { return op.phase; })) {
        table.row({group.name, grouped(group.ops), seconds_text(group.begin), seconds_text(group.end),
                   bytes_text(group.bytes), macs_text(group.macs), joules_text(group.energy)});
    }
    return "\nphases\n" + table.text(2);
}

std::string requests_text(const std::vector<RequestRecord>& requests) {
    if (requests.empty()) {
        return "";
    }
    TextTable table("rlrrrqqqq");
    table.row({"#", "of", "cached", "put in", "out", "queued", "first token", "end", "energy"});
    for (std::size_t i = 0; i < std::min(requests.size(), kMostRequests); ++i) {
        const RequestRecord& request = requests[i];
        table.row({grouped(i), request.conversation.empty() ? "-" : request.conversation.substr(0, kWidestName),
                   grouped(request.cached_tokens), grouped(request.prefill_tokens), grouped(request.output_tokens),
                   seconds_text(request.start - request.arrival), seconds_text(request.first_token - request.arrival),
                   seconds_text(request.end - request.arrival), joules_text(request.energy)});
    }
    return "\nrequests, times from their arrival\n" + table.text(2) + more_text(kMostRequests, requests.size());
}

std::string kernels_text(const std::vector<OpRecord>& ops) {
    std::vector<OpGroup> groups = group_ops(ops, [](const OpRecord& op) { return op.kernel + " on " + op.device; });
    if (groups.empty()) {
        return "";
    }
    const Femtoseconds total = total_busy(groups);
    sort_by_busy(groups);
    TextTable table("lrqrqqqq");
    table.row({"kernel", "ops", "busy", "share", "waited", "moved", "computed", "energy"});
    const std::size_t shown = std::min(groups.size(), kMostRows);
    for (std::size_t i = 0; i < shown; ++i) {
        const OpGroup& group = groups[i];
        table.row({group.name, grouped(group.ops), seconds_text(group.busy), share_text(group.busy, total),
                   seconds_text(group.waiting), bytes_text(group.bytes), macs_text(group.macs),
                   joules_text(group.energy)});
    }
    return "\nkernels, by device time\n" + table.text(2) + more_text(shown, groups.size());
}

std::string mappings_text(const std::vector<OpRecord>& ops) {
    std::vector<OpRecord> mapped;
    std::copy_if(ops.begin(), ops.end(), std::back_inserter(mapped), [](const OpRecord& op) {
        return op.call_time + op.matrix_time + op.vector_time + op.transfer_time > Femtoseconds{};
    });
    // The size of the result tells shapes apart whose tiles are equal; it stands behind what is printed.
    std::vector<OpGroup> groups = group_ops(mapped, [](const OpRecord& op) {
        return op.kernel + " on " + op.device + "\n" + op.mapping + "\n" + std::to_string(op.bytes_written.count());
    });
    if (groups.empty()) {
        return "";
    }
    sort_by_busy(groups);
    TextTable table("lrqqlrrrr");
    table.row({"op", "ops", "busy", "each", "bound", "call", "compute", "vector", "DMA"});
    const std::size_t shown = std::min(groups.size(), kMostRows);
    std::vector<std::string> mappings{""};
    for (std::size_t i = 0; i < shown; ++i) {
        const OpGroup& group = groups[i];
        const std::vector<std::string> words = split(group.name, '\n');
        mappings.push_back(words[1].empty() ? "" : "      " + words[1] + "\n");
        table.row({words[0], grouped(group.ops), seconds_text(group.busy), seconds_text(group.busy / group.ops),
                   std::string(bound_of(group)), share_text(group.call, group.busy),
                   share_text(group.matrix, group.busy), share_text(group.vector, group.busy),
                   share_text(group.transfer, group.busy)});
    }
    std::string text = "\nmappings, by device time (shares overlap)\n";
    const std::vector<std::string> lines = split(table.text(2), '\n');
    for (std::size_t i = 0; i < mappings.size(); ++i) {
        text += lines[i] + "\n" + mappings[i];
    }
    return text + more_text(shown, groups.size());
}

std::string layers_text(const std::vector<OpRecord>& ops) {
    std::vector<OpGroup> groups =
        group_ops(ops, [](const OpRecord& op) { return op.layer < 0 ? "outside" : std::to_string(op.layer); });
    if (groups.size() < 2) {
        return "";
    }
    const Femtoseconds total = total_busy(groups);
    sort_by_busy(groups);
    TextTable table("lrqrqqq");
    table.row({"layer", "ops", "busy", "share", "moved", "computed", "energy"});
    const std::size_t shown = std::min(groups.size(), kMostLayers);
    for (std::size_t i = 0; i < shown; ++i) {
        const OpGroup& group = groups[i];
        table.row({group.name, grouped(group.ops), seconds_text(group.busy), share_text(group.busy, total),
                   bytes_text(group.bytes), macs_text(group.macs), joules_text(group.energy)});
    }
    std::string range;
    if (shown < groups.size()) {
        range = fmt::format("  and {} more, down to {}\n", groups.size() - shown, seconds_text(groups.back().busy));
    }
    return "\nlayers, by device time\n" + table.text(2) + range;
}

std::string energy_buckets_text(const Snapshot& counters) {
    Snapshot rows;
    double total = 0;
    for (const CounterValue& row : counters) {
        if (row.unit == Femtojoules::unit() && row.kind == CounterKind::sum && row.value > 0) {
            rows.push_back(row);
            total += to_joules(Femtojoules{row.value});
        }
    }
    if (rows.empty()) {
        return "";
    }
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.value > b.value; });
    TextTable table("lqr");
    const std::size_t shown = std::min(rows.size(), kMostRows);
    for (std::size_t i = 0; i < shown; ++i) {
        const Femtojoules value{rows[i].value};
        table.row({rows[i].path, joules_text(value), percent(to_joules(value) / total)});
    }
    return "\nenergy\n" + table.text(2) + more_text(shown, rows.size());
}

}  // namespace handset
