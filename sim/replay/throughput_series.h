// SPDX-License-Identifier: Apache-2.0
// Bytes finished over time, in constant memory: slices of one length, doubled whenever there would be too many.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/stats/time_series.h"

namespace handset {

class ThroughputSeries {
  public:
    void add(Femtoseconds time, std::uint64_t bytes) {
        std::uint64_t slice = time / length_;
        while (slice >= kMostSlices) {
            fold();
            slice = time / length_;
        }
        if (slice >= slices_.size()) {
            slices_.resize(slice + 1);
        }
        slices_[slice] += bytes;
    }

    /// Bytes per second; each value holds from its time on.
    [[nodiscard]] TimeSeries series(std::string name) const {
        TimeSeries series(std::move(name), "B/s");
        for (std::size_t i = 0; i < slices_.size(); ++i) {
            const Wide rate = Wide{slices_[i]} * kFemtosecondsPerSecond / length_.count();
            series.record(length_ * i, static_cast<std::uint64_t>(rate));
        }
        series.record(length_ * slices_.size(), 0);
        return series;
    }

  private:
    static constexpr std::size_t kMostSlices = 512;

    void fold() {
        length_ = length_ * 2;
        std::vector<std::uint64_t> folded((slices_.size() + 1) / 2);
        for (std::size_t i = 0; i < slices_.size(); ++i) {
            folded[i / 2] += slices_[i];
        }
        slices_ = std::move(folded);
    }

    Femtoseconds length_{1'000'000'000};
    std::vector<std::uint64_t> slices_;
};

}  // namespace handset
