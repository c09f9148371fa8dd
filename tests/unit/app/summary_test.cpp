// SPDX-License-Identifier: Apache-2.0
#include "sim/app/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

double value_of(const std::vector<SummaryMetric>& summary, std::string_view name) {
    for (const SummaryMetric& row : summary) {
        if (row.name == name) {
            return row.value;
        }
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
}

PhaseEnergy phase(const char* name, std::uint32_t step, Femtoseconds begin, Femtoseconds end, std::uint64_t before_pj,
                  std::uint64_t after_pj) {
    return {{name, step, begin, end}, Femtojoules{before_pj * 1000}, Femtojoules{after_pj * 1000}};
}

OpRecord op(const char* device, const char* phase_name, Femtoseconds start, Femtoseconds end) {
    OpRecord record;
    record.device = device;
    record.phase = phase_name;
    record.start = start;
    record.end = end;
    return record;
}

/// prepare 2 + 1 ms, load 4 ms, prefill 10 ms, two decode steps of 5 and 3 ms; energies in pJ.
std::vector<PhaseEnergy> phases() {
    return {phase("prepare", 0, 0_ms, 2_ms, 0, 100),      phase("prepare", 1, 2_ms, 3_ms, 100, 150),
            phase("load", 0, 3_ms, 7_ms, 150, 400),       phase("prefill", 0, 7_ms, 17_ms, 400, 1000),
            phase("decode", 0, 17_ms, 22_ms, 1000, 1300), phase("decode", 1, 22_ms, 25_ms, 1300, 1500)};
}

const Snapshot kCounters{{"cpu0.energy", "fJ", CounterKind::sum, 700'000},
                         {"dram.bytes_read", "B", CounterKind::sum, 123},
                         {"dram.energy", "fJ", CounterKind::sum, 800'000},
                         {"memory.peak_total", "B", CounterKind::peak, 4096}};

TEST(Summary, TimesCountFromTheStartOfThePrefill) {
    const auto summary = summarise(phases(), {}, kCounters, 20, 3);
    EXPECT_DOUBLE_EQ(value_of(summary, metric::kTimeToFirstToken), 0.010);
    EXPECT_DOUBLE_EQ(value_of(summary, "prepare_time"), 0.003);
    EXPECT_DOUBLE_EQ(value_of(summary, "load_time"), 0.004);
    EXPECT_DOUBLE_EQ(value_of(summary, metric::kTotalTime), 0.025);
}

TEST(Summary, RatesCountPromptTokensAndDecodeSteps) {
    const auto summary = summarise(phases(), {}, kCounters, 20, 3);
    EXPECT_DOUBLE_EQ(value_of(summary, metric::kPrefillRate), 2000);  // 20 tokens in 10 ms
    EXPECT_DOUBLE_EQ(value_of(summary, metric::kDecodeRate), 250);    // 2 steps in 8 ms: the first token is prefill's
    EXPECT_EQ(value_of(summary, "prompt_tokens"), 20);
    EXPECT_EQ(value_of(summary, "generated_tokens"), 3);
}

TEST(Summary, EnergyIsSplitByPhaseAndSummedOverCounters) {
    const auto summary = summarise(phases(), {}, kCounters, 20, 3);
    EXPECT_DOUBLE_EQ(value_of(summary, metric::kEnergy), 1500e-12);  // 700 + 800 pJ of the two energy counters
    EXPECT_DOUBLE_EQ(value_of(summary, "energy_load"), 400e-12);     // prepare 150 and load 250
    EXPECT_DOUBLE_EQ(value_of(summary, "energy_prefill"), 600e-12);
    EXPECT_DOUBLE_EQ(value_of(summary, "energy_decode"), 500e-12);
    EXPECT_DOUBLE_EQ(value_of(summary, metric::kEnergyPerToken), 250e-12);  // two steps
    EXPECT_EQ(value_of(summary, metric::kPeakMemory), 4096);
}

TEST(Summary, UtilisationIsTheShareOfTheRequestWithoutLoading) {
    const std::vector<OpRecord> ops{op("npu0", "load", 3_ms, 7_ms), op("npu0", "prefill", 7_ms, 13_ms),
                                    op("npu0", "decode", 17_ms, 20_ms), op("cpu0", "decode", 20_ms, 22_ms)};
    const auto summary = summarise(phases(), ops, kCounters, 20, 3);
    EXPECT_DOUBLE_EQ(value_of(summary, "utilisation.npu0"), 0.5);  // (6 + 3) of 10 + 8 ms
    EXPECT_DOUBLE_EQ(value_of(summary, "utilisation.cpu0"), 2.0 / 18);
}

// 7..11 and 9..13 ms are 6 ms of 18.
TEST(Summary, WaitsForPagesThatOverlapCountOnce) {
    const std::vector<OpRecord> ops{op("ufs0", "prefill", 9_ms, 13_ms), op("ufs0", "prefill", 7_ms, 11_ms)};
    EXPECT_DOUBLE_EQ(value_of(summarise(phases(), ops, kCounters, 20, 3), "utilisation.ufs0"), 6.0 / 18);
}

TEST(Summary, PagingIsNamedWhenThereIsSome) {
    Snapshot counters = kCounters;
    counters.push_back({"page_cache.major_faults", "1", CounterKind::sum, 7});
    counters.push_back({"page_cache.page_bytes", "B", CounterKind::sum, 28672});
    const auto summary = summarise(phases(), {}, counters, 20, 3);
    EXPECT_EQ(value_of(summary, "major_faults"), 7);
    EXPECT_EQ(value_of(summary, "paged_in"), 28672);
    for (const SummaryMetric& row : summarise(phases(), {}, kCounters, 20, 3)) {
        EXPECT_NE(row.name, "paged_in");
    }
}

TEST(Summary, RequestOfOneTokenHasNoDecodeAndNoDivisionByZero) {
    std::vector<PhaseEnergy> only_prefill = phases();
    only_prefill.resize(4);
    const auto summary = summarise(only_prefill, {}, kCounters, 20, 1);
    EXPECT_EQ(value_of(summary, metric::kDecodeRate), 0);
    EXPECT_EQ(value_of(summary, metric::kEnergyPerToken), 0);
    EXPECT_EQ(value_of(summary, "energy_decode"), 0);
}

TEST(Summary, NothingRanIsAllZero) {
    for (const SummaryMetric& row : summarise({}, {}, {{"memory.peak_total", "B", CounterKind::peak, 0}}, 0, 0)) {
        EXPECT_EQ(row.value, 0) << row.name;
    }
}

}  // namespace
}  // namespace handset
