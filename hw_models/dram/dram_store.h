// SPDX-License-Identifier: Apache-2.0
// Bytes of a simulated memory: host pages are committed when first written, untouched bytes read as zero.
#pragma once

#include "hw_models/common/store.h"

namespace handset {

class MappedStore final : public Store {
  public:
    /// Reserves address space only; throws ModelError when the host refuses.
    explicit MappedStore(Bytes size);
    ~MappedStore() override;
    MappedStore(const MappedStore&) = delete;
    MappedStore& operator=(const MappedStore&) = delete;

    [[nodiscard]] Bytes size() const override { return size_; }
    void read(Address address, std::span<std::byte> bytes) const override;
    void write(Address address, std::span<const std::byte> bytes) override;

  private:
    void check(Address address, std::size_t size) const;

    Bytes size_;
    std::byte* base_ = nullptr;
};

}  // namespace handset
