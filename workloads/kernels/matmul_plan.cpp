// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_plan.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/kernels/matmul_estimate.h"

namespace handset {

namespace {

constexpr std::array<std::string_view, kLoopOrders> kOrderNames{"weights", "activations", "outputs"};

// A program of more tiles than this costs the host more than it could gain; only imposed tilings may exceed it.
constexpr std::uint64_t kManyTiles = 65536;

/// `dim` cut into 1, 2, 3, 4, 6, 8, 12, 16 ... equal parts in whole multiples of `multiple`, then halves of that down
/// to whole units. Independent of the local store.
std::vector<std::uint64_t> tile_sizes(std::uint64_t dim, std::uint64_t multiple, std::uint64_t unit, bool thirds) {
    std::vector<std::uint64_t> out;
    const auto add = [&](std::uint64_t size) {
        size = std::min(dim, size);
        if (out.empty() || size < out.back()) {
            out.push_back(size);
        }
    };
    for (std::uint64_t parts = 1;; parts *= 2) {
        add(div_ceil(div_ceil(dim, parts), multiple) * multiple);
        if (div_ceil(dim, parts) <= multiple) {
            break;
        }
        if (thirds && parts > 1) {
            add(div_ceil(div_ceil(dim, parts / 2 * 3), multiple) * multiple);
        }
    }
    for (std::uint64_t size = multiple / 2; size >= unit; size /= 2) {
        if (size % unit == 0) {
            add(size);
        }
    }
    add(unit);
    return out;
}

class Mapper {
  public:
    Mapper(const MatmulSizes& sizes, const DeviceCaps& caps, const MatmulWorkOf& work, const MatmulLimits& limits)
        : sizes_(sizes), caps_(caps), limits_(limits), estimator_(sizes, caps, work) {}

    std::optional<MatmulPlan> run() {
        const std::uint64_t cols = std::max<std::uint64_t>(caps_.array_cols, 1);
        const std::uint64_t depth = std::lcm<std::uint64_t>(std::max(caps_.array_rows, 1U), sizes_.k_unit);
        const auto n_sizes = sizes(limits_.n_tile, estimator_.lane_columns(), cols, 1, true);
        const auto m_sizes = sizes(limits_.m_tile, sizes_.m, cols, 1, true);
        const auto k_sizes = sizes(limits_.k_tile, sizes_.k, depth, sizes_.k_unit, false);
        for (const std::uint64_t k : k_sizes) {
            for (const std::uint64_t m : m_sizes) {
                for (const std::uint64_t n : n_sizes) {
                    try_tile(m, n, k);
                }
            }
        }
        if (best_) {
            best_->columns = estimator_.columns();
        }
        return best_;
    }

  private:
    static std::vector<std::uint64_t> sizes(std::uint64_t imposed, std::uint64_t dim, std::uint64_t multiple,
                                            std::uint64_t unit, bool thirds) {
        if (imposed > 0) {
            return {std::min(imposed, dim)};
        }
        return tile_sizes(dim, multiple, unit, thirds);
    }

    void try_tile(std::uint64_t m, std::uint64_t n, std::uint64_t k) {
        for (std::size_t i = 0; i < kLoopOrders; ++i) {
            const auto order = static_cast<LoopOrder>(i);
            const bool pointless = order == LoopOrder::outputs && k >= sizes_.k;  // activations can stay then
            if (limits_.order ? *limits_.order != order : pointless) {
                continue;
            }
            MatmulPlan plan;
            plan.order = order;
            plan.m_tile = m;
            plan.n_tile = n;
            plan.k_tile = k;
            plan.lane_columns = estimator_.lane_columns();
            estimator_.count(plan);
            const bool hopeless = best_ && plan.time > best_->time;
            if (hopeless || (plan.tiles > kManyTiles && best_ && !limits_.any())) {
                continue;
            }
            for (plan.copies = std::max(caps_.buffers, 1U); plan.copies > 0; --plan.copies) {
                try_copies(plan);
            }
        }
    }

