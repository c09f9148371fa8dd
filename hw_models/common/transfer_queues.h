// SPDX-License-Identifier: Apache-2.0
// The loads and stores of running tiles, as the queues of each lane work them off piece by piece: DMA queues with a
// cost per descriptor and row, and the paths beside DMA. Plain state machine; the shell gives the time and sends the
// requests.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "hw_models/common/port_config.h"
#include "sim/base/quantity.h"
#include "sim/ir/tile_program.h"

namespace handset {

class TransferQueues {
  public:
    /// Where a transfer stands: its next byte is byte `done` of row `row`; contiguous transfers are one row.
    struct Cursor {
        std::uint32_t tile = 0;
        std::uint32_t lane = 0;
        bool store = false;
        std::uint32_t transfer = 0;  ///< index in the program
        std::uint32_t row = 0;
        std::uint64_t done = 0;
    };

    /// `lane_limits`: bytes in flight of each lane. `port` must outlive this.
    TransferQueues(const PortConfig& port, const std::vector<Bytes>& lane_limits);

    /// Requires that nothing is under way. `program` must outlive its run.
    void begin(const TileProgram& program);
    /// Queues all loads or stores of a tile behind those of the lane that runs it.
    void add(std::uint32_t tile, bool store, std::uint32_t lane);

    [[nodiscard]] std::size_t queues_per_lane() const { return queues_.size() / lanes_.size(); }
    /// Whether nothing of `lane` fits and ready() has told all that it had to tell: no need to ask its queues.
    [[nodiscard]] bool rests(std::size_t lane) const {
        const Lane& l = lanes_[lane];
        return l.settled && (l.open == 0 || l.in_flight >= l.limit.count() || in_flight_ >= port_.outstanding.count());
    }
    /// All queues of `lane` have been asked in turn and had nothing to send.
    void settle(std::size_t lane) { lanes_[lane].settled = true; }
    /// The transfer that queue `queue` of `lane` works on, when it has a piece to send at `now`; null otherwise. Sets
    /// `wake` when the queue is busy with a descriptor or row until then (told once).
    const Cursor* ready(std::size_t lane, std::size_t queue, Femtoseconds now, std::optional<Femtoseconds>& wake);
    /// Bytes left in the row of a cursor.
    [[nodiscard]] std::uint64_t left_in_row(const Cursor& cursor) const;
    /// Largest request of the cursor's path.
    [[nodiscard]] Bytes burst(const Cursor& cursor) const;
    /// Whether another `size` bytes may be in flight on the path, the lane and the device. One request always may.
    [[nodiscard]] bool fits(const Cursor& cursor, std::uint32_t size) const;
    /// The piece of `size` bytes that ready() offered has been sent and holds `unused` bytes besides. True when it was
    /// the last one of its tile's loads or stores.
    bool sent(std::size_t lane, std::size_t queue, std::uint32_t size, Femtoseconds now, std::uint32_t unused = 0);
    /// A piece of a transfer that held `size` bytes has arrived.
    void arrived(std::uint32_t lane, std::uint32_t transfer, std::uint32_t size);
    [[nodiscard]] std::uint64_t bytes_in_flight() const { return in_flight_; }

  private:
    struct Queue {
        std::optional<Cursor> active;
        Femtoseconds ready;
        bool told = false;
    };
    struct Path {
        std::deque<Cursor> waiting;
        std::uint64_t in_flight = 0;
    };
    struct Lane {
        std::array<Path, kTransferPaths> paths;
        std::uint64_t in_flight = 0;
        Bytes limit;
        std::uint32_t open = 0;  ///< transfers not sent completely
        bool settled = false;    ///< no queue has changed since all were asked
    };
    [[nodiscard]] const Transfer& transfer_of(const Cursor& cursor) const;
    [[nodiscard]] Path& path_of(std::uint32_t lane, std::uint32_t transfer);

    const PortConfig& port_;
    const TileProgram* program_ = nullptr;
    std::vector<Lane> lanes_;
    std::vector<Queue> queues_;  // lane by lane: the DMA queues, then one for each other path
    std::array<std::vector<std::uint32_t>, 2> unfinished_;  // transfers of each tile not sent yet: loads, stores
    std::uint64_t in_flight_ = 0;
};

}  // namespace handset
