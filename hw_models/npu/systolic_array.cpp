// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/systolic_array.h"

#include <algorithm>
#include <array>

namespace handset {

std::span<const std::pair<std::string_view, Dataflow>> enum_names(Dataflow /*type*/) {
    static constexpr std::array<std::pair<std::string_view, Dataflow>, 2> kNames{
        {{"weight_stationary", Dataflow::weight_stationary}, {"output_stationary", Dataflow::output_stationary}}};
    return kNames;
}

std::span<const std::pair<std::string_view, FoldOverlap>> enum_names(FoldOverlap /*type*/) {
    static constexpr std::array<std::pair<std::string_view, FoldOverlap>, 3> kNames{
        {{"none", FoldOverlap::none},
         {"shadow_weights", FoldOverlap::shadow_weights},
         {"pipelined", FoldOverlap::pipelined}}};
    return kNames;
}

std::uint64_t folds(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth) {
    const std::uint64_t across = div_ceil<std::uint64_t>(work.n, array.cols);
    if (array.dataflow == Dataflow::output_stationary) {
        return div_ceil<std::uint64_t>(work.m, array.rows) * across;
    }
    return div_ceil<std::uint64_t>(work.k, std::uint64_t{array.rows} * depth) * across;
}

Cycles fold_cycles(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth) {
    if (work.macs().count() == 0) {
        return {};
    }
    const std::uint64_t r = array.rows;
    const std::uint64_t c = array.cols;
    const std::uint64_t m = work.m;
    const std::uint64_t steps = div_ceil<std::uint64_t>(work.k, depth);
    const std::uint64_t f = div_ceil<std::uint64_t>(folds(work, array, depth) * work.count, array.count);
    const bool weights_stay = array.dataflow == Dataflow::weight_stationary;
    switch (array.overlap) {
        case FoldOverlap::none:
            return Cycles{f * (weights_stay ? m + 2 * r + c - 2 : steps + r + c - 2) - 1};
        case FoldOverlap::shadow_weights:
            return Cycles{f * (std::max(m, r) + r + c - 2) + r};
        case FoldOverlap::pipelined:
            break;
    }
    if (weights_stay) {
        return Cycles{f * div_ceil(m, r) * r + 2 * r + c - 2};
    }
    return Cycles{f * std::max(steps, r) + r + c - 2};
}

}  // namespace handset
