// SPDX-License-Identifier: Apache-2.0
// The controller's RAM for pages read ahead: which pages it holds and from when, least recently used out first; and the
// detection of sequential streams that fills it.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

class ReadBuffer {
  public:
    explicit ReadBuffer(std::uint64_t pages) : capacity_(pages) {}

    /// From when the page is there; makes it the last to leave.
    std::optional<Femtoseconds> find(std::uint64_t page);
    [[nodiscard]] bool holds(std::uint64_t page) const { return index_.contains(page); }
    /// Adds a page that is there from `ready`; the oldest leaves. No effect without capacity.
    void insert(std::uint64_t page, Femtoseconds ready);
    void drop(std::uint64_t page);

  private:
    struct Entry {
        std::uint64_t page = 0;
        Femtoseconds ready;
    };
    std::uint64_t capacity_;
    std::list<Entry> entries_;  ///< oldest first
    std::map<std::uint64_t, std::list<Entry>::iterator> index_;
};

class StreamTable {
  public:
    explicit StreamTable(std::uint32_t streams) : ends_(streams, kNone) {}

    /// Whether a read of [address, address + size) begins where an earlier one ended.
    bool continues(Address address, std::uint64_t size);

  private:
    static constexpr Address kNone = UINT64_MAX;
    std::vector<Address> ends_;  ///< most recent first
};

}  // namespace handset
