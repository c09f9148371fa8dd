// SPDX-License-Identifier: Apache-2.0
// The mapper: cuts a matrix product into tiles for one device by estimated time. Numbers only. It enumerates tile
// sizes, loop orders and numbers of buffers and takes the fastest pipeline that fits the local store; more bandwidth or
// a larger store never makes the estimate worse, as they only speed up or add candidates.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/ir/device_caps.h"
#include "workloads/kernels/tiling.h"

namespace handset {

/// Stored rows: `bytes(k)` of k elements, a whole number of units; what closes the row (a scale) follows its last part.
struct RowLayout {
    std::uint64_t unit = 1;
    std::uint64_t unit_bytes = 0;
    std::uint64_t end_bytes = 0;

    [[nodiscard]] std::uint64_t bytes(std::uint64_t elements, bool last) const {
        return elements / unit * unit_bytes + (last ? end_bytes : 0);
    }
};

/// out[m, n] = A[m, k] x W[n, k]^T.
struct MatmulSizes {
    std::uint64_t m = 0;
    std::uint64_t n = 0;
    std::uint64_t k = 0;
    std::uint64_t k_unit = 1;  ///< k may be cut at multiples of this
    RowLayout a;
    RowLayout w;
    std::uint64_t bias_element = 0;  ///< 0: no bias
    std::uint64_t out_element = 0;
};

/// Which operand stays in the local store, and so the loops from outside in (k is always innermost, results complete
/// in the store): weights: n, m, k, all of k of a block of weights stays. activations: m, n, k, likewise. outputs: m,
/// n, k, both operands pass.
enum class LoopOrder : std::uint8_t { weights, activations, outputs };
inline constexpr std::size_t kLoopOrders = 3;
std::string_view loop_order_name(LoopOrder order);
/// Throws ConfigError that lists the known names.
LoopOrder loop_order(std::string_view name);

struct MatmulPlan {
    LoopOrder order = LoopOrder::activations;
    std::uint64_t m_tile = 1;  ///< rows of A per tile
    std::uint64_t n_tile = 1;  ///< rows of W per tile
    std::uint64_t k_tile = 1;
    std::uint32_t copies = 1;        ///< tiles in flight
    bool in_accumulators = false;    ///< results wait in the matrix unit instead of the local store
    std::vector<Range> columns;      ///< of each lane
    std::uint64_t lane_columns = 1;  ///< of the lane with most
    std::uint64_t bytes = 0;         ///< loaded and stored
    std::uint64_t tiles = 0;
    Femtoseconds time;  ///< estimated, from the first load to the last store

    [[nodiscard]] std::string text() const;
};

/// Parts of the tiling that are imposed; 0 or empty: free.
struct MatmulLimits {
    std::uint64_t m_tile = 0;
    std::uint64_t n_tile = 0;
    std::uint64_t k_tile = 0;
    std::optional<LoopOrder> order;

    [[nodiscard]] bool any() const { return m_tile > 0 || n_tile > 0 || k_tile > 0 || order.has_value(); }
};

/// One tile as its arithmetic sees it.
struct MatmulPart {
    std::uint64_t m = 0;
    std::uint64_t n = 0;
    std::uint64_t k = 0;
    bool last = true;     ///< completes its results
    bool fresh_a = true;  ///< its activations have just been loaded (else other tiles used them before)
};
using MatmulWorkOf = std::function<Work(const MatmulPart&)>;

/// Buffers of each operand that a lane needs, and what they take.
struct MatmulBuffers {
    std::uint64_t parts = 1;  ///< of k
    std::uint32_t a = 1;
    std::uint32_t w = 1;
    std::uint32_t out = 1;
    std::uint64_t a_bytes = 0;  ///< of one buffer
    std::uint64_t w_bytes = 0;
    std::uint64_t bias_bytes = 0;
    std::uint64_t out_bytes = 0;
    std::uint64_t sum_bytes = 0;     ///< partial sums apart from the results; one buffer
    std::uint64_t local = 0;         ///< all of them in the local store
    std::uint64_t results = 0;       ///< of `local`: results and partial sums
    std::uint64_t accumulators = 0;  ///< what they take in a matrix unit, which holds sums only
};
/// Of a partial sum.
inline constexpr std::uint64_t kSumBytes = 4;
MatmulBuffers matmul_buffers(const MatmulSizes& sizes, const MatmulPlan& plan);

/// Local store of the smallest tile.
std::uint64_t matmul_min_local(const MatmulSizes& sizes);

/// The fastest plan by estimate; ties go to fewer bytes, then fewer tiles, then smaller tiles. Empty when none fits.
std::optional<MatmulPlan> plan_matmul(const MatmulSizes& sizes, const DeviceCaps& caps, const MatmulWorkOf& work,
                                      const MatmulLimits& limits = {});

}  // namespace handset
