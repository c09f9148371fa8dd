// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/program_stages.h"

#include <algorithm>

namespace handset {

void append_stage(TileProgram& program, const TileProgram& stage, const std::array<std::uint32_t, 6>& meeting) {
    const auto sync = static_cast<std::uint32_t>(program.tiles.size());
    Tile& empty = program.tiles.emplace_back();
    empty.barrier = true;
    empty.region = meeting;
    const auto tiles = static_cast<std::uint32_t>(program.tiles.size());
    const auto transfers = static_cast<std::uint32_t>(program.transfers.size());
    for (Tile tile : stage.tiles) {
        tile.first_load += transfers;
        tile.first_store += transfers;
        tile.loads_after = tile.loads_after == kNone ? sync : tile.loads_after + tiles;
        program.tiles.push_back(tile);
    }
    program.transfers.insert(program.transfers.end(), stage.transfers.begin(), stage.transfers.end());
    program.local_bytes = std::max(program.local_bytes, stage.local_bytes);
    program.scratch = std::max(program.scratch, stage.scratch);
}

}  // namespace handset
