// SPDX-License-Identifier: Apache-2.0
// Which rows of its input 0 an op reads, for ops whose attribute "gather_from" names the input that holds their
// numbers: the result of an earlier op, [1, rows] int32. With data on memory knows, without somebody else must.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "sim/ir/tensor.h"

namespace handset {

struct GatherQuestion {
    std::string_view phase;
    std::uint32_t step = 0;
    const Tensor& indices;
    Address address = 0;      ///< of the indices
    std::uint64_t count = 0;  ///< of the rows that are read
    std::uint64_t rows = 0;   ///< of input 0
};

using GatherSource = std::function<std::vector<std::uint32_t>(const GatherQuestion&)>;

}  // namespace handset
