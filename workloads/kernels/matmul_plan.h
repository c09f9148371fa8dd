// SPDX-License-Identifier: Apache-2.0
// How a matrix product is cut into tiles for one device: which operand stays in the local store, tile sizes, and the
// columns of each lane. Numbers only; K is never cut, so float results do not depend on the plan.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ir/device_caps.h"
#include "workloads/kernels/tiling.h"

namespace handset {

/// out[m, n] = A[m, k] x W[n, k]^T, sizes of stored rows in bytes.
struct MatmulSizes {
    std::uint64_t m = 0;
    std::uint64_t n = 0;
    std::uint64_t a_row = 0;
    std::uint64_t w_row = 0;
    std::uint64_t bias_element = 0;  ///< 0: no bias
    std::uint64_t out_element = 0;
};

enum class Resident { activations, weights };

struct MatmulPlan {
    Resident resident = Resident::activations;
    std::uint64_t m_tile = 1;    ///< rows of A per tile
    std::uint64_t n_tile = 1;    ///< rows of W per tile
    std::uint32_t copies = 1;    ///< buffers of everything that is not resident
    std::vector<Range> columns;  ///< of each lane
    std::uint64_t bytes_loaded = 0;
};

/// Local store of the plan's tile shape, as ProgramBuilder lays it out.
std::uint64_t matmul_local(const MatmulSizes& sizes, const MatmulPlan& plan);
/// Local store of the smallest tile.
std::uint64_t matmul_min_local(const MatmulSizes& sizes);

/// The order that moves fewer bytes (resident activations when equal). Needs local_bytes >= matmul_min_local.
MatmulPlan plan_matmul(const MatmulSizes& sizes, const DeviceCaps& caps);

}  // namespace handset
