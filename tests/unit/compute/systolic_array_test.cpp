// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/systolic_array.h"

#include <gmock/gmock.h>
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

// All rows of the table "SCALE-Sim v3" in shared/reference/npu/README.md and the one that only its table of wall times
// has: commit 1d62b68, bandwidth mode "calculate", int8, batch 1.
constexpr Dataflow kWs = Dataflow::weight_stationary;
constexpr Dataflow kOs = Dataflow::output_stationary;
constexpr Dataflow kIs = Dataflow::input_stationary;
INSTANTIATE_TEST_SUITE_P(
    Runs, ScaleSim,
    testing::Values(ReferenceRun{32, kWs, 256, 256, 256, 22399}, ReferenceRun{32, kOs, 256, 256, 256, 20351},
                    ReferenceRun{128, kWs, 256, 256, 256, 2551}, ReferenceRun{128, kOs, 256, 256, 256, 2039},
                    ReferenceRun{32, kWs, 64, 2048, 2048, 647167}, ReferenceRun{32, kOs, 64, 2048, 2048, 270079},
                    ReferenceRun{128, kWs, 64, 2048, 2048, 114175}, ReferenceRun{128, kOs, 64, 2048, 2048, 36831},
                    ReferenceRun{32, kWs, 256, 2048, 2048, 1433599}, ReferenceRun{32, kOs, 256, 2048, 2048, 1080319},
                    ReferenceRun{128, kWs, 256, 2048, 2048, 163327}, ReferenceRun{128, kOs, 256, 2048, 2048, 73663},
                    ReferenceRun{32, kWs, 1, 4096, 4096, 1556479}, ReferenceRun{32, kOs, 1, 4096, 4096, 532223},
                    ReferenceRun{128, kWs, 1, 4096, 4096, 392191}, ReferenceRun{128, kOs, 1, 4096, 4096, 139199},
                    ReferenceRun{128, kOs, 1024, 4096, 4096, 1113599}));

struct CompulsoryRun {
    std::uint32_t size, m, n, k;
    std::uint64_t cycles;
};

class Onnxim : public testing::TestWithParam<CompulsoryRun> {};

