// SPDX-License-Identifier: Apache-2.0
// Cycles of a matrix product on systolic arrays. Closed forms of SCALE-Sim v3 (every fold filled and drained) and of
// ONNXim (folds issued back to back); operand delivery from the scratchpad is not limited here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "sim/base/quantity.h"
#include "sim/ir/tile_program.h"

namespace handset {

enum class Dataflow : std::uint8_t { weight_stationary, output_stationary };
std::span<const std::pair<std::string_view, Dataflow>> enum_names(Dataflow);

/// What of a fold is hidden behind its neighbour: nothing (SCALE-Sim); the weight load, by shadow registers; all but
/// the first fill and the last drain (ONNXim).
enum class FoldOverlap : std::uint8_t { none, shadow_weights, pipelined };
std::span<const std::pair<std::string_view, FoldOverlap>> enum_names(FoldOverlap);

struct SystolicArray {
    std::uint32_t rows = 1;
    std::uint32_t cols = 1;
    std::uint32_t count = 1;
    Dataflow dataflow = Dataflow::weight_stationary;
    FoldOverlap overlap = FoldOverlap::none;

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
    }

    [[nodiscard]] std::uint64_t processing_elements() const { return std::uint64_t{rows} * cols * count; }
};

/// Folds of one [m,k] x [k,n] product. A PE takes `depth` elements of the contraction per cycle.
std::uint64_t folds(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth);

/// Cycles until the last result of `work` leaves the arrays; 0 for no work. With R rows, C columns, K' = ceil(k /
/// depth) and F = folds per array (rounded up):
///   weight stationary, none            F * (m + 2R + C - 2) - 1
///   weight stationary, shadow_weights  F * (max(m, R) + R + C - 2) + R
///   weight stationary, pipelined       F * ceil(m / R) * R + 2R + C - 2   (ONNXim's form plus one fill and drain)
///   output stationary, none            F * (K' + R + C - 2) - 1
///   output stationary, pipelined       F * max(K', R) + R + C - 2         (results leave while the next fold runs)
Cycles fold_cycles(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth = 1);

}  // namespace handset
