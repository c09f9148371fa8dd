// SPDX-License-Identifier: Apache-2.0
// A sampled value over simulated time; samples are recorded when the value changes, never by a polling clock.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/quantity.h"

namespace handset {

struct Sample {
    Femtoseconds time;
    std::uint64_t value = 0;

    friend bool operator==(const Sample&, const Sample&) = default;
};

class TimeSeries {
  public:
    /// `unit` is a short symbol ("B", "uW").
    TimeSeries(std::string name, std::string unit) : name_(std::move(name)), unit_(std::move(unit)) {}

    /// Times must not fall; a second sample at the same time replaces the first.
    void record(Femtoseconds time, std::uint64_t value) {
        if (!samples_.empty() && samples_.back().time == time) {
            samples_.back().value = value;
        } else if (samples_.empty() || samples_.back().value != value) {
            samples_.push_back({time, value});
        }
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& unit() const { return unit_; }
    [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }

  private:
    std::string name_;
    std::string unit_;
    std::vector<Sample> samples_;
};

}  // namespace handset
