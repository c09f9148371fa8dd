// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/tile_sequencer.h"

#include <utility>

#include "sim/base/errors.h"

namespace handset {

void TileSequencer::begin(const TileProgram& program, std::size_t lanes, std::size_t workers) {
    program_ = &program;
    tiles_.assign(program.tiles.size(), {});
    workers_.assign(workers, {});
    chunks_.clear();
    next_chunk_ = 0;
    pending_stores_.clear();
    completed_ = 0;
    first_incomplete_ = 0;
    if (workers < lanes) {
        cut_chunks(lanes);
        return;
    }
    std::vector<Chunk> parts(lanes);
    for (std::uint32_t tile = 0; tile < program.tiles.size(); ++tile) {
        parts.at(program.tiles[tile].lane).push_back(tile);
    }
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        take(lane, parts[lane]);
    }
}

/// The tiles of a lane between barriers are a chunk: a barrier, or several in a row, ends the chunks of all lanes.
/// Chunks of a later segment come after all of the earlier ones, so that a worker which waits at a barrier waits for
/// chunks that others have taken.
void TileSequencer::cut_chunks(std::size_t lanes) {
    std::vector<std::uint32_t> chunk_of(lanes, kNone);
    for (std::uint32_t tile = 0; tile < program_->tiles.size(); ++tile) {
        const Tile& t = program_->tiles[tile];
        if (t.barrier && !program_->tiles[tile == 0 ? 0 : tile - 1].barrier) {
            chunk_of.assign(lanes, kNone);
        }
        if (chunk_of.at(t.lane) == kNone) {
            chunk_of.at(t.lane) = static_cast<std::uint32_t>(chunks_.size());
            chunks_.emplace_back();
        }
        chunks_[chunk_of[t.lane]].push_back(tile);
    }
}

void TileSequencer::take(std::uint32_t worker, Chunk& chunk) {
    for (const std::uint32_t tile : chunk) {
        tiles_[tile].worker = worker;
    }
    workers_[worker] = Worker{};
    workers_[worker].tiles = std::move(chunk);
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
    for (std::uint32_t index = 0; index < workers_.size(); ++index) {
        if (workers_[index].free() && next_chunk_ < chunks_.size()) {
            take(index, chunks_[next_chunk_++]);
        }
        Worker& worker = workers_[index];
        while (worker.next_load < worker.tiles.size() && may_load(worker.tiles[worker.next_load])) {
            const std::uint32_t tile = worker.tiles[worker.next_load++];
            if (program_->tiles[tile].loads == 0) {
                tiles_[tile].loaded = true;
            } else {
                steps.push_back({Action::load, tile});
            }
        }
        if (!worker.computing && worker.next_compute < worker.next_load &&
            tiles_[worker.tiles[worker.next_compute]].loaded) {
            worker.computing = true;
            steps.push_back({Action::compute, worker.tiles[worker.next_compute++]});
        }
    }
}

void TileSequencer::loads_done(std::uint32_t tile) {
    tiles_[tile].loaded = true;
}

void TileSequencer::compute_done(std::uint32_t tile) {
    workers_[tiles_[tile].worker].computing = false;
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
    ++workers_[tiles_[tile].worker].completed;
    while (first_incomplete_ < tiles_.size() && tiles_[first_incomplete_].complete) {
        ++first_incomplete_;
    }
}

bool TileSequencer::worker_finished(std::uint32_t worker) const {
    return workers_.at(worker).free() && next_chunk_ == chunks_.size();
}

}  // namespace handset
