// SPDX-License-Identifier: Apache-2.0
// Laws that hold between the counters of any run: bytes, energy, arithmetic, time and memory are conserved.
#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "tests/support/handset_process.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/models/model_file.h"

namespace handset::test {

namespace {

constexpr const char* kQuantised = "weights: int8\nactivations: int8\n";

/// Small, with sizes that are no multiples of tiles, and a prompt that takes several row tiles.
std::string odd_shape_workload(HandsetRuns& runs) {
    return runs.workload(
        "name: odd\n"
        "model: {shape: {architecture: qwen2, hidden: 192, layers: 2, heads: 6, kv_heads: 2, ffn: 500, vocab: 1009,"
        " context: 512, qkv_bias: true}}\n"
        "prompt_tokens: 75\nmax_tokens: 3\nweights: int8\nactivations: int8\n");
}

std::uint64_t unit_sum(const Snapshot& counters, const std::string& unit, const std::string& prefix = {}) {
    std::uint64_t sum = 0;
    for (const CounterValue& row : counters) {
        sum += row.unit == unit && row.path.compare(0, prefix.size(), prefix) == 0 ? row.value : 0;
    }
    return sum;
}

/// What each level below the devices received and served, along cpu -> l2 -> l3 -> noc -> (slc ->) dram.
void expect_bytes_conserved(const RunResult& result, const std::string& flash, bool system_cache) {
    const auto value = [&](const std::string& path) { return counter_value(result.counters, path); };
    for (const std::string what : {"bytes_read", "bytes_written"}) {
        EXPECT_GT(value("cpu0." + what) + value("gpu0." + what) + value("npu0." + what), 0U);
        EXPECT_EQ(value("l2." + what), value("cpu0." + what)) << what;
        EXPECT_EQ(value("l3." + what), value("l2." + what + "_below")) << what;
        const std::uint64_t from_medium = what == "bytes_read" ? value(flash + ".flash_bytes_read") : 0;
        EXPECT_EQ(value("noc." + what), value("l3." + what + "_below") + value("gpu0." + what) + value("npu0." + what) +
                                            value(flash + "." + what) - from_medium)
            << what;
        if (system_cache) {
            EXPECT_EQ(value("slc." + what), value("noc." + what));
            EXPECT_EQ(value("dram." + what), value("slc." + what + "_below"));
        } else {
            EXPECT_EQ(value("dram." + what), value("noc." + what));
        }
    }
    for (const std::string level : {"l2", "l3"}) {
        EXPECT_EQ(value(level + ".hit_bytes") + value(level + ".miss_bytes"),
                  value(level + ".bytes_read") + value(level + ".bytes_written"));
    }
    // Every byte read from the medium is written to DRAM once, by the storage device.
    EXPECT_EQ(value(flash + ".flash_bytes_read"), value(flash + ".bytes_written"));
}

/// What ops say they moved is what their devices counted.
void expect_ops_match_devices(const RunResult& result) {
    struct Sums {
        std::uint64_t read = 0, written = 0, macs = 0, energy = 0, busy = 0;
    };
    std::map<std::string, Sums> devices;
    for (const OpRecord& op : result.ops) {
        Sums& sums = devices[op.device];
        sums.read += op.bytes_read.count();
        sums.written += op.bytes_written.count();
        sums.macs += op.macs.count();
        sums.energy += op.energy.count();
        sums.busy += (op.end - op.start).count();
    }
    for (const auto& [name, sums] : devices) {
        EXPECT_EQ(sums.read, counter_value(result.counters, name + ".bytes_read")) << name;
        EXPECT_EQ(sums.written, counter_value(result.counters, name + ".bytes_written")) << name;
        EXPECT_EQ(sums.macs, counter_value(result.counters, name + ".macs")) << name;
        EXPECT_LE(sums.energy, unit_sum(result.counters, "fJ", name + ".")) << name;
        // Graphs were prepared before the request, which is no op.
        EXPECT_EQ(sums.busy + counter_value(result.counters, name + ".prepare_time"),
                  counter_value(result.counters, name + ".busy_time"))
            << name;
    }
}

/// Time of the last event, at which all counters were read. A run takes well below 2^53 fs, so the double is exact.
std::uint64_t end_time(const RunResult& result) {
    return static_cast<std::uint64_t>(std::llround(summary_value(result, metric::kTotalTime) * 1e15));
}

double power_integral(const RunResult& result, const std::string& name) {
    const auto found = std::find_if(result.series.begin(), result.series.end(),
                                    [&](const TimeSeries& series) { return series.name() == name; });
    if (found == result.series.end()) {
        throw std::runtime_error("no series " + name);
    }
    double joules = 0;
    const std::vector<Sample>& samples = found->samples();
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::uint64_t until = i + 1 < samples.size() ? samples[i + 1].time.count() : end_time(result);
        joules +=
            static_cast<double>(samples[i].value) * 1e-6 * static_cast<double>(until - samples[i].time.count()) * 1e-15;
    }
    return joules;
}

/// All configurations include power_phone.yaml: 465 mW at the battery, of which regulators let 900 permille through.
void expect_power_supply_pays(const RunResult& result) {
    const std::uint64_t total = unit_sum(result.counters, "fJ");
    const std::uint64_t base = counter_value(result.counters, "power.energy_base");
    const std::uint64_t loss = counter_value(result.counters, "power.energy_regulator_loss");
    // 0.465 fJ each fs. Every reading of the counters, at most one for an op and some for phases, rounds up once.
    const auto roundings = static_cast<double>(result.ops.size() + 100);
    EXPECT_NEAR(static_cast<double>(base), 0.465 * static_cast<double>(end_time(result)), roundings);
    const std::uint64_t delivered = total - base - loss;
    EXPECT_GT(delivered, 0U);
    EXPECT_EQ(loss, delivered * (1000 - 900) / 900) << "a tenth of what left the battery for the components";
}

void expect_energy_adds_up(const RunResult& result) {
    const double joules = static_cast<double>(unit_sum(result.counters, "fJ")) * 1e-15;
    EXPECT_NEAR(summary_value(result, metric::kEnergy), joules, joules * 1e-9);
    const double phases = summary_value(result, "energy_load") + summary_value(result, "energy_prefill") +
                          summary_value(result, "energy_decode");
    EXPECT_NEAR(phases, joules, joules * 1e-9) << "the phases share all energy";
    // Each of the eight or nine components rounds down to 1 uW.
    const double rounding = 10e-6 * static_cast<double>(end_time(result)) * 1e-15;
    EXPECT_NEAR(power_integral(result, "power_total"), joules, rounding) << "power over time is the energy";
    expect_power_supply_pays(result);
}

/// Nothing is busy for longer than the run takes, times how many of it work side by side.
void expect_no_utilisation_above_one(const RunResult& result) {
    const std::map<std::string, std::uint64_t> parallel{
        {"dram.busy_time", 4},     // channels of 16 bit, on every phone
        {"noc.busy_time", 2},      // directions
        {"cpu0.compute_time", 8},  // cores
    };
    std::size_t bounds = 0;
    for (const CounterValue& row : result.counters) {
        if (row.unit != "fs") {
            continue;
        }
        const auto found = parallel.find(row.path);
        EXPECT_LE(row.value, (found == parallel.end() ? 1 : found->second) * end_time(result)) << row.path;
        bounds += row.value > 0 && row.path.find(".busy_time") != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(bounds, 4U) << "memory, fabric, storage and a processor";
    EXPECT_GT(counter_value(result.counters, "dram.busy_time"), 0U);
    EXPECT_GT(counter_value(result.counters, "noc.busy_time"), 0U);
}

void expect_times_possible(const RunResult& result) {
    std::map<std::string, Femtoseconds> free;
    std::vector<OpRecord> ops = result.ops;
    std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    for (const OpRecord& op : ops) {
        EXPECT_LE(op.ready, op.start) << op.name;
        EXPECT_LT(op.start, op.end) << op.name;
        EXPECT_LE(free[op.device], op.start) << op.name << " starts on " << op.device << " before the op before ended";
        free[op.device] = op.end;
    }
    for (const SummaryMetric& entry : result.summary) {
        if (entry.name.rfind(metric::kUtilisationPrefix, 0) == 0) {
            EXPECT_GE(entry.value, 0.0) << entry.name;
            EXPECT_LE(entry.value, 1.0) << entry.name;
        }
    }
}

void expect_memory_fits(const RunResult& result, std::uint64_t capacity) {
    const auto peak = [&](const std::string& tag) { return counter_value(result.counters, "memory.peak_" + tag); };
    EXPECT_LE(peak("total"), capacity);
    EXPECT_GE(peak("total"), peak("weights") + peak("kv"));
    EXPECT_LE(peak("total"), peak("weights") + peak("kv") + peak("activations") + peak("graphs") + peak("scratch"));
    EXPECT_GT(peak("weights"), 0U);
    EXPECT_GT(peak("kv"), 0U);
}

void expect_laws(const RunResult& result, const std::string& flash, bool system_cache, std::uint64_t capacity) {
    expect_bytes_conserved(result, flash, system_cache);
    expect_ops_match_devices(result);
    expect_energy_adds_up(result);
    expect_times_possible(result);
    expect_no_utilisation_above_one(result);
    expect_memory_fits(result, capacity);
}

constexpr std::uint64_t kGiB = 1ULL << 30;

std::uint64_t macs_where(const RunResult& result, bool attention) {
    std::uint64_t sum = 0;
    for (const OpRecord& op : result.ops) {
        sum += (op.kernel == "attention") == attention ? op.macs.count() : 0;
    }
    return sum;
}

/// `steps`: {rows, length of the cache after the step}.
void expect_macs(const RunResult& result, const DecoderConfig& config, std::uint32_t prompt, std::uint32_t tokens) {
    StepMacs expected = macs_of_step(config, prompt, prompt, true);
    for (std::uint32_t i = 1; i < tokens; ++i) {
        const StepMacs step = macs_of_step(config, 1, prompt + i, true);
        expected.linear += step.linear;
        expected.attention += step.attention;
        expected.attention_unmasked += step.attention_unmasked;
    }
    EXPECT_EQ(macs_where(result, false), expected.linear.count());
    EXPECT_GE(macs_where(result, true), expected.attention.count());
    EXPECT_LE(macs_where(result, true), expected.attention_unmasked.count());
    EXPECT_EQ(sum_of(result.counters, "macs"), macs_where(result, false) + macs_where(result, true));
}

}  // namespace

TEST(Identities, HoldUnderEveryPolicy) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 8);
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu", "heft"}) {
        SCOPED_TRACE(policy);
        expect_laws(runs.run(phone(), workload, {"--policy", policy}), "ufs0", true, 12 * kGiB);
    }
}

