// SPDX-License-Identifier: Apache-2.0
// What all lowerings share: local buffers with their reuse hazards, division of rows among lanes of unequal speed, and
// the complete lowering of row-wise operators. Knows no operator.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ir/device_caps.h"
#include "sim/ir/op_graph.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// Local buffers start at multiples of this, so that rows of every format can be read in place.
inline constexpr std::uint64_t kLocalAlign = 64;
constexpr std::uint64_t align_local(std::uint64_t bytes) {
    return (bytes + kLocalAlign - 1) / kLocalAlign * kLocalAlign;
}

struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    friend bool operator==(const Range&, const Range&) = default;
};

/// Divides `count` items among lanes in proportion to their speed, in whole multiples of `multiple` (but for the end).
/// Largest remainder first, so one item goes to the fastest lane. Slow lanes may get nothing.
std::vector<Range> split_by_speed(std::uint64_t count, const std::vector<std::uint32_t>& speed, std::uint64_t multiple);

/// Throws ConfigError "<kernel> '<op>' needs X B of local store for its smallest tile, <device> has Y B".
[[noreturn]] void fail_local_store(const OpNode& op, const DeviceCaps& caps, std::uint64_t needed);

/// Who touches a buffer, and so what must be over before it is taken again: for `operands` (written by loads, read by
/// computes) the computes, before the new loads; for `results` (written by computes, read by stores) the stores, before
/// the new compute; for `any` everything before the new loads.
enum class RingUse : std::uint8_t { any, operands, results };

/// `copies` equal buffers at the same place in every lane's local store, taken in turn.
struct Ring {
    std::size_t index = 0;
    std::uint64_t base = 0;
    std::uint64_t stride = 0;
    std::uint32_t copies = 1;
    RingUse use = RingUse::any;
};

/// Collects the tiles of each lane and joins them, lanes in turn, into one program. A tile that takes a buffer waits
/// for the tile that used it last (`loads_after`). Scratch that only computes touch needs no take(): computes of a lane
/// are in order.
class ProgramBuilder {
  public:
    ProgramBuilder(const OpNode& op, const DeviceCaps& caps);

    /// Throws ConfigError (fail_local_store) when the local store is full.
    Ring reserve(std::uint64_t bytes, std::uint32_t copies = 1, RingUse use = RingUse::any);
    /// The same outside the local store: where the matrix unit holds its sums (DeviceCaps::accumulator_bytes). After
    /// all other rings.
    Ring reserve_accumulators(std::uint64_t bytes, std::uint32_t copies);

    /// Starts the next tile of `lane`; the following calls speak of it. The reference is valid until the next begin().
    Tile& begin(std::uint32_t lane);
    /// Next buffer of the ring, to be overwritten by this tile (loads or compute): waits for its last user.
    std::uint64_t take(const Ring& ring);
    /// The buffer the lane took last, or `back` takes before that, still holding what was put there; this tile becomes
    /// its last user.
    std::uint64_t keep(const Ring& ring, std::uint64_t back = 0);
    /// A tile waits for one tile only. When take() would have to wait for two (rings of different rhythm), load the
    /// slower ring in a tile of its own. True if the next take of `ring` in `lane` has to wait at all.
    [[nodiscard]] bool take_waits(const Ring& ring, std::uint32_t lane) const;
    void load(const Transfer& transfer);
    void store(const Transfer& transfer);
    /// Rows [first, first + rows) of an operand stored contiguously with `row_bytes` each.
    void load_rows(std::uint32_t operand, Range rows, std::uint64_t row_bytes, std::uint64_t local);
    void store_rows(std::uint32_t operand, Range rows, std::uint64_t row_bytes, std::uint64_t local);
    /// The program needs so much memory beside the operands.
    void scratch(Bytes bytes) { scratch_ = bytes; }
    /// Every lane's next tile starts after all tiles so far. With several lanes those first tiles follow one another.
    void barrier();

    [[nodiscard]] std::uint64_t local_used() const { return used_; }
    /// Interleaves the lanes, validates, and leaves the builder empty.
    [[nodiscard]] TileProgram finish();

  private:
    struct Draft {
        Tile tile;
        std::vector<Transfer> loads;
        std::vector<Transfer> stores;
        std::uint32_t segment = 0;
        bool waits_for_stores = false;  // of tile.loads_after
    };
    struct RingState {
        std::vector<std::uint32_t> last_user;  // by copy
        std::uint32_t taken = 0;               // how often
    };
    struct Lane {
        std::vector<Draft> drafts;
        std::vector<RingState> rings;
    };
    void add_ring(const Ring& ring);
    void wait_for(std::uint32_t user, RingUse use);
    [[nodiscard]] bool completed_with(std::uint32_t user, std::uint32_t later) const;
    [[nodiscard]] bool awaited(std::uint32_t user) const;

    const OpNode& op_;
    const DeviceCaps& caps_;
    std::vector<Ring> rings_;
    std::vector<Lane> lanes_;
    std::uint32_t lane_ = 0;
    std::uint32_t segment_ = 0;
    std::uint64_t used_ = 0;
    std::uint64_t accumulated_ = 0;
    Bytes scratch_;
};

/// An operand of a row-wise operator. A "row" is the unit that is never split; elementwise operators over plain formats
/// may call one element a row.
struct RowOperand {
    std::uint32_t operand = 0;
    std::uint64_t row_bytes = 0;
    bool gathered = false;  ///< row i of the op is row OpNode::gather[i] of the operand (loads only)
};

struct RowwiseSpec {
    std::uint64_t rows = 0;
    std::uint64_t row_multiple = 1;       ///< tiles hold whole multiples (but for the last)
    std::vector<RowOperand> loads;        ///< streamed: rows of the tile
    std::vector<std::uint32_t> resident;  ///< loaded whole once per lane (norm weights)
    std::vector<RowOperand> stores;       ///< streamed: rows of the tile
    std::uint64_t scratch_bytes = 0;      ///< of the kernel, per lane: at Tile::local[operands]
    Work work_per_row;                    ///< vector elements of one row (matmuls not supported)
};

/// Tile::region = {first row, rows}; Tile::local[i] = where operand i's rows of the tile (or the whole resident
/// operand) lie. Throws ConfigError when one row does not fit.
TileProgram lower_rowwise(const OpNode& op, const DeviceCaps& caps, const RowwiseSpec& spec);
/// The local bytes that lower_rowwise needs at least (one row, single-buffered): for Kernel::supports.
std::uint64_t rowwise_min_local(const OpNode& op, const RowwiseSpec& spec);

}  // namespace handset
