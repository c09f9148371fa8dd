// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/overlay_store.h"

#include <algorithm>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

OverlayStore::OverlayStore(std::shared_ptr<const Store> base, Bytes size) : base_(std::move(base)), size_(size) {
    ensure(base_ == nullptr || base_->size() <= size, "an image larger than the flash it lies in");
}

void OverlayStore::read_base(Address address, std::span<std::byte> bytes) const {
    const std::uint64_t end = base_ == nullptr ? 0 : base_->size().count();
    const std::size_t inside = std::min<std::uint64_t>(bytes.size(), end - std::min(end, address));
    if (inside > 0) {
        base_->read(address, bytes.first(inside));
    }
    std::ranges::fill(bytes.subspan(inside), std::byte{0});
}

void OverlayStore::read(Address address, std::span<std::byte> bytes) const {
    ensure(address <= size_.count() && bytes.size() <= size_.count() - address, "flash read beyond its size");
    while (!bytes.empty()) {
        const std::uint64_t offset = address % kBlock;
        const std::size_t count = std::min<std::uint64_t>(bytes.size(), kBlock - offset);
        if (const auto found = written_.find(address / kBlock); found != written_.end()) {
            std::ranges::copy(std::span(found->second).subspan(offset, count), bytes.begin());
        } else {
            read_base(address, bytes.first(count));
        }
        address += count;
        bytes = bytes.subspan(count);
    }
}

void OverlayStore::write(Address address, std::span<const std::byte> bytes) {
    ensure(address <= size_.count() && bytes.size() <= size_.count() - address, "flash write beyond its size");
    while (!bytes.empty()) {
        const std::uint64_t offset = address % kBlock;
        const std::size_t count = std::min<std::uint64_t>(bytes.size(), kBlock - offset);
        std::vector<std::byte>& block = written_[address / kBlock];
        if (block.empty()) {
            block.resize(kBlock);
            const std::uint64_t begin = address - offset;
            read_base(begin, std::span(block).first(std::min(kBlock, size_.count() - begin)));
        }
        std::ranges::copy(bytes.first(count), block.begin() + static_cast<std::ptrdiff_t>(offset));
        address += count;
        bytes = bytes.subspan(count);
    }
}

}  // namespace handset