TEST(Identities, HoldOnEveryPhoneInInt8) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("The lamp was in the kitchen.", 8, kQuantised);
    for (const char* policy : {"npu_gpu_cpu", "heft"}) {
        SCOPED_TRACE(policy);
        expect_laws(runs.run(phone("phone_8gen3"), workload, {"--policy", policy}), "ufs0", true, 12 * kGiB);
        expect_laws(runs.run(phone("phone_8gen2"), workload, {"--policy", policy}), "ufs0", true, 12 * kGiB);
        expect_laws(runs.run(phone("board_rk3588"), workload, {"--policy", policy}), "emmc0", false, 16 * kGiB);
    }
}

TEST(Identities, HoldForOddSizesWithDataOff) {
    HandsetRuns runs;
    const std::string workload = odd_shape_workload(runs);
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu", "heft"}) {
        SCOPED_TRACE(policy);
        const RunResult result = runs.run(phone(), workload, {"--policy", policy, "--data", "off"});
        expect_laws(result, "ufs0", true, 12 * kGiB);
    }
}

// With caches too small to hold the model, write-backs and refills have to add up, too.
TEST(Identities, HoldWhenTheModelOverflowsItsCaches) {
    HandsetRuns runs;
    const std::string workload = runs.tiny_workload("Once upon a time", 6);
    const RunResult result = runs.run(
        phone(), workload, {"--policy", "cpu_only", "--set", "l3.capacity=96 KiB", "--set", "slc.capacity=192 KiB"});
    EXPECT_GT(counter_value(result.counters, "l3.writebacks"), 0U);
    expect_laws(result, "ufs0", true, 12 * kGiB);
}

