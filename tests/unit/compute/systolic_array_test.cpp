// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/systolic_array.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

MatmulWork product(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t count = 1) {
    return {.m = m, .n = n, .k = k, .count = count, .format = MacFormat::int8};
}

SystolicArray square(std::uint32_t size, Dataflow dataflow, FoldOverlap overlap, std::uint32_t count = 1) {
    return {.rows = size, .cols = size, .count = count, .dataflow = dataflow, .overlap = overlap};
}

struct ReferenceRun {
    std::uint32_t size;
    Dataflow dataflow;
    std::uint32_t m, n, k;
    std::uint64_t cycles;
};

class ScaleSim : public testing::TestWithParam<ReferenceRun> {};

TEST_P(ScaleSim, CyclesAreEqual) {
    const ReferenceRun& run = GetParam();
    const SystolicArray array = square(run.size, run.dataflow, FoldOverlap::none);
    EXPECT_EQ(fold_cycles(product(run.m, run.n, run.k), array).count(), run.cycles);
}

// Runs of SCALE-Sim v3 (commit 1d62b68), bandwidth mode "calculate", int8, batch 1.
constexpr Dataflow kWs = Dataflow::weight_stationary;
constexpr Dataflow kOs = Dataflow::output_stationary;
INSTANTIATE_TEST_SUITE_P(
    Runs, ScaleSim,
    testing::Values(ReferenceRun{32, kWs, 256, 256, 256, 22399}, ReferenceRun{32, kOs, 256, 256, 256, 20351},
                    ReferenceRun{128, kWs, 256, 256, 256, 2551}, ReferenceRun{128, kOs, 256, 256, 256, 2039},
                    ReferenceRun{32, kWs, 64, 2048, 2048, 647167}, ReferenceRun{32, kOs, 64, 2048, 2048, 270079},
                    ReferenceRun{128, kWs, 64, 2048, 2048, 114175}, ReferenceRun{128, kOs, 64, 2048, 2048, 36831},
                    ReferenceRun{128, kWs, 256, 2048, 2048, 163327}, ReferenceRun{128, kOs, 1, 4096, 4096, 139199},
                    ReferenceRun{32, kWs, 1, 4096, 4096, 1556479}, ReferenceRun{128, kOs, 1024, 4096, 4096, 1113599}));

TEST(Systolic, PipelinedFoldsFollowOnnximPlusOneFillAndDrain) {
    const SystolicArray array = square(32, kWs, FoldOverlap::pipelined);
    // ONNXim: ceil(64/32) * ceil(2048/32) * ceil(2048/32) * 32 = 262144; fill and drain 2*32 + 32 - 2 = 94.
    EXPECT_EQ(fold_cycles(product(64, 2048, 2048), array), Cycles{262144 + 94});
    // One row of activations occupies the array as long as 32 rows.
    EXPECT_EQ(fold_cycles(product(1, 32, 32), array), fold_cycles(product(32, 32, 32), array));
    EXPECT_EQ(fold_cycles(product(33, 32, 32), array), Cycles{64 + 94});
}

TEST(Systolic, ShadowRegistersHideTheWeightLoadOfAllButTheFirstFold) {
    const SystolicArray array = square(8, kWs, FoldOverlap::shadow_weights);
    // 2 folds of (16 + 8 + 8 - 2) plus the first load of 8.
    EXPECT_EQ(fold_cycles(product(16, 16, 8), array), Cycles{2 * 30 + 8});
    // With fewer rows of activations than array rows the load is what takes time.
    EXPECT_EQ(fold_cycles(product(1, 8, 8), array), Cycles{8 + 14 + 8});
    EXPECT_LT(fold_cycles(product(16, 16, 8), array),
              fold_cycles(product(16, 16, 8), square(8, kWs, FoldOverlap::none)));
}

TEST(Systolic, PipelinedOutputStationaryIsLimitedByDrainingShortContractions) {
    const SystolicArray array = square(8, kOs, FoldOverlap::pipelined);
    EXPECT_EQ(fold_cycles(product(8, 16, 100), array), Cycles{2 * 100 + 14});
    EXPECT_EQ(fold_cycles(product(8, 16, 3), array), Cycles{2 * 8 + 14});
}

TEST(Systolic, FoldBoundariesAreExact) {
    const SystolicArray array = square(8, kWs, FoldOverlap::none);
    // One fold: m + 2*8 + 8 - 2 - 1 = m + 21.
    EXPECT_EQ(fold_cycles(product(10, 8, 8), array), Cycles{31});
    EXPECT_EQ(fold_cycles(product(10, 7, 8), array), Cycles{31}) << "a partial fold costs as much as a full one";
    EXPECT_EQ(fold_cycles(product(10, 9, 8), array), Cycles{63}) << "one column more than the array: a second fold";
    EXPECT_EQ(fold_cycles(product(10, 8, 9), array), Cycles{63});
    EXPECT_EQ(fold_cycles(product(10, 1, 1), array), Cycles{31});
    EXPECT_EQ(folds(product(1, 9, 17), array, 1), 6U);
    EXPECT_EQ(folds(product(1, 9, 17), array, 2), 4U) << "ceil(17 / 16) * ceil(9 / 8)";
}

TEST(Systolic, ArraysShareTheFoldsOfAllIndependentProducts) {
    const SystolicArray one = square(8, kWs, FoldOverlap::none);
    const SystolicArray four = square(8, kWs, FoldOverlap::none, 4);
    EXPECT_EQ(fold_cycles(product(10, 32, 8), four), fold_cycles(product(10, 8, 8), one));
    EXPECT_EQ(fold_cycles(product(10, 8, 8, 4), four), fold_cycles(product(10, 8, 8), one));
    EXPECT_EQ(fold_cycles(product(10, 8, 8, 5), four), Cycles{2 * 32 - 1}) << "the fifth needs a second round";
}

TEST(Systolic, NoWorkTakesNoTime) {
    EXPECT_EQ(fold_cycles(product(0, 8, 8), square(8, kWs, FoldOverlap::none)), Cycles{});
}

TEST(Systolic, NeverBeatsThePeakRate) {
    for (const Dataflow dataflow : {kWs, kOs}) {
        for (const FoldOverlap overlap : {FoldOverlap::none, FoldOverlap::shadow_weights, FoldOverlap::pipelined}) {
            const SystolicArray array = square(8, dataflow, overlap, 2);
            for (const std::uint32_t m : {1U, 7U, 8U, 9U, 64U}) {
                for (const std::uint32_t n : {1U, 8U, 17U, 100U}) {
                    for (const std::uint32_t k : {1U, 16U, 33U}) {
                        const MatmulWork work = product(m, n, k, 3);
                        EXPECT_GE(fold_cycles(work, array, 2).count() * array.processing_elements() * 2,
                                  work.macs().count());
                    }
                }
            }
        }
    }
}

TEST(Systolic, EveryEnumValueHasAName) {
    EXPECT_EQ(enum_names(Dataflow{}).size(), 2U);
    EXPECT_EQ(enum_names(FoldOverlap{}).size(), 3U);
    EXPECT_EQ(enum_names(FoldOverlap{})[2].first, "pipelined");
}

}  // namespace
}  // namespace handset
