// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_estimate.h"

#include <algorithm>

namespace handset {

namespace {

// Less weight traffic than this per lane is not worth another lane.
constexpr std::uint64_t kMinLaneBytes = 4096;
// Separate rows in memory move in whole bursts of this size, and each costs about one more (as for attention).
constexpr std::uint64_t kBurst = 64;
// One part in so many of all traffic passes beside nothing: refresh holds a DRAM for 3-7 % of the time, and what waited
// for it comes late. Between plans of nearly the same time the one with fewer bytes is faster.
constexpr std::uint64_t kLatePart = 16;
// Of devices that state no rate or no cost, so that plans are sensible there, too.
constexpr BytesPerSecond kNominalRate{16'000'000'000};
constexpr Femtoseconds kNominalTile = 100_ns;
// Rates of workers are added up as chunks in this time: a second would count a chunk of 10 ms to one part in a hundred.
constexpr std::uint64_t kRateSpan = 1000 * kFemtosecondsPerSecond;

constexpr std::uint64_t bursts(std::uint64_t bytes) {
    return (div_ceil(bytes, kBurst) + 1) * kBurst;
}

}  // namespace

MatmulEstimator::MatmulEstimator(const MatmulSizes& sizes, const DeviceCaps& caps, const MatmulWorkOf& work)
    : sizes_(sizes), caps_(caps), work_(work), memo_(caps.lane_speed.size()) {
    const std::uint64_t multiple = std::max<std::uint64_t>(caps.array_cols, 1);
    const std::uint64_t row_traffic = std::max<std::uint64_t>(sizes.w.bytes(sizes.k, true) * sizes.m, 1);
    columns_ =
        split_by_speed(sizes.n, caps.lane_speed, div_ceil(div_ceil(kMinLaneBytes, row_traffic), multiple) * multiple);
    const BytesPerSecond rate = caps.stream_rate == BytesPerSecond{} ? kNominalRate : caps.stream_rate;
    per_byte_ = Femtoseconds{kFemtosecondsPerSecond / rate.count()};  // rounded down: a bound
    per_tile_ = caps.cost == nullptr ? kNominalTile : caps.cost->tile_time({}, 0).total;
    workers_ = caps.worker_count() < caps.lane_speed.size() ? caps.worker_count() : 0;
    for (const Range& range : columns_) {
        lane_columns_ = std::max(lane_columns_, range.count);
        lanes_used_ += range.count > 0 ? 1 : 0;
    }
    const std::uint64_t rounds = workers_ == 0 ? 1 : div_ceil(lanes_used_, workers_);
    for (const Range& range : columns_) {
        rate_.emplace_back(std::max<std::uint64_t>(mul_div_ceil(rate.count(), range.count * rounds, sizes.n), 1));
    }
    if (caps.cost != nullptr) {
        least_compute_ = of_all_lanes([&](std::uint32_t lane) {
            const TileTime whole =
                caps.cost->tile_time(work({sizes.m, columns_[lane].count, sizes.k, true, true}), lane);
            return saturating_sub(whole.total, whole.overhead);
        });
    }
}

template <class TimeOfLane>
Femtoseconds MatmulEstimator::of_all_lanes(TimeOfLane time) const {
    Femtoseconds longest;
    if (workers_ == 0) {
        for (std::uint32_t lane = 0; lane < columns_.size(); ++lane) {
            longest = columns_[lane].count > 0 && !repeats(lane) ? std::max(longest, time(lane)) : longest;
        }
        return longest;
    }
    std::uint64_t chunks = 0;
    for (std::uint32_t lane = 0; lane < workers_ && columns_[lane].count > 0; ++lane) {
        const Femtoseconds chunk = time(lane);
        longest = std::max(longest, chunk);
        chunks += kRateSpan / std::max<std::uint64_t>(chunk.count(), 1000);  // of a picosecond at least: no overflow
    }
    return lanes_used_ <= workers_ || chunks == 0 ? longest
                                                  : Femtoseconds{mul_div_ceil(kRateSpan, lanes_used_, chunks)};
}

bool MatmulEstimator::repeats(std::uint32_t lane) const {
    return lane > 0 && columns_[lane].count == columns_[lane - 1].count &&
           caps_.lane_speed[lane] == caps_.lane_speed[lane - 1];
}

MatmulEstimator::Segments MatmulEstimator::segments(std::uint64_t total, std::uint64_t tile) {
    Segments out;
    const std::uint64_t blocks = div_ceil(total, tile);
    const std::uint64_t rest = total - (blocks - 1) * tile;
    if (blocks == 1) {
        out.add({rest, 1, true, true});
        return out;
    }
    out.add({tile, 1, true, false});
    if (blocks > 2) {
        out.add({tile, blocks - 2, false, false});
    }
    out.add({rest, 1, false, true});
    return out;
}

std::uint64_t MatmulEstimator::a_traffic(std::uint64_t rows, std::uint64_t k, bool last, bool cut) const {
    const std::uint64_t row = sizes_.a.bytes(k, last);
    return rows * (cut ? bursts(row) : row);
}

std::uint64_t MatmulEstimator::w_traffic(std::uint64_t rows, std::uint64_t k, bool last, bool cut) const {
    const std::uint64_t row = sizes_.w.bytes(k, last);
    return rows * (cut ? bursts(row) : row);
}

std::uint64_t MatmulEstimator::out_traffic(std::uint64_t rows, std::uint64_t columns) const {
    const std::uint64_t row = columns * sizes_.out_element;
    return rows * (columns == sizes_.n ? row : bursts(row));
}

void MatmulEstimator::count(MatmulPlan& plan) const {
    const std::uint64_t parts = div_ceil(sizes_.k, plan.k_tile);
    const std::uint64_t m_blocks = div_ceil(sizes_.m, plan.m_tile);
    const std::uint64_t a_bytes = sizes_.m * sizes_.a.bytes(sizes_.k, true);
    const std::uint64_t w_row = sizes_.w.bytes(sizes_.k, true) + sizes_.bias_element;
    const std::uint64_t w_passes = plan.order == LoopOrder::weights ? 1 : m_blocks;
    std::uint64_t longest = 0;
    plan.tiles = 0;
    plan.bytes = sizes_.n * w_row * w_passes + sizes_.m * sizes_.n * sizes_.out_element;
    for (const Range& range : columns_) {
        const std::uint64_t n_blocks = div_ceil(range.count, plan.n_tile);
        const std::uint64_t a_passes =
            plan.order == LoopOrder::activations ? std::min<std::uint64_t>(n_blocks, 1) : n_blocks;
        plan.bytes += a_passes * a_bytes;
        plan.tiles += m_blocks * n_blocks * parts;
        longest = std::max(longest, m_blocks * n_blocks * parts);
    }
    const std::uint64_t first = std::min(plan.m_tile, sizes_.m) * sizes_.a.bytes(plan.k_tile, false) +
                                std::min(plan.n_tile, lane_columns_) * sizes_.w.bytes(plan.k_tile, false);
    longest = workers_ == 0 ? longest : plan.tiles / workers_;
    plan.time = std::max(plan.bytes * per_byte_, least_compute_ + longest * per_tile_ + first * per_byte_) + late(plan);
}

Femtoseconds MatmulEstimator::late(const MatmulPlan& plan) const {
    return plan.bytes * per_byte_ / kLatePart;
}

Femtoseconds MatmulEstimator::transfer(std::uint64_t bytes, std::uint32_t lane) const {
    return duration(Bytes{bytes}, rate_[lane]);
}

Femtoseconds MatmulEstimator::compute_time(const MatmulPlan& plan, const MatmulPart& part, std::uint32_t lane) {
    if (caps_.cost == nullptr) {
        return per_tile_;
    }
    Memo& memo = memo_[lane];
    if (const std::array tile{plan.m_tile, plan.n_tile, plan.k_tile}; memo.tile != tile) {
        memo = {tile, {}};
    }
    const std::size_t key = (part.m == plan.m_tile ? 1U : 0U) + (part.n == plan.n_tile ? 2U : 0U) +
                            (part.k == plan.k_tile ? 4U : 0U) + (part.last ? 8U : 0U) + (part.fresh_a ? 16U : 0U);
    std::optional<Femtoseconds>& time = memo.times.at(key);
    if (!time) {
        time = caps_.cost->tile_time(work_(part), lane).total;
    }
    return *time;
}

MatmulEstimator::Step MatmulEstimator::step(const MatmulPlan& plan, const Segment& m, const Segment& n,
                                            const Segment& k, std::uint32_t lane) {
    const bool cut = plan.k_tile < sizes_.k;
    const bool loads_a = plan.order != LoopOrder::activations || n.first;
    const bool loads_w = plan.order != LoopOrder::weights || m.first;
    std::uint64_t bytes = loads_a ? a_traffic(m.size, k.size, k.last, cut) : 0;
    bytes += loads_w ? w_traffic(n.size, k.size, k.last, cut) + (k.last ? n.size * sizes_.bias_element : 0) : 0;
    return {transfer(bytes, lane), compute_time(plan, {m.size, n.size, k.size, k.last, loads_a}, lane),
            k.last ? transfer(out_traffic(m.size, n.size), lane) : Femtoseconds{}};
}

/// Each tile's traffic passes beside its arithmetic, or rather that of its neighbour; the first load and the last store
/// have no neighbour. One buffer: one after the other.
Femtoseconds MatmulEstimator::lane_time(const MatmulPlan& plan, std::uint32_t lane) {
    Femtoseconds total;
    const bool overlap = plan.copies > 1;
    const Segments rows = segments(sizes_.m, plan.m_tile);
    const Segments parts = segments(sizes_.k, plan.k_tile);
    for (const Segment& n : segments(columns_[lane].count, plan.n_tile)) {
        for (const Segment& m : rows) {
            for (const Segment& k : parts) {
                const Step s = step(plan, m, n, k, lane);
                std::uint64_t count = n.count * m.count * k.count;
                Femtoseconds exposed;
                Femtoseconds hidden = s.load + s.store;
                if (n.first && m.first && k.first) {
                    exposed += s.load;
                    hidden -= s.load;
                }
                if (n.last && m.last && k.last) {
                    exposed += s.store;
                    hidden -= s.store;
                }
                total += exposed + count * (overlap ? std::max(s.compute, hidden) : s.compute + hidden);
            }
        }
    }
    return total;
}

void MatmulEstimator::estimate(MatmulPlan& plan) {
    plan.time = of_all_lanes([&](std::uint32_t lane) { return lane_time(plan, lane); }) + late(plan);
}

}  // namespace handset
