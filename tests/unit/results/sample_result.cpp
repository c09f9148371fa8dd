// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/results/sample_result.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "sim/results/summary_text.h"

namespace handset::test {
namespace {

constexpr int kLayers = 4;

struct OpShape {
    const char* name;
    const char* kernel;
    const char* device;
    std::uint64_t prefill_us;
    std::uint64_t decode_us;
    std::uint64_t kib;
};

constexpr std::array<OpShape, 7> kLayerOps{{{"norm", "rmsnorm", "cpu0", 20, 4, 8},
                                            {"qkv", "matmul", "npu0", 180, 60, 768},
                                            {"rope", "rope", "cpu0", 15, 3, 8},
                                            {"attention", "attention", "gpu0", 140, 35, 96},
                                            {"out", "matmul", "npu0", 70, 25, 256},
                                            {"ffn", "ffn", "npu0", 320, 110, 1408},
                                            {"residual", "add", "cpu0", 8, 2, 8}}};

/// Appends ops back to back and keeps the books that counters, memory and series are made from.
class Recorder {
  public:
    explicit Recorder(RunResult& result) : result_(result) {}

    void run(const std::string& name, const OpShape& shape, int layer, const char* phase, std::uint32_t step) {
        const bool decode = std::string_view(phase) == "decode";
        const std::uint64_t us = decode ? shape.decode_us : shape.prefill_us;
        OpRecord op;
        op.name = name;
        op.kernel = shape.kernel;
        op.device = shape.device;
        op.layer = layer;
        op.phase = phase;
        op.step = step;
        op.ready = now_;
        op.start = now_ + 1_us;
        op.end = op.start + Femtoseconds{us * 1'000'000'000};
        op.bytes_read = Bytes{shape.kib << 10};
        op.bytes_written = 4_KiB;
        op.macs = Macs{us * 2'000'000};
        op.energy = Femtojoules{us * 900'000'000};
        now_ = op.end;
        result_.ops.push_back(op);
    }

    [[nodiscard]] Femtoseconds now() const { return now_; }

  private:
    RunResult& result_;
    Femtoseconds now_;
};

void record_pass(Recorder& recorder, const char* phase, std::uint32_t step) {
    for (int layer = 0; layer < kLayers; ++layer) {
        for (const OpShape& shape : kLayerOps) {
            recorder.run("blk." + std::to_string(layer) + "." + shape.name, shape, layer, phase, step);
        }
    }
    recorder.run("lm_head", {"lm_head", "matmul", "npu0", 90, 85, 2048}, -1, phase, step);
}

/// Per device: bytes, MACs, and energy in three buckets that add up to the energy of its ops.
Snapshot counters_of(const RunResult& result) {
    std::map<std::string, OpRecord> totals;
    for (const OpRecord& op : result.ops) {
        OpRecord& total = totals[op.device];
        total.bytes_read += op.bytes_read;
        total.macs += op.macs;
        total.energy += op.energy;
    }
    Snapshot rows;
    for (const auto& [device, total] : totals) {
        rows.push_back({device + ".bytes_read", "B", CounterKind::sum, total.bytes_read.count()});
        rows.push_back({device + ".energy_compute", "fJ", CounterKind::sum, total.energy.count() * 6 / 10});
        rows.push_back({device + ".energy_idle", "fJ", CounterKind::sum, total.energy.count() / 10});
        rows.push_back({device + ".energy_sram", "fJ", CounterKind::sum, total.energy.count() * 3 / 10});
        rows.push_back({device + ".macs", "MAC", CounterKind::sum, total.macs.count()});
    }
    const std::uint64_t energy = totals["npu0"].energy.count();
    rows.push_back({"dram.energy_activate", "fJ", CounterKind::sum, energy / 4});
    rows.push_back({"dram.energy_io", "fJ", CounterKind::sum, energy / 2});
    rows.push_back({"dram.energy_refresh", "fJ", CounterKind::sum, energy / 10});
    rows.push_back({"dram.peak_queue", "1", CounterKind::peak, 17});
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return rows;
}

std::vector<MemorySeries> memory_of(const RunResult& result) {
    MemorySeries weights{"weights", {{Femtoseconds{}, 0}}};
    MemorySeries kv{"kv_cache", {{Femtoseconds{}, 0}}};
    MemorySeries activations{"activations", {{Femtoseconds{}, 0}}};
    std::uint64_t loaded = 0;
    std::uint64_t kv_bytes = 0;
    std::uint64_t scratch = 0;
    for (const OpRecord& op : result.ops) {
        if (op.phase == "load") {
            loaded += op.bytes_read.count();
            weights.samples.push_back({op.end, loaded});
        }
        if (op.kernel == "attention") {
            kv_bytes += op.phase == "prefill" ? 256 << 10 : 8 << 10;
            kv.samples.push_back({op.end, kv_bytes});
        }
        const std::uint64_t now = op.phase == "load" ? 0 : (op.phase == "prefill" ? 1536 << 10 : 96 << 10);
        const std::uint64_t next = op.kernel == "ffn" ? now * 2 : now;
        if (next != scratch) {
            scratch = next;
            activations.samples.push_back({op.start, scratch});
        }
    }
    return {weights, kv, activations};
}

std::vector<SummaryMetric> summary_of(const RunResult& result, std::uint32_t decode_steps) {
    Femtojoules total;
    for (const DeviceEnergy& row : energy_by_device(result.counters)) {
        total += row.energy;
    }
    Femtoseconds first;
    std::map<std::string, Femtoseconds> busy;
    for (const OpRecord& op : result.ops) {
        first = op.phase == "prefill" ? op.end : first;
        busy[op.device] += op.end - op.start;
    }
    const double seconds = to_seconds(result.ops.back().end);
    std::vector<SummaryMetric> rows{
        {std::string(metric::kTimeToFirstToken), "s", to_seconds(first)},
        {std::string(metric::kTotalTime), "s", seconds},
        {std::string(metric::kPrefillRate), "token/s", 16 / to_seconds(first)},
        {std::string(metric::kDecodeRate), "token/s", decode_steps / (seconds - to_seconds(first))},
        {std::string(metric::kEnergy), "J", to_joules(total)},
        {std::string(metric::kEnergyPerToken), "J", to_joules(total) / (decode_steps + 1)},
        {std::string(metric::kPeakMemory), "B", static_cast<double>(memory_peak(result.memory).total.count())}};
    for (const auto& [device, time] : busy) {
        rows.push_back({std::string(metric::kUtilisationPrefix) + device, "1", to_seconds(time) / seconds});
    }
    return rows;
}

/// Power of the NPU and of the phone, as the power model writes them: one value per interval, at its beginning.
std::vector<TimeSeries> phone_series(const RunResult& result) {
    TimeSeries npu("power_npu0", "uW");
    TimeSeries rest("power_power", "uW");
    TimeSeries total("power_total", "uW");
    TimeSeries temperature("temperature", "mK");
    for (const OpRecord& op : result.ops) {
        const std::uint64_t power = op.device == "npu0" ? 900'000 : 100'000;
        npu.record(op.start, power);
        rest.record(op.start, 500'000);
        total.record(op.start, power + 500'000);
        temperature.record(op.end, 298'150 + op.end.count() / 1'000'000'000'000);
    }
    return {npu, rest, total, temperature};
}

}  // namespace

RunResult sample_result(std::uint32_t decode_steps) {
    RunResult result;
    result.attributes = {{"soc", "configs/soc/phone.yaml"},
                         {"workload", "configs/workloads/chat.yaml"},
                         {"policy", "heft"},
                         {"version", "0.1.0"},
                         {"git", "0123abc"},
                         {"config_hash", "f00d"},
                         {"seed", "1"},
                         {"prompt", "Once upon a time"}};
    result.resolved_yaml = "npu:\n  rows: 64 # Größe\n";
    Recorder recorder(result);
    for (int layer = 0; layer < kLayers; ++layer) {
        recorder.run("load.blk." + std::to_string(layer), {"load", "load", "flash0", 260, 0, 2048}, layer, "load", 0);
    }
    record_pass(recorder, "prefill", 0);
    for (std::uint32_t step = 0; step < decode_steps; ++step) {
        record_pass(recorder, "decode", step);
    }
    result.counters = counters_of(result);
    result.memory = memory_of(result);
    result.summary = summary_of(result, decode_steps);
    TimeSeries power("dram.power", "uW");
    for (const OpRecord& op : result.ops) {
        power.record(op.start, 200'000 + op.bytes_read.count() / 8);
    }
    result.series = {power, TimeSeries("npu0.queue", "1")};
    for (TimeSeries& series : phone_series(result)) {
        result.series.push_back(std::move(series));
    }
    result.prompt_tokens = {1, 9038, 2501, 263, 931};
    for (std::uint32_t step = 0; step < decode_steps; ++step) {
        result.tokens.push_back(100 + step);
    }
    result.text = "there was a little girl";
    result.requests = {{"chat", 5, 0, 5, 2, 0_ms, 10_ms, 25_ms, 40_ms, 12_uJ},
                       {"", 3, 0, 3, 1, 50_ms, 50_ms, 65_ms, 65_ms, 5_uJ}};
    return result;
}

Timeline sample_timeline(const RunResult& result) {
    Timeline timeline;
    std::map<std::string, std::uint32_t> tracks;
    std::map<std::string, std::uint32_t> names;
    for (const OpRecord& op : result.ops) {
        if (!tracks.contains(op.device)) {
            tracks[op.device] = timeline.add_track(op.device, "queue");
        }
        if (!names.contains(op.name)) {
            names[op.name] = timeline.add_name(op.name);
        }
        timeline.add_slice(tracks[op.device], names[op.name], op.start, op.end);
    }
    return timeline;
}

}  // namespace handset::test
