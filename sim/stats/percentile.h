// SPDX-License-Identifier: Apache-2.0
// Percentiles by nearest rank: the least value that at least `percent` of all values do not exceed. It is always one of
// the values; nothing is interpolated.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

/// 0 < percent <= 100; zero of no values.
inline Femtoseconds percentile(std::vector<Femtoseconds> values, unsigned percent) {
    ensure(percent > 0 && percent <= 100, "no such percentile");
    if (values.empty()) {
        return {};
    }
    const std::uint64_t rank = mul_div_ceil(values.size(), percent, 100);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

/// Zero of no values; rounded down.
inline Femtoseconds mean(const std::vector<Femtoseconds>& values) {
    Wide sum = 0;
    for (const Femtoseconds value : values) {
        sum += value.count();
    }
    return Femtoseconds{values.empty() ? 0 : static_cast<std::uint64_t>(sum / values.size())};
}

}  // namespace handset
