// SPDX-License-Identifier: Apache-2.0
// Decides which step of a tile program may start, and where: loads when their slots are free, computes in order once
// loaded, stores after their compute. A program with more lanes than workers is a list of chunks: a worker that is free
// takes the next one (lowest number first among free workers). Plain state machine, no time: the shell reports what
// finished.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ir/tile_program.h"

namespace handset {

class TileSequencer {
  public:
    enum class Action : std::uint8_t { load, compute, store };
    struct Step {
        Action action = Action::load;
        std::uint32_t tile = 0;

        friend bool operator==(const Step&, const Step&) = default;
    };

    /// `program` must outlive the run and be valid for `lanes`, of which `workers` work at a time. With fewer workers
    /// than lanes a barrier ends the chunk: nothing in the local store outlives it.
    void begin(const TileProgram& program, std::size_t lanes, std::size_t workers);
    void begin(const TileProgram& program, std::size_t lanes) { begin(program, lanes, lanes); }
    /// Appends every step that may start now and marks it started. Tiles without loads or stores pass that stage.
    void collect(std::vector<Step>& steps);

    void loads_done(std::uint32_t tile);
    void compute_done(std::uint32_t tile);
    void stores_done(std::uint32_t tile);

    [[nodiscard]] bool finished() const { return program_ != nullptr && completed_ == program_->tiles.size(); }
    /// The worker of a tile that has been started.
    [[nodiscard]] std::uint32_t worker_of(std::uint32_t tile) const { return tiles_[tile].worker; }
    /// Whether `worker` has completed its tiles and gets no more.
    [[nodiscard]] bool worker_finished(std::uint32_t worker) const;

  private:
    struct TileState {
        bool loaded = false;
        bool complete = false;
        std::uint32_t worker = 0;
    };
    using Chunk = std::vector<std::uint32_t>;
    struct Worker {
        Chunk tiles;
        std::size_t next_load = 0;
        std::size_t next_compute = 0;
        std::size_t completed = 0;
        bool computing = false;

        [[nodiscard]] bool free() const { return completed == tiles.size(); }
    };

    void cut_chunks(std::size_t lanes);
    void take(std::uint32_t worker, Chunk& chunk);
    [[nodiscard]] bool may_load(std::uint32_t tile) const;
    void complete(std::uint32_t tile);

    const TileProgram* program_ = nullptr;
    std::vector<TileState> tiles_;
    std::vector<Worker> workers_;
    std::vector<Chunk> chunks_;  // in the order in which they are taken
    std::size_t next_chunk_ = 0;
    std::vector<std::uint32_t> pending_stores_;
    std::size_t completed_ = 0;
    std::size_t first_incomplete_ = 0;
};

}  // namespace handset
