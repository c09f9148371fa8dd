// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/tile_sequencer.h"

#include "sim/base/errors.h"

namespace handset {

void TileSequencer::begin(const TileProgram& program, std::size_t lanes) {
    program_ = &program;
    tiles_.assign(program.tiles.size(), {});
    lanes_.assign(lanes, {});
    pending_stores_.clear();
    completed_ = 0;
    first_incomplete_ = 0;
    for (std::uint32_t tile = 0; tile < program.tiles.size(); ++tile) {
        lanes_.at(program.tiles[tile].lane).tiles.push_back(tile);
    }
}

bool TileSequencer::may_load(std::uint32_t index) const {
    const Tile& tile = program_->tiles[index];
    if (tile.barrier && first_incomplete_ < index) {
        return false;
    }
    return tile.loads_after == kNone || tiles_[tile.loads_after].complete;
}

void TileSequencer::collect(std::vector<Step>& steps) {
    for (const std::uint32_t tile : pending_stores_) {
        steps.push_back({Action::store, tile});
    }
    pending_stores_.clear();
    for (LaneState& lane : lanes_) {
        while (lane.next_load < lane.tiles.size() && may_load(lane.tiles[lane.next_load])) {
            const std::uint32_t tile = lane.tiles[lane.next_load++];
            if (program_->tiles[tile].loads == 0) {
                tiles_[tile].loaded = true;
            } else {
                steps.push_back({Action::load, tile});
            }
        }
        if (!lane.computing && lane.next_compute < lane.next_load && tiles_[lane.tiles[lane.next_compute]].loaded) {
            lane.computing = true;
            steps.push_back({Action::compute, lane.tiles[lane.next_compute++]});
        }
    }
}

void TileSequencer::loads_done(std::uint32_t tile) {
    tiles_[tile].loaded = true;
}

void TileSequencer::compute_done(std::uint32_t tile) {
    lanes_[program_->tiles[tile].lane].computing = false;
    if (program_->tiles[tile].stores == 0) {
        complete(tile);
    } else {
        pending_stores_.push_back(tile);
    }
}

void TileSequencer::stores_done(std::uint32_t tile) {
    complete(tile);
}

void TileSequencer::complete(std::uint32_t tile) {
    ensure(!tiles_[tile].complete, "a tile completed twice");
    tiles_[tile].complete = true;
    ++completed_;
    ++lanes_[program_->tiles[tile].lane].completed;
    while (first_incomplete_ < tiles_.size() && tiles_[first_incomplete_].complete) {
        ++first_incomplete_;
    }
}

bool TileSequencer::lane_finished(std::uint32_t lane) const {
    return lanes_.at(lane).completed == lanes_.at(lane).tiles.size();
}

}  // namespace handset
