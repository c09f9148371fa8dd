// SPDX-License-Identifier: Apache-2.0
// The points of a sweep: all combinations of its axes, or a sample of them, that meet its conditions. A pure function
// of the sweep file, equal on every computer.
#pragma once

#include <string>
#include <vector>

#include "sim/app/sweep_config.h"

namespace handset {

struct SweepGrid {
    std::vector<SweepAxis> axes;                   ///< one column per parameter
    std::vector<std::size_t> dimensions;           ///< per axis: axes that change together have the same number
    std::vector<std::vector<std::string>> points;  ///< one text per axis
};

/// Throws ConfigError with all problems of the axes and conditions, or when nothing or too much is left.
SweepGrid expand(const SweepConfig& sweep);

/// `count` numbers below `levels`, in random order, each used equally often (give or take one).
std::vector<std::size_t> stratified(std::size_t count, std::size_t levels, std::uint64_t seed);

}  // namespace handset
