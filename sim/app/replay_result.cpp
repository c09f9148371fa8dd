// SPDX-License-Identifier: Apache-2.0
#include "sim/app/replay_result.h"

#include <algorithm>

#include "sim/app/summary.h"
#include "sim/results/breakdown.h"
#include "sim/results/format.h"
#include "sim/results/summary_text.h"

namespace handset {

namespace {

void add_latency(const std::string& name, const LatencyHistogram& latency, RunResult& result) {
    if (latency.count() == 0) {
        return;
    }
    struct Figure {
        const char* name;
        Femtoseconds value;
    };
    for (const Figure& figure :
         {Figure{"mean", latency.mean()}, Figure{"p50", latency.percentile(50)}, Figure{"p95", latency.percentile(95)},
          Figure{"p99", latency.percentile(99)}, Figure{"least", latency.least()}, Figure{"most", latency.largest()}}) {
        result.summary.push_back({name + "_latency_" + figure.name, "s", to_seconds(figure.value)});
        result.counters.push_back({"replay." + name + "_latency_" + figure.name, std::string(Femtoseconds::unit()),
                                   CounterKind::level, figure.value.count()});
    }
}

void add_counter(std::string name, std::string_view unit, CounterKind kind, std::uint64_t value, RunResult& result) {
    result.counters.push_back({"replay." + std::move(name), std::string(unit), kind, value});
}

/// Rows and queues, of memories that count them.
void add_dram_figures(const Snapshot& part, RunResult& result) {
    const auto bursts = static_cast<double>(sum_of(part, "read_bursts") + sum_of(part, "write_bursts"));
    if (bursts > 0) {
        result.summary.push_back({"row_hit_rate", "1", static_cast<double>(sum_of(part, "row_hits")) / bursts});
    }
    const auto arrivals = static_cast<double>(sum_of(part, "reads") + sum_of(part, "writes"));
    const std::uint64_t most = sum_of(part, "queue_most");
    if (most > 0) {
        const double mean = static_cast<double>(sum_of(part, "queue_seen")) / arrivals;
        result.summary.push_back({"queue_mean", "burst", mean});
        result.summary.push_back({"queue_most", "burst", static_cast<double>(most)});
    }
}

void add_energy(const Snapshot& part, const ReplayResult& replay, RunResult& result) {
    const Femtojoules energy = total_energy(part);
    if (energy == Femtojoules{}) {
        return;
    }
    result.summary.push_back({std::string(metric::kEnergy), "J", to_joules(energy)});
    if (replay.bytes() > Bytes{}) {
        const double bits = 8.0 * static_cast<double>(replay.bytes().count());
        result.summary.push_back({"energy_per_bit", "J/bit", to_joules(energy) / bits});
    }
    if (replay.time > Femtoseconds{}) {
        result.summary.push_back({"mean_power", "W", to_joules(energy) / to_seconds(replay.time)});
    }
}

}  // namespace

RunResult replay_run_result(const ReplayResult& replay, const Snapshot& part) {
    RunResult result;
    result.summary.push_back({"bandwidth", "B/s", replay.bandwidth()});
    result.summary.push_back({std::string(metric::kTotalTime), "s", to_seconds(replay.time)});
    result.counters = part;
    add_latency("read", replay.read_latency, result);
    add_latency("write", replay.write_latency, result);
    result.summary.push_back({"mean_under_way", "request", replay.mean_under_way()});
    result.summary.push_back({"most_under_way", "request", static_cast<double>(replay.most_under_way)});
    add_dram_figures(part, result);
    add_energy(part, replay, result);
    add_counter("bytes_read", Bytes::unit(), CounterKind::sum, replay.bytes_read.count(), result);
    add_counter("bytes_written", Bytes::unit(), CounterKind::sum, replay.bytes_written.count(), result);
    add_counter("failed", Events::unit(), CounterKind::sum, replay.failed, result);
    add_counter("most_under_way", Events::unit(), CounterKind::peak, replay.most_under_way, result);
    add_counter("reads", Events::unit(), CounterKind::sum, replay.reads, result);
    add_counter("time", Femtoseconds::unit(), CounterKind::sum, replay.time.count(), result);
    add_counter("writes", Events::unit(), CounterKind::sum, replay.writes, result);
    std::sort(result.counters.begin(), result.counters.end(),
              [](const CounterValue& a, const CounterValue& b) { return a.path < b.path; });
    result.series.push_back(replay.throughput.series("replay.throughput"));
    return result;
}

std::string replay_text(const RunResult& result) {
    TextTable counts("lr");
    for (const CounterValue& row : result.counters) {
        if (row.unit == Events::unit() && row.value > 0) {
            counts.row({row.path, grouped(row.value)});
        }
    }
    return summary_text(result) + energy_buckets_text(result.counters) + "\ncounts\n" + counts.text(2);
}

}  // namespace handset