TEST(Identities, MacsOfTheCommittedModelAreThoseOfItsFormula) {
    HandsetRuns runs;
    const DecoderConfig config = decoder_config(open_model(repository_file("configs/models/tiny_handset.gguf"), ""));
    const std::string workload = runs.tiny_workload("The lamp was in the kitchen. Mia was in the kitchen.", 5);
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "heft"}) {
        SCOPED_TRACE(policy);
        const RunResult result = runs.run(phone(), workload, {"--policy", policy});
        expect_macs(result, config, static_cast<std::uint32_t>(result.prompt_tokens.size()), 5);
    }
}

TEST(Identities, MacsOfAnOddShapeAreThoseOfItsFormula) {
    HandsetRuns runs;
    DecoderConfig config;
    config.architecture = DecoderArchitecture::qwen2;
    config.hidden = 192;
    config.layers = 2;
    config.heads = 6;
    config.kv_heads = 2;
    config.ffn = 500;
    config.vocab = 1009;
    for (const char* policy : {"cpu_only", "gpu_only", "npu_cpu", "npu_gpu_cpu"}) {
        SCOPED_TRACE(policy);
        const RunResult result = runs.run(phone(), odd_shape_workload(runs), {"--policy", policy, "--data", "off"});
        expect_macs(result, config, 75, 3);
    }
}

}  // namespace handset::test