    void try_copies(MatmulPlan plan) {  // columns are filled in at the end
        const MatmulBuffers buffers = matmul_buffers(sizes_, plan);
        plan.in_accumulators = buffers.accumulators <= caps_.accumulator_bytes.count();
        const std::uint64_t local = buffers.local - (plan.in_accumulators ? buffers.results : 0);
        if (local > caps_.local_bytes.count()) {
            return;
        }
        estimator_.estimate(plan);
        if (!best_ || rank(plan) < rank(*best_)) {
            best_ = std::move(plan);
        }
    }

    using Rank = std::tuple<Femtoseconds, std::uint64_t, std::uint64_t, std::uint64_t>;
    static Rank rank(const MatmulPlan& plan) {
        return {plan.time, plan.bytes, plan.tiles, plan.m_tile * plan.n_tile * plan.k_tile};
    }

    const MatmulSizes& sizes_;
    const DeviceCaps& caps_;
    const MatmulLimits& limits_;
    MatmulEstimator estimator_;
    std::optional<MatmulPlan> best_;
};

}  // namespace

std::string_view loop_order_name(LoopOrder order) {
    return kOrderNames.at(static_cast<std::size_t>(order));
}

LoopOrder loop_order(std::string_view name) {
    const auto* found = std::find(kOrderNames.begin(), kOrderNames.end(), name);
    if (found == kOrderNames.end()) {
        const std::vector<std::string> known(kOrderNames.begin(), kOrderNames.end());
        throw ConfigError(unknown_name("loop order", name, known));
    }
    return static_cast<LoopOrder>(found - kOrderNames.begin());
}

std::string MatmulPlan::text() const {
    return std::string(loop_order_name(order)) + " resident, tile " + std::to_string(m_tile) + "x" +
           std::to_string(n_tile) + "x" + std::to_string(k_tile) + " (m,n,k), " + std::to_string(copies) +
           (copies == 1 ? " buffer, " : " buffers, ") + std::to_string(tiles) + (tiles == 1 ? " tile" : " tiles");
}

MatmulBuffers matmul_buffers(const MatmulSizes& sizes, const MatmulPlan& plan) {
    MatmulBuffers out;
    out.parts = div_ceil(sizes.k, plan.k_tile);
    const std::uint64_t m_blocks = div_ceil(sizes.m, plan.m_tile);
    const std::uint64_t n_blocks = div_ceil(plan.lane_columns, plan.n_tile);
    const std::uint64_t ahead = plan.copies - 1;
    const auto passing =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(plan.copies, m_blocks * n_blocks * out.parts));
    const auto staying = [&](std::uint64_t blocks) {
        return static_cast<std::uint32_t>(std::min(out.parts + ahead, blocks * out.parts));
    };
    out.a = plan.order == LoopOrder::activations ? staying(m_blocks) : passing;
    out.w = plan.order == LoopOrder::weights ? staying(n_blocks) : passing;
    out.out = static_cast<std::uint32_t>(std::min<std::uint64_t>(plan.copies, m_blocks * n_blocks));
    const std::uint64_t elements = plan.m_tile * plan.n_tile;
    out.a_bytes = align_local(plan.m_tile * sizes.a.bytes(plan.k_tile, true));
    out.w_bytes = align_local(plan.n_tile * sizes.w.bytes(plan.k_tile, true));
    out.bias_bytes = align_local(plan.n_tile * sizes.bias_element);
    out.out_bytes = align_local(elements * sizes.out_element);
    out.sum_bytes = out.parts > 1 && sizes.out_element != kSumBytes ? align_local(elements * kSumBytes) : 0;
    out.results = out.out * out.out_bytes + out.sum_bytes;
    out.accumulators = std::max(out.results, out.out * align_local(elements * kSumBytes));
    out.local = out.a * out.a_bytes + out.w * out.w_bytes + plan.copies * out.bias_bytes + out.results;
    return out;
}

std::uint64_t matmul_min_local(const MatmulSizes& sizes) {
    MatmulPlan smallest;
    smallest.order = LoopOrder::outputs;
    smallest.k_tile = std::min(sizes.k, sizes.k_unit);
    return matmul_buffers(sizes, smallest).local;
}

std::optional<MatmulPlan> plan_matmul(const MatmulSizes& sizes, const DeviceCaps& caps, const MatmulWorkOf& work,
                                      const MatmulLimits& limits) {
    return Mapper(sizes, caps, work, limits).run();
}

}  // namespace handset
