// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_plan.h"

#include <algorithm>

#include "sim/base/errors.h"

namespace handset {

namespace {

// Less weight traffic than this per lane is not worth another lane.
constexpr std::uint64_t kMinLaneBytes = 4096;
// Streamed tiles aim at this size, and at this many per lane so that loads hide behind computes.
constexpr std::uint64_t kGoodTileBytes = std::uint64_t{64} * 1024;
constexpr std::uint64_t kTilesForOverlap = 8;
// Rows of a strided output should fill several DRAM bursts; below one burst they are only a last resort.
constexpr std::uint64_t kGoodOutputRow = 256;
constexpr std::uint64_t kLeastOutputRow = 64;
// Rows of a streamed activation tile: fewer pay the start of a tile for little work.
constexpr std::uint64_t kGoodRows = 16;
constexpr std::uint64_t kLeastRows = 4;

/// Largest x in [1, limit] with fits(x), 0 if fits(1) is false. fits must be monotone.
template <class Fits>
std::uint64_t largest(std::uint64_t limit, Fits fits) {
    std::uint64_t low = 0;
    std::uint64_t high = limit;
    while (low < high) {
        const std::uint64_t middle = low + (high - low + 1) / 2;
        if (fits(middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/// `count` cut into equal parts of at most `part`, in whole multiples where that still is at most `part`.
std::uint64_t balanced(std::uint64_t count, std::uint64_t part, std::uint64_t multiple) {
    const std::uint64_t even = div_ceil(count, div_ceil(count, part));
    const std::uint64_t rounded = div_ceil(even, multiple) * multiple;
    return std::min(rounded <= part ? rounded : even, count);
}

class Planner {
  public:
    Planner(const MatmulSizes& sizes, const DeviceCaps& caps)
        : sizes_(sizes), caps_(caps), multiple_(std::max<std::uint64_t>(caps.array_cols, 1)) {
        const std::uint64_t row_traffic = std::max<std::uint64_t>(sizes.w_row * sizes.m, 1);
        columns_ = split_by_speed(sizes.n, caps.lane_speed,
                                  div_ceil(div_ceil(kMinLaneBytes, row_traffic), multiple_) * multiple_);
        for (const Range& range : columns_) {
            lane_columns_ = std::max(lane_columns_, range.count);
        }
    }

    /// The plan with most buffers that fits, and among its goals the one that moves fewest bytes; m_tile == 0 if none
    /// fits.
    [[nodiscard]] MatmulPlan plan(Resident resident) const {
        MatmulPlan best{resident, 0, 0, 1, columns_, UINT64_MAX};
        const bool activations = resident == Resident::activations;
        const std::uint64_t floor = activations ? div_ceil(kLeastOutputRow, sizes_.out_element) : kLeastRows;
        for (std::uint32_t copies = std::max(caps_.buffers, 1U); copies > 0 && best.m_tile == 0; --copies) {
            std::uint64_t goal = activations ? column_goal() : std::min(sizes_.m, kGoodRows);
            for (; goal > 0 && (goal >= floor || best.m_tile == 0); goal /= 2) {
                MatmulPlan plan{resident, 0, 0, copies, columns_, 0};
                if (activations ? size_resident_activations(plan, goal) : size_resident_weights(plan, goal)) {
                    plan.bytes_loaded = loaded(plan);
                    best = plan.bytes_loaded < best.bytes_loaded ? plan : best;
                }
            }
        }
        return best;
    }

  private:
    [[nodiscard]] std::uint64_t column_goal() const {
        const std::uint64_t strided = sizes_.m > 1 ? div_ceil(kGoodOutputRow, sizes_.out_element) : 1;
        return std::min(lane_columns_, std::max(multiple_, strided));
    }

    [[nodiscard]] bool fits(MatmulPlan plan, std::uint64_t m, std::uint64_t n) const {
        plan.m_tile = m;
        plan.n_tile = n;
        return matmul_local(sizes_, plan) <= caps_.local_bytes.count();
    }

    [[nodiscard]] static std::uint64_t stream_limit(std::uint64_t count, std::uint64_t row) {
        return std::max(div_ceil(count, kTilesForOverlap), div_ceil(kGoodTileBytes, std::max<std::uint64_t>(row, 1)));
    }

    [[nodiscard]] std::uint64_t whole_columns(std::uint64_t n) const { return n > multiple_ ? n - n % multiple_ : n; }

    [[nodiscard]] bool size_resident_activations(MatmulPlan& plan, std::uint64_t goal) const {
        const std::uint64_t m = largest(sizes_.m, [&](std::uint64_t x) { return fits(plan, x, goal); });
        if (m == 0) {
            return false;
        }
        plan.m_tile = balanced(sizes_.m, m, 1);
        const std::uint64_t limit = std::min(lane_columns_, stream_limit(lane_columns_, sizes_.w_row));
        const std::uint64_t n = largest(limit, [&](std::uint64_t x) { return fits(plan, plan.m_tile, x); });
        plan.n_tile = balanced(lane_columns_, whole_columns(n), multiple_);
        return true;
    }

    [[nodiscard]] bool size_resident_weights(MatmulPlan& plan, std::uint64_t goal) const {
        const std::uint64_t n = largest(lane_columns_, [&](std::uint64_t x) { return fits(plan, goal, x); });
        if (n == 0) {
            return false;
        }
        plan.n_tile = balanced(lane_columns_, whole_columns(n), multiple_);
        const std::uint64_t limit = std::min(sizes_.m, stream_limit(sizes_.m, sizes_.a_row));
        const std::uint64_t m = largest(limit, [&](std::uint64_t x) { return fits(plan, x, plan.n_tile); });
        plan.m_tile = balanced(sizes_.m, m, 1);
        return true;
    }

    [[nodiscard]] std::uint64_t loaded(const MatmulPlan& plan) const {
        const std::uint64_t activations = sizes_.m * sizes_.a_row;
        const std::uint64_t weights = sizes_.n * (sizes_.w_row + sizes_.bias_element);
        std::uint64_t activation_passes = 0;  // over all lanes
        for (const Range& range : plan.columns) {
            if (range.count > 0) {
                activation_passes += plan.resident == Resident::weights ? div_ceil(range.count, plan.n_tile) : 1;
            }
        }
        const std::uint64_t weight_passes =
            plan.resident == Resident::activations ? div_ceil(sizes_.m, plan.m_tile) : 1;
        return activation_passes * activations + weight_passes * weights;
    }

    const MatmulSizes& sizes_;
    const DeviceCaps& caps_;
    std::uint64_t multiple_;
    std::vector<Range> columns_;
    std::uint64_t lane_columns_ = 0;
};

}  // namespace

std::uint64_t matmul_local(const MatmulSizes& sizes, const MatmulPlan& plan) {
    const std::uint64_t a = align_local(plan.m_tile * sizes.a_row);
    const std::uint64_t w = align_local(plan.n_tile * sizes.w_row) + align_local(plan.n_tile * sizes.bias_element);
    const std::uint64_t out = align_local(plan.m_tile * plan.n_tile * sizes.out_element);
    const bool weights = plan.resident == Resident::weights;
    return (weights ? w : a) + plan.copies * ((weights ? a : w) + out);
}

std::uint64_t matmul_min_local(const MatmulSizes& sizes) {
    MatmulPlan smallest;
    return matmul_local(sizes, smallest);
}

MatmulPlan plan_matmul(const MatmulSizes& sizes, const DeviceCaps& caps) {
    const Planner planner(sizes, caps);
    MatmulPlan activations = planner.plan(Resident::activations);
    MatmulPlan weights = planner.plan(Resident::weights);
    MatmulPlan& best = weights.bytes_loaded < activations.bytes_loaded ? weights : activations;
    ensure(best.m_tile > 0 && best.n_tile > 0, "matmul plan: the local store is smaller than the smallest tile");
    return std::move(best);
}

}  // namespace handset
