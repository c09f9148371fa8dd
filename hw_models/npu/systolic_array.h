// SPDX-License-Identifier: Apache-2.0
// Cycles of a matrix product on systolic arrays, and the scratchpad traffic that feeds them. Closed forms of SCALE-Sim
// v3 (every fold filled and drained) and of ONNXim (folds issued back to back), extended by a limited width of operand
// loading and by accumulators of limited size. Stalls for other users of the scratchpad are NpuCore's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// The operand that stays in the PEs while the others pass: k x n weights, m x n sums, or m x k activations.
enum class Dataflow : std::uint8_t { weight_stationary, output_stationary, input_stationary };
std::span<const std::pair<std::string_view, Dataflow>> enum_names(Dataflow);

/// What of a fold is hidden behind its neighbour: nothing (SCALE-Sim); the operand load, by shadow registers; all but
/// the first fill and the last drain (ONNXim).
enum class FoldOverlap : std::uint8_t { none, shadow_weights, pipelined };
std::span<const std::pair<std::string_view, FoldOverlap>> enum_names(FoldOverlap);

struct SystolicArray {
    std::uint32_t rows = 1;
    std::uint32_t cols = 1;
    std::uint32_t count = 1;
    Dataflow dataflow = Dataflow::weight_stationary;
    FoldOverlap overlap = FoldOverlap::none;
    Bytes load_width{};
    Bytes accumulators{};

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("rows", rows, {.doc = "PE rows, along the contraction", .min = 1, .max = 4096});
        v.field("cols", cols, {.doc = "PE columns, along the outputs", .min = 1, .max = 4096});
        v.field("count", count,
                {.doc = "arrays that share the folds of a product", .min = 1, .max = 64, .fallback = 1});
        v.field("dataflow", dataflow,
                {.doc = "operand that stays in the PEs", .fallback = Dataflow::weight_stationary});
        v.field("overlap", overlap,
                {.doc = "what of a fold hides behind its neighbour", .fallback = FoldOverlap::none});
        v.field(
            "load_width", load_width,
            {.doc = "bytes of the stationary operand into one array per cycle; 0: a row of PEs", .fallback = Bytes{}});
        v.field("accumulators", accumulators,
                {.doc = "partial sums of all arrays, 4 B each; 0: they live in the scratchpad", .fallback = Bytes{}});
    }
    void check(Errors& errors) const;

    [[nodiscard]] std::uint64_t processing_elements() const { return std::uint64_t{rows} * cols * count; }
    /// Streamed rows of partial sums that the accumulators of one array hold; UINT64_MAX: no limit.
    [[nodiscard]] std::uint64_t accumulated_rows() const;
};

/// Folds of one [m,k] x [k,n] product, one pass over its streamed rows. A PE takes `depth` elements of the contraction
/// per cycle.
std::uint64_t folds(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth);

/// Cycles until the last result of `work` leaves the arrays; 0 for no work. With R rows, C columns, K' = ceil(k /
/// depth), F = folds per array (rounded up) and L = max(R, bytes of R x C stationary operands / load_width):
///   weight stationary, none            F * (L + m + R + C - 2) - 1
///   weight stationary, shadow_weights  F * max(max(m, R) + R + C - 2, L) + L
///   weight stationary, pipelined       F * max(ceil(m / R) * R, L) + R + L + C - 2  (ONNXim plus one fill and drain)
///   output stationary, none            F * (K' + R + C - 2) - 1
///   output stationary, pipelined       F * max(K', R) + R + C - 2         (results leave while the next fold runs)
/// Input stationary is weight stationary with m and n exchanged. More streamed rows than accumulated_rows() pass in
/// blocks, each with folds of its own; `pipelined` keeps the arrays filled between blocks.
Cycles fold_cycles(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth = 1);

/// Scratchpad bytes that the folds of `work` move: the stationary operand once per block of streamed rows, the streamed
/// one again for every fold across, results once; partial sums that live in the scratchpad are written and read again
/// for every further fold along the contraction.
Bytes feed_bytes(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth = 1);

}  // namespace handset
