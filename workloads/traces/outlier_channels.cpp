// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/outlier_channels.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "sim/base/splitmix.h"

namespace handset {

namespace {

std::uint64_t mixed(std::uint64_t state, std::string_view text) {
    for (const char c : text) {
        state = splitmix64(state ^ static_cast<unsigned char>(c));
    }
    return state;
}

/// Random numbers in turn.
class Draws {
  public:
    explicit Draws(std::uint64_t state) : state_(state) {}

    std::uint32_t below(std::uint32_t limit) {
        state_ = splitmix64(state_);
        return static_cast<std::uint32_t>((Wide{state_} * limit) >> 64);
    }
    /// Some channel that is not in `taken`.
    std::uint32_t other(const std::vector<std::uint32_t>& taken, std::uint32_t width) {
        std::uint32_t channel = below(width);
        while (std::find(taken.begin(), taken.end(), channel) != taken.end()) {
            channel = below(width);
        }
        return channel;
    }

  private:
    std::uint64_t state_;
};

}  // namespace

std::vector<std::uint32_t> OutlierChannels::pick(std::string_view tensor, std::string_view phase, std::uint32_t step,
                                                 std::uint32_t count, std::uint32_t width) const {
    ensure(count <= width, "more outliers than channels");
    const std::uint64_t own = mixed(seed_, tensor);
    Draws hot_draws(own);
    std::vector<std::uint32_t> hot;
    while (hot.size() < static_cast<std::size_t>(std::ceil(kHotShare * width))) {
        hot.push_back(hot_draws.other(hot, width));
    }
    constexpr std::uint32_t kFine = 1U << 20;
    Draws draws(mixed(own + step * kSplitMixStep, phase));
    std::vector<std::uint32_t> picks;
    while (picks.size() < count) {
        const bool wants_hot = static_cast<double>(draws.below(kFine)) < kHotPicks * kFine;
        std::vector<std::uint32_t> left;
        std::copy_if(hot.begin(), hot.end(), std::back_inserter(left), [&picks](std::uint32_t channel) {
            return std::find(picks.begin(), picks.end(), channel) == picks.end();
        });
        const std::uint32_t channel = wants_hot && !left.empty()
                                          ? left[draws.below(static_cast<std::uint32_t>(left.size()))]
                                          : draws.other(picks, width);
        picks.push_back(channel);
    }
    std::sort(picks.begin(), picks.end());
    return picks;
}

}  // namespace handset
