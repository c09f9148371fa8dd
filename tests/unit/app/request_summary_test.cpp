// SPDX-License-Identifier: Apache-2.0
#include "sim/app/request_summary.h"

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

PhaseEnergy phase(PhaseRecord record, std::uint64_t before_pj, std::uint64_t after_pj) {
    return {std::move(record), Femtojoules{before_pj * 1000}, Femtojoules{after_pj * 1000}};
}

const std::vector<Turn> kTurns{{.prompt = {1, 2, 3}, .max_tokens = 3, .conversation = "chat"},
                               {.prompt = {4, 5}, .max_tokens = 1, .conversation = "chat", .arrival = 2_ms}};
const std::vector<ServedTurn> kServed{{0, 3, 3}, {5, 3, 1}};

/// load 4 ms; request 0: prefill 6 ms, steps of 2 and 3 ms; 5 ms of idling; request 1: prefill 8 ms.
std::vector<PhaseEnergy> phases() {
    return {phase({"load", 0, 0_ms, 4_ms}, 0, 50),
            phase({"prefill", 0, 4_ms, 10_ms, 0, 4_ms}, 50, 150),
            phase({"decode", 0, 10_ms, 12_ms, 0, 4_ms}, 150, 160),
            phase({"decode", 1, 12_ms, 15_ms, 0, 4_ms}, 160, 180),
            phase({"idle", 1, 15_ms, 20_ms}, 180, 185),
            phase({"prefill", 1, 20_ms, 28_ms, 1, 18_ms}, 185, 285)};
}

const Snapshot kCounters{{"cpu0.energy", "fJ", CounterKind::sum, 285'000},
                         {"memory.peak_total", "B", CounterKind::peak, 4096}};

TEST(RequestRecords, SpanTheGraphsThatServedThem) {
    const std::vector<RequestRecord> records = request_records(kTurns, kServed, phases());
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0], (RequestRecord{"chat", 3, 0, 3, 3, 4_ms, 4_ms, 10_ms, 15_ms, 130_pJ}));
    EXPECT_EQ(records[1], (RequestRecord{"chat", 2, 5, 3, 1, 18_ms, 20_ms, 28_ms, 28_ms, 100_pJ}));
}

TEST(RequestSummary, LatenciesCountFromTheArrival) {
    const auto summary = summarise_requests(request_records(kTurns, kServed, phases()), phases(), {}, kCounters);
    EXPECT_DOUBLE_EQ(value_of(summary, "requests"), 2);
    // 6 ms and 28 - 18 = 10 ms.
    EXPECT_DOUBLE_EQ(value_of(summary, "time_to_first_token"), 8e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "time_to_first_token_p50"), 6e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "time_to_first_token_p90"), 10e-3);
    // 11 ms and 10 ms.
    EXPECT_DOUBLE_EQ(value_of(summary, "request_latency"), 10.5e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "request_latency_p99"), 11e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "queueing_time"), 1e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "queueing_time_p50"), 0);
    EXPECT_DOUBLE_EQ(value_of(summary, "time_per_output_token"), 2.5e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "time_per_output_token_p50"), 2e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "time_per_output_token_p99"), 3e-3);
}

TEST(RequestSummary, EnergyOfIdlingBelongsToNoRequest) {
    const auto summary = summarise_requests(request_records(kTurns, kServed, phases()), phases(), {}, kCounters);
    EXPECT_DOUBLE_EQ(value_of(summary, "energy_per_request"), 115e-12);  // (130 + 100) / 2
    EXPECT_DOUBLE_EQ(value_of(summary, "energy_idle"), 5e-12);
    EXPECT_DOUBLE_EQ(value_of(summary, "idle_time"), 5e-3);
    EXPECT_DOUBLE_EQ(value_of(summary, "energy"), 285e-12);
}

TEST(RequestSummary, RatesCountWhatWasPutIn) {
    const auto summary = summarise_requests(request_records(kTurns, kServed, phases()), phases(), {}, kCounters);
    EXPECT_DOUBLE_EQ(value_of(summary, "prefill_rate"), 6 / 14e-3);  // 3 + 3 tokens in 6 + 8 ms
    EXPECT_DOUBLE_EQ(value_of(summary, "prompt_tokens"), 5);
    EXPECT_DOUBLE_EQ(value_of(summary, "prefill_tokens"), 6);
    EXPECT_DOUBLE_EQ(value_of(summary, "generated_tokens"), 4);
}

}  // namespace
}  // namespace handset
