// SPDX-License-Identifier: Apache-2.0
// Which channels a step finds to be outliers, for runs without data: a stated distribution, in which a small set of hot
// channels, fixed for each tensor, draws most of the picks and the others the rest. Source: llm.npu (arXiv 2407.05858):
// less than 3 % of the channels give more than 80 % of the outliers, almost every channel is touched in the long run.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace handset {

class OutlierChannels {
  public:
    explicit OutlierChannels(std::uint64_t seed) : seed_(seed) {}

    /// `count` distinct channels of `width`, ascending: a function of the seed and all arguments.
    [[nodiscard]] std::vector<std::uint32_t> pick(std::string_view tensor, std::string_view phase, std::uint32_t step,
                                                  std::uint32_t count, std::uint32_t width) const;

    static constexpr double kHotShare = 0.03;
    static constexpr double kHotPicks = 0.8;

  private:
    std::uint64_t seed_;
};

}  // namespace handset
