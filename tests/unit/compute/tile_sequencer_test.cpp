// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/tile_sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

using Action = TileSequencer::Action;
using Step = TileSequencer::Step;
using testing::ElementsAre;
using testing::IsEmpty;

Tile tile(std::uint32_t lane, std::uint32_t after = kNone, bool barrier = false) {
    Tile t;
    t.loads = 1;
    t.stores = 1;
    t.lane = lane;
    t.loads_after = after;
    t.barrier = barrier;
    return t;
}

std::vector<Step> collect(TileSequencer& sequencer) {
    std::vector<Step> steps;
    sequencer.collect(steps);
    return steps;
}

TEST(TileSequencer, LoadsRunAheadAsFarAsSlotsAreFree) {
    TileProgram program;
    program.tiles = {tile(0), tile(0), tile(0, 0)};
    TileSequencer sequencer;
    sequencer.begin(program, 1);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 0}, Step{Action::load, 1}));
    sequencer.loads_done(0);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::compute, 0}));
    sequencer.compute_done(0);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::store, 0})) << "the slot is still being read";
    sequencer.stores_done(0);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 2}));
}

TEST(TileSequencer, ComputesOfALaneKeepTheirOrder) {
    TileProgram program;
    program.tiles = {tile(0), tile(0)};
    TileSequencer sequencer;
    sequencer.begin(program, 1);
    (void)collect(sequencer);
    sequencer.loads_done(1);
    EXPECT_THAT(collect(sequencer), IsEmpty()) << "tile 0 is not loaded";
    sequencer.loads_done(0);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::compute, 0}));
    EXPECT_THAT(collect(sequencer), IsEmpty()) << "one compute at a time";
}

TEST(TileSequencer, BarrierWaitsForAllEarlierTilesOfAllLanes) {
    TileProgram program;
    program.tiles = {tile(0), tile(1), tile(1, kNone, true)};
    TileSequencer sequencer;
    sequencer.begin(program, 2);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 0}, Step{Action::load, 1}));
    for (const std::uint32_t t : {1U, 0U}) {
        sequencer.loads_done(t);
        (void)collect(sequencer);
        sequencer.compute_done(t);
        EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::store, t}));
        sequencer.stores_done(t);
        EXPECT_EQ(collect(sequencer).size(), t == 0 ? 1U : 0U);
    }
    EXPECT_TRUE(sequencer.worker_finished(0));
    EXPECT_FALSE(sequencer.worker_finished(1));
    EXPECT_FALSE(sequencer.finished());
}

TEST(TileSequencer, TilesWithoutTransfersPassThoseStages) {
    TileProgram program;
    program.tiles = {tile(0), tile(0)};
    program.tiles[0].loads = 0;
    program.tiles[0].stores = 0;
    program.tiles[1].loads = 0;
    TileSequencer sequencer;
    sequencer.begin(program, 1);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::compute, 0}));
    sequencer.compute_done(0);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::compute, 1}));
    sequencer.compute_done(1);
    EXPECT_FALSE(sequencer.finished());
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::store, 1}));
    sequencer.stores_done(1);
    EXPECT_TRUE(sequencer.finished());
}

TEST(TileSequencer, FreeWorkersTakeTheNextChunk) {
    TileProgram program;
    program.tiles = {tile(0), tile(1), tile(2), tile(3), tile(0, 0)};
    TileSequencer sequencer;
    sequencer.begin(program, 4, 2);
    // Chunk 0 is tiles 0 and 4; its second tile waits for the first.
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 0}, Step{Action::load, 1}));
    const auto run = [&](std::uint32_t t) {
        sequencer.loads_done(t);
        (void)collect(sequencer);
        sequencer.compute_done(t);
        (void)collect(sequencer);
        sequencer.stores_done(t);
    };
    run(1);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 2})) << "worker 1 goes on with chunk 2";
    EXPECT_EQ(sequencer.worker_of(2), 1U);
    run(2);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 3}));
    EXPECT_EQ(sequencer.worker_of(3), 1U) << "worker 0 still has its first chunk";
    run(3);
    EXPECT_TRUE(sequencer.worker_finished(1));
    EXPECT_FALSE(sequencer.worker_finished(0));
    run(0);
    EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, 4}));
    EXPECT_EQ(sequencer.worker_of(4), 0U);
    run(4);
    EXPECT_TRUE(sequencer.finished());
}

TEST(TileSequencer, ChunksEndAtBarriersSoThatNobodyWaitsForAChunkNotTaken) {
    TileProgram program;
    // A barrier in one lane, whose tile those of the other lanes wait for.
    program.tiles = {tile(0), tile(1), tile(2), tile(0, kNone, true), tile(1, 3), tile(2, 3)};
    TileSequencer sequencer;
    sequencer.begin(program, 3, 1);
    for (const std::uint32_t t : {0U, 1U, 2U, 3U, 4U, 5U}) {
        EXPECT_THAT(collect(sequencer), ElementsAre(Step{Action::load, t}));
        sequencer.loads_done(t);
        (void)collect(sequencer);
        sequencer.compute_done(t);
        (void)collect(sequencer);
        sequencer.stores_done(t);
    }
    EXPECT_TRUE(sequencer.finished());
}

}  // namespace
}  // namespace handset
