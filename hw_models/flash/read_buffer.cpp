// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/read_buffer.h"

#include <algorithm>

namespace handset {

std::optional<Femtoseconds> ReadBuffer::find(std::uint64_t page) {
    const auto found = index_.find(page);
    if (found == index_.end()) {
        return std::nullopt;
    }
    entries_.splice(entries_.end(), entries_, found->second);
    return found->second->ready;
}

void ReadBuffer::insert(std::uint64_t page, Femtoseconds ready) {
    if (capacity_ == 0) {
        return;
    }
    drop(page);
    if (entries_.size() == capacity_) {
        index_.erase(entries_.front().page);
        entries_.pop_front();
    }
    entries_.push_back({page, ready});
    index_.emplace(page, std::prev(entries_.end()));
}

void ReadBuffer::drop(std::uint64_t page) {
    if (const auto found = index_.find(page); found != index_.end()) {
        entries_.erase(found->second);
        index_.erase(found);
    }
}

bool StreamTable::continues(Address address, std::uint64_t size) {
    const auto found = std::find(ends_.begin(), ends_.end(), address);
    const bool known = found != ends_.end();
    std::rotate(ends_.begin(), known ? found : ends_.end() - 1, known ? found + 1 : ends_.end());
    ends_.front() = address + size;
    return known;
}

}  // namespace handset
