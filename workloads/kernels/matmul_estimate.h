// SPDX-License-Identifier: Apache-2.0
// Estimated time of a tiled matrix product: tiles pass a pipeline of loads, arithmetic and stores on an unloaded
// system. The neighbours' traffic, latencies and refresh are not in it; they are simulated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "workloads/kernels/matmul_plan.h"

namespace handset {

class MatmulEstimator {
  public:
    MatmulEstimator(const MatmulSizes& sizes, const DeviceCaps& caps, const MatmulWorkOf& work);

    /// Columns of each lane, in proportion to speed.
    [[nodiscard]] const std::vector<Range>& columns() const { return columns_; }
    /// Of the lane with most.
    [[nodiscard]] std::uint64_t lane_columns() const { return lane_columns_; }

    /// Fills in tiles, bytes, and a time that no pipeline of this shape can beat.
    void count(MatmulPlan& plan) const;
    /// Fills in the time. Remembers tile times as long as the tile shape stays the same.
    void estimate(MatmulPlan& plan);

  private:
    struct Segment {
        std::uint64_t size = 0;
        std::uint64_t count = 0;
        bool first = false;
        bool last = false;
    };
    struct Segments {
        std::array<Segment, 3> items{};
        std::size_t used = 0;

        void add(Segment segment) { items.at(used++) = segment; }
        [[nodiscard]] const Segment* begin() const { return items.data(); }
        [[nodiscard]] const Segment* end() const { return items.data() + used; }
    };
    /// Time of one tile's loads, arithmetic and stores.
    struct Step {
        Femtoseconds load;
        Femtoseconds compute;
        Femtoseconds store;
    };

    static Segments segments(std::uint64_t total, std::uint64_t tile);
    [[nodiscard]] std::uint64_t a_traffic(std::uint64_t rows, std::uint64_t k, bool last, bool cut) const;
    [[nodiscard]] std::uint64_t w_traffic(std::uint64_t rows, std::uint64_t k, bool last, bool cut) const;
    [[nodiscard]] std::uint64_t out_traffic(std::uint64_t rows, std::uint64_t columns) const;
    [[nodiscard]] Step step(const MatmulPlan& plan, const Segment& m, const Segment& n, const Segment& k,
                            std::uint32_t lane);
    [[nodiscard]] Femtoseconds compute_time(const MatmulPlan& plan, const MatmulPart& part, std::uint32_t lane);
    [[nodiscard]] Femtoseconds lane_time(const MatmulPlan& plan, std::uint32_t lane);
    /// Transfers that no arithmetic hides although the pipeline would.
    [[nodiscard]] Femtoseconds late(const MatmulPlan& plan) const;
    [[nodiscard]] Femtoseconds transfer(std::uint64_t bytes, std::uint32_t lane) const;
    /// Whether an earlier lane is just the same.
    [[nodiscard]] bool repeats(std::uint32_t lane) const;
    /// Of all lanes, from the time of each one that works: the longest, or, where chunks are taken by whoever is free,
    /// as many chunks as there are at the rate of all workers.
    template <class TimeOfLane>
    [[nodiscard]] Femtoseconds of_all_lanes(TimeOfLane time) const;

    const MatmulSizes& sizes_;
    const DeviceCaps& caps_;
    const MatmulWorkOf& work_;
    std::vector<Range> columns_;
    std::uint64_t lane_columns_ = 0;
    std::uint64_t lanes_used_ = 0;
    std::uint64_t workers_ = 0;  // 0: every lane has its own
    std::vector<BytesPerSecond> rate_;
    Femtoseconds per_byte_;
    Femtoseconds per_tile_;
    Femtoseconds least_compute_;  // of the slowest lane, without the cost of a tile

    struct Memo {
        std::array<std::uint64_t, 3> tile{};
        std::array<std::optional<Femtoseconds>, 32> times{};
    };
    std::vector<Memo> memo_;  // by lane
};

}  // namespace handset
