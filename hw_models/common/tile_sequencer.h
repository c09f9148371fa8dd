// SPDX-License-Identifier: Apache-2.0
// Decides which step of a tile program may start: loads when their slots are free, computes in lane order once loaded,
// stores after their compute. Plain state machine, no time: the shell reports what finished.
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

    /// `program` must outlive the run and be valid for `lanes`.
    void begin(const TileProgram& program, std::size_t lanes);
    /// Appends every step that may start now and marks it started. Tiles without loads or stores pass that stage.
    void collect(std::vector<Step>& steps);

    void loads_done(std::uint32_t tile);
    void compute_done(std::uint32_t tile);
    void stores_done(std::uint32_t tile);

    [[nodiscard]] bool finished() const { return program_ != nullptr && completed_ == program_->tiles.size(); }
    /// Whether all tiles of `lane` have completed.
    [[nodiscard]] bool lane_finished(std::uint32_t lane) const;

  private:
    struct TileState {
        bool loaded = false;
        bool complete = false;
    };
    struct LaneState {
        std::vector<std::uint32_t> tiles;
        std::size_t next_load = 0;
        std::size_t next_compute = 0;
        std::size_t completed = 0;
        bool computing = false;
    };

    [[nodiscard]] bool may_load(std::uint32_t tile) const;
    void complete(std::uint32_t tile);

    const TileProgram* program_ = nullptr;
    std::vector<TileState> tiles_;
    std::vector<LaneState> lanes_;
    std::vector<std::uint32_t> pending_stores_;
    std::size_t completed_ = 0;
    std::size_t first_incomplete_ = 0;
};

}  // namespace handset
