// SPDX-License-Identifier: Apache-2.0
#include "sim/app/prefill_summary.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

PhaseEnergy prefill(std::uint32_t step, Femtoseconds begin, Femtoseconds end, Femtoseconds bound) {
    return {{"prefill", step, begin, end}, {}, {}, bound};
}

OpRecord op(const char* device, const char* phase, std::uint32_t step, Femtoseconds start, Femtoseconds end) {
    OpRecord record;
    record.device = device;
    record.phase = phase;
    record.step = step;
    record.start = start;
    record.end = end;
    return record;
}

std::optional<double> value_of(const std::vector<SummaryMetric>& summary, std::string_view name) {
    for (const SummaryMetric& row : summary) {
        if (row.name == name) {
            return row.value;
        }
    }
    return std::nullopt;
}

// 10 + 20 ms of prefill where 8 + 16 ms cannot be beaten.
TEST(PrefillSummary, DistanceToTheBoundCountsAllPrompts) {
    std::vector<SummaryMetric> out;
    add_prefill({prefill(0, 5_ms, 15_ms, 8_ms), prefill(1, 30_ms, 50_ms, 16_ms)}, {}, out);
    EXPECT_DOUBLE_EQ(value_of(out, "prefill_bound").value(), 0.024);
    EXPECT_DOUBLE_EQ(value_of(out, "prefill_over_bound").value(), 1.25);
}

TEST(PrefillSummary, SaysNothingWithoutPrefill) {
    std::vector<SummaryMetric> out;
    add_prefill({}, {op("cpu0", "decode", 0, 1_ms, 2_ms)}, out);
    EXPECT_TRUE(out.empty());
}

// NPU: 2..4 and 6..10 ms idle 2 of 8 ms in the first prompt, 20..22 ms nothing in the second; idle between prompts and
// in the decode phase does not count. CPU: one op.
TEST(PrefillSummary, BubblesAreIdleTimeBetweenTheFirstAndTheLastOpOfAPrompt) {
    std::vector<SummaryMetric> out;
    add_prefill({},
                {op("npu0", "prefill", 0, 6_ms, 10_ms), op("npu0", "prefill", 0, 2_ms, 4_ms),
                 op("npu0", "prefill", 1, 20_ms, 22_ms), op("cpu0", "prefill", 0, 1_ms, 2_ms),
                 op("npu0", "decode", 0, 90_ms, 91_ms)},
                out);
    EXPECT_DOUBLE_EQ(value_of(out, "prefill_bubbles.npu0").value(), 0.2);
    EXPECT_DOUBLE_EQ(value_of(out, "prefill_bubbles.cpu0").value(), 0.0);
}

}  // namespace
}  // namespace handset
