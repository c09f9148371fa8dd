// SPDX-License-Identifier: Apache-2.0
// Slices of activity on named tracks, one track per hardware queue. Slices of one track do not overlap.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/quantity.h"

namespace handset {

class Timeline {
  public:
    struct Slice {
        std::uint32_t track = 0;
        std::uint32_t name = 0;  ///< index into names()
        Femtoseconds begin;
        Femtoseconds end;
    };

    /// Adds a track; `process` groups tracks ("npu0"), `name` is the queue ("dma").
    std::uint32_t add_track(std::string process, std::string name) {
        tracks_.emplace_back(std::move(process), std::move(name));
        return static_cast<std::uint32_t>(tracks_.size() - 1);
    }
    /// Adds a slice name once; keep the index.
    std::uint32_t add_name(std::string name) {
        names_.push_back(std::move(name));
        return static_cast<std::uint32_t>(names_.size() - 1);
    }
    void add_slice(std::uint32_t track, std::uint32_t name, Femtoseconds begin, Femtoseconds end) {
        slices_.push_back({track, name, begin, end});
    }

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& tracks() const { return tracks_; }
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    [[nodiscard]] const std::vector<Slice>& slices() const { return slices_; }

  private:
    std::vector<std::pair<std::string, std::string>> tracks_;
    std::vector<std::string> names_;
    std::vector<Slice> slices_;
};

}  // namespace handset
