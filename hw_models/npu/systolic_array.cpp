// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/systolic_array.h"

#include <algorithm>
#include <array>

#include "hw_models/common/rates.h"

namespace handset {

namespace {

constexpr std::uint64_t kSumBytes = 4;

/// A product seen by arrays that keep one operand: `streamed` rows pass k x `held` stationary elements.
struct Pass {
    std::uint64_t streamed = 0;
    std::uint64_t held = 0;
    std::uint64_t k = 0;
    std::uint64_t count = 0;
    std::uint32_t streamed_bits = 0;
    std::uint32_t held_bits = 0;
};

Pass pass_of(const MatmulWork& work, Dataflow dataflow) {
    const MacBits bits = mac_bits(work.format);
    if (dataflow == Dataflow::input_stationary) {
        return {work.n, work.m, work.k, work.count, bits.weight, bits.activation};
    }
    return {work.m, work.n, work.k, work.count, bits.activation, bits.weight};
}

std::uint64_t load_cycles(const Pass& pass, const SystolicArray& array, std::uint32_t depth) {
    if (array.load_width == Bytes{}) {
        return array.rows;
    }
    const std::uint64_t elements = std::uint64_t{array.rows} * array.cols * depth;
    const std::uint64_t bytes = div_ceil<std::uint64_t>(elements * pass.held_bits, 8);
    return std::max<std::uint64_t>(array.rows, div_ceil(bytes, array.load_width.count()));
}

/// Of `f` folds past `m` streamed rows each. SCALE-Sim's last cycle (-1) is the caller's.
std::uint64_t block_cycles(const SystolicArray& array, std::uint64_t f, std::uint64_t m, std::uint64_t load) {
    const std::uint64_t r = array.rows;
    const std::uint64_t skew = r + array.cols - 2;
    switch (array.overlap) {
        case FoldOverlap::none:
            return f * (load + m + skew);
        case FoldOverlap::shadow_weights:
            return f * std::max(std::max(m, r) + skew, load) + load;
        case FoldOverlap::pipelined:
            break;
    }
    return f * std::max(div_ceil(m, r) * r, load);
}

std::uint64_t output_stationary_cycles(const SystolicArray& array, std::uint64_t f, std::uint64_t steps) {
    const std::uint64_t skew = std::uint64_t{array.rows} + array.cols - 2;
    if (array.overlap == FoldOverlap::none) {
        return f * (steps + skew) - 1;
    }
    return f * std::max<std::uint64_t>(steps, array.rows) + skew;
}

}  // namespace

std::span<const std::pair<std::string_view, Dataflow>> enum_names(Dataflow /*type*/) {
    static constexpr std::array<std::pair<std::string_view, Dataflow>, 3> kNames{
        {{"weight_stationary", Dataflow::weight_stationary},
         {"output_stationary", Dataflow::output_stationary},
         {"input_stationary", Dataflow::input_stationary}}};
    return kNames;
}

std::span<const std::pair<std::string_view, FoldOverlap>> enum_names(FoldOverlap /*type*/) {
    static constexpr std::array<std::pair<std::string_view, FoldOverlap>, 3> kNames{
        {{"none", FoldOverlap::none},
         {"shadow_weights", FoldOverlap::shadow_weights},
         {"pipelined", FoldOverlap::pipelined}}};
    return kNames;
}

void SystolicArray::check(Errors& errors) const {
    if (dataflow == Dataflow::output_stationary) {
        if (overlap == FoldOverlap::shadow_weights) {
            errors.add("overlap", "shadow_weights needs an operand that is loaded before the fold, not sums");
        }
        if (load_width != Bytes{} || accumulators != Bytes{}) {
            errors.add("dataflow", "output_stationary keeps its sums in the PEs: no load_width, no accumulators");
        }
    }
    const Bytes smallest{kSumBytes * rows * cols * count};
    if (accumulators != Bytes{} && accumulators < smallest) {
        errors.add("accumulators", "hold less than rows x cols sums per array, need at least " +
                                       std::to_string(smallest.count()) + " B");
    }
}

std::uint64_t SystolicArray::accumulated_rows() const {
    return accumulators == Bytes{} ? UINT64_MAX : accumulators.count() / (kSumBytes * cols * count);
}

std::uint64_t folds(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth) {
    const Pass pass = pass_of(work, array.dataflow);
    const std::uint64_t across = div_ceil<std::uint64_t>(pass.held, array.cols);
    if (array.dataflow == Dataflow::output_stationary) {
        return div_ceil<std::uint64_t>(pass.streamed, array.rows) * across;
    }
    return div_ceil<std::uint64_t>(pass.k, std::uint64_t{array.rows} * depth) * across;
}

Cycles fold_cycles(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth) {
    if (work.macs().count() == 0) {
        return {};
    }
    const Pass pass = pass_of(work, array.dataflow);
    const std::uint64_t f = div_ceil<std::uint64_t>(folds(work, array, depth) * pass.count, array.count);
    if (array.dataflow == Dataflow::output_stationary) {
        return Cycles{output_stationary_cycles(array, f, div_ceil<std::uint64_t>(pass.k, depth))};
    }
    const std::uint64_t load = load_cycles(pass, array, depth);
    const std::uint64_t block = std::min(pass.streamed, array.accumulated_rows());
    const std::uint64_t rest = pass.streamed % block;
    std::uint64_t cycles = pass.streamed / block * block_cycles(array, f, block, load);
    cycles += rest == 0 ? 0 : block_cycles(array, f, rest, load);
    if (array.overlap == FoldOverlap::none) {
        return Cycles{cycles - 1};
    }
    return Cycles{cycles + (array.overlap == FoldOverlap::pipelined ? array.rows + load + array.cols - 2 : 0)};
}

Bytes feed_bytes(const MatmulWork& work, const SystolicArray& array, std::uint32_t depth) {
    if (work.macs().count() == 0) {
        return {};
    }
    const Pass pass = pass_of(work, array.dataflow);
    const std::uint64_t across = div_ceil<std::uint64_t>(pass.held, array.cols);
    std::uint64_t passes = 0;  // of the held operand
    std::uint64_t sums = 0;    // written, and read again
    if (array.dataflow == Dataflow::output_stationary) {
        passes = div_ceil<std::uint64_t>(pass.streamed, array.rows);
        sums = 1;
    } else {
        const std::uint64_t along = div_ceil<std::uint64_t>(pass.k, std::uint64_t{array.rows} * depth);
        passes = div_ceil(pass.streamed, std::min(pass.streamed, array.accumulated_rows()));
        sums = array.accumulators == Bytes{} ? 2 * along - 1 : 1;
    }
    const std::uint64_t operands =
        pass.streamed * pass.k * pass.streamed_bits * across + pass.k * pass.held * pass.held_bits * passes;
    return Bytes{pass.count * (div_ceil<std::uint64_t>(operands, 8) + kSumBytes * pass.streamed * pass.held * sums)};
}

}  // namespace handset