// Runs of ONNXim (commit a1e8629) with LPDDR5-6400 x 4, same file. 32 x 32 is compute-bound there: its cycles contain
// our folds and at most 7 % of memory time; 128 x 128 waits for memory, our folds must lie below.
TEST_P(Onnxim, ContainsThePipelinedFolds) {
    const CompulsoryRun& run = GetParam();
    const std::uint64_t folds =
        fold_cycles(product(run.m, run.n, run.k), square(run.size, kWs, FoldOverlap::pipelined)).count();
    EXPECT_LT(folds, run.cycles);
    if (run.size == 32) {
        EXPECT_GT(folds * 107, run.cycles * 100);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Runs, Onnxim,
    testing::Values(CompulsoryRun{32, 256, 256, 256, 17241}, CompulsoryRun{128, 256, 256, 256, 4255},
                    CompulsoryRun{32, 64, 2048, 2048, 277057}, CompulsoryRun{128, 64, 2048, 2048, 113585},
                    CompulsoryRun{32, 256, 2048, 2048, 1071150}, CompulsoryRun{128, 256, 2048, 2048, 189007},
                    CompulsoryRun{32, 1, 4096, 4096, 538850}, CompulsoryRun{128, 1, 4096, 4096, 351240},
                    CompulsoryRun{32, 1024, 4096, 4096, 16828758}, CompulsoryRun{128, 1024, 4096, 4096, 2877542}));

TEST(Systolic, InputStationaryFollowsScaleSim) {
    const auto cycles = [](std::uint32_t size, std::uint32_t m, std::uint32_t n, std::uint32_t k) {
        return fold_cycles(product(m, n, k), square(size, kIs, FoldOverlap::none)).count();
    };
    // ceil(K/R) * ceil(M/C) * (N + 2R + C - 2) - 1
    EXPECT_EQ(cycles(32, 256, 2048, 2048), 64 * 8 * (2048 + 64 + 32 - 2) - 1);
    EXPECT_EQ(cycles(128, 64, 2048, 2048), 16 * 1 * (2048 + 256 + 128 - 2) - 1);
    EXPECT_EQ(cycles(32, 1, 4096, 4096), 128 * 1 * (4096 + 64 + 32 - 2) - 1);
    EXPECT_EQ(folds(product(33, 7, 65), square(32, kIs, FoldOverlap::none), 1), 3U * 2);
}

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

TEST(Systolic, ANarrowLoadPathExposesTheWeights) {
    // int8 8 x 8 weights are 64 bytes: 8 cycles at 8 B, as wide as a row; 32 cycles at 2 B.
    const auto cycles = [](FoldOverlap overlap, std::uint64_t width, std::uint32_t m) {
        SystolicArray array = square(8, kWs, overlap);
        array.load_width = Bytes{width};
        return fold_cycles(product(m, 16, 8), array).count();  // 2 folds
    };
    EXPECT_EQ(cycles(FoldOverlap::none, 8, 10), cycles(FoldOverlap::none, 0, 10));
    EXPECT_EQ(cycles(FoldOverlap::none, 64, 10), cycles(FoldOverlap::none, 0, 10)) << "a row enters per cycle";
    EXPECT_EQ(cycles(FoldOverlap::none, 2, 10), 2 * (32 + 10 + 8 + 8 - 2) - 1U);
    EXPECT_EQ(cycles(FoldOverlap::shadow_weights, 2, 18), 2 * 32 + 32U) << "18 + 14 cycles hide 32";
    EXPECT_EQ(cycles(FoldOverlap::shadow_weights, 2, 19), 2 * 33 + 32U);
    EXPECT_EQ(cycles(FoldOverlap::shadow_weights, 2, 17), 2 * 32 + 32U) << "31 do not";
    EXPECT_EQ(cycles(FoldOverlap::pipelined, 2, 16), 2 * 32 + 8 + 32 + 8 - 2U);
    EXPECT_EQ(cycles(FoldOverlap::pipelined, 2, 33), 2 * 40 + 8 + 32 + 8 - 2U);
}

TEST(Systolic, WiderElementsAndDeeperElementsLoadLonger) {
    SystolicArray array = square(8, kWs, FoldOverlap::none);
    array.load_width = 8_B;
    MatmulWork work = product(10, 8, 16);
    EXPECT_EQ(fold_cycles(work, array, 2).count(), 16 + 10 + 14 - 1U) << "128 bytes of int8";
    work.format = MacFormat::w4a16;
    EXPECT_EQ(fold_cycles(work, array, 2).count(), 8 + 10 + 14 - 1U) << "64 bytes of int4";
    array.dataflow = Dataflow::input_stationary;
    EXPECT_EQ(fold_cycles(work, array, 2).count(), 2 * (32 + 8 + 14) - 1U) << "256 bytes of 16-bit activations, twice";
}

TEST(Systolic, RowsBeyondTheAccumulatorsPassInBlocksWithFoldsOfTheirOwn) {
    SystolicArray array = square(8, kWs, FoldOverlap::none, 2);
    array.accumulators = Bytes{2 * 8 * 4 * 16};
    EXPECT_EQ(array.accumulated_rows(), 16U);
    const auto cycles = [&](std::uint32_t m) { return fold_cycles(product(m, 32, 24), array).count(); };
    // 3 x 4 folds on 2 arrays: 6 of m + 22 cycles.
    EXPECT_EQ(cycles(16), 6 * (16 + 22) - 1U);
    EXPECT_EQ(cycles(17), 6 * (16 + 22) + 6 * (1 + 22) - 1U);
    EXPECT_EQ(cycles(48), 3 * 6 * (16 + 22) - 1U);
    array.overlap = FoldOverlap::pipelined;
    EXPECT_EQ(cycles(48), 3 * 6 * 16 + 22U) << "filled and drained once";
    EXPECT_EQ(cycles(17), 6 * 16 + 6 * 8 + 22U);
}

TEST(Systolic, FeedGrowsWithEveryPassOverAnOperand) {
    SystolicArray array = square(8, kWs, FoldOverlap::none);
    // One fold: each operand once, 10 x 8 sums of 4 bytes written.
    EXPECT_EQ(feed_bytes(product(10, 8, 8), array), Bytes{80 + 64 + 320});
    // 2 folds along k: sums are written, read and written again. 3 across: activations are read three times.
    EXPECT_EQ(feed_bytes(product(10, 24, 16), array), Bytes{3 * 160 + 384 + 3 * 960});
    array.accumulators = Bytes{8 * 4 * 8};
    EXPECT_EQ(feed_bytes(product(10, 24, 16), array), Bytes{3 * 160 + 2 * 384 + 960}) << "two blocks of rows";
    array = square(8, kOs, FoldOverlap::none);
    EXPECT_EQ(feed_bytes(product(10, 24, 16), array), Bytes{3 * 160 + 2 * 384 + 960});
    EXPECT_EQ(feed_bytes(product(0, 24, 16), array), 0_B);
}

TEST(Systolic, RejectsImpossibleArrays) {
    const auto problems = [](const SystolicArray& array) {
        Errors errors;
        array.check(errors);
        return errors.problems();
    };
    SystolicArray array = square(8, kOs, FoldOverlap::shadow_weights);
    EXPECT_THAT(problems(array), testing::ElementsAre(testing::HasSubstr("overlap: shadow_weights needs an operand")));
    array = square(8, kOs, FoldOverlap::none);
    array.load_width = 8_B;
    EXPECT_THAT(problems(array),
                testing::ElementsAre(testing::HasSubstr("dataflow: output_stationary keeps its sums")));
    array = square(8, kWs, FoldOverlap::none, 2);
    array.accumulators = 511_B;
    EXPECT_THAT(problems(array), testing::ElementsAre(testing::HasSubstr("accumulators: hold less than rows x cols")));
    array.accumulators = 512_B;
    EXPECT_THAT(problems(array), testing::IsEmpty());
}

TEST(Systolic, NoWorkTakesNoTime) {
    EXPECT_EQ(fold_cycles(product(0, 8, 8), square(8, kWs, FoldOverlap::none)), Cycles{});
}

TEST(Systolic, NeverBeatsThePeakRate) {
    for (const Dataflow dataflow : {kWs, kOs, kIs}) {
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
    EXPECT_EQ(enum_names(Dataflow{}).size(), 3U);
    EXPECT_EQ(enum_names(FoldOverlap{}).size(), 3U);
    EXPECT_EQ(enum_names(FoldOverlap{})[2].first, "pipelined");
}

}  // namespace
}  // namespace handset
