// SPDX-License-Identifier: Apache-2.0
// Records of what is in flight, addressed by an index that travels as a burst's token; indices are reused.
#pragma once

#include <cstdint>
#include <vector>

namespace handset {

template <class T>
class Slots {
  public:
    /// References to elements are valid until the next acquire().
    std::uint32_t acquire() {
        if (free_.empty()) {
            items_.emplace_back();
            return static_cast<std::uint32_t>(items_.size() - 1);
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return index;
    }
    /// The element keeps its value until it is acquired again.
    void release(std::uint32_t index) { free_.push_back(index); }

    T& operator[](std::uint32_t index) { return items_[index]; }
    const T& operator[](std::uint32_t index) const { return items_[index]; }

  private:
    std::vector<T> items_;
    std::vector<std::uint32_t> free_;
};

}  // namespace handset
