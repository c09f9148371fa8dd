// SPDX-License-Identifier: Apache-2.0
// Writable bytes over a read-only image: what was written is kept apart, block by block; beyond the image lie zeros.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "hw_models/common/store.h"

namespace handset {

class OverlayStore final : public Store {
  public:
    /// `base` may be null: zeros everywhere. `size` is not less than the base's.
    OverlayStore(std::shared_ptr<const Store> base, Bytes size);

    [[nodiscard]] Bytes size() const override { return size_; }
    void read(Address address, std::span<std::byte> bytes) const override;
    void write(Address address, std::span<const std::byte> bytes) override;

  private:
    static constexpr std::uint64_t kBlock = 4096;

    void read_base(Address address, std::span<std::byte> bytes) const;

    std::shared_ptr<const Store> base_;
    Bytes size_;
    std::map<std::uint64_t, std::vector<std::byte>> written_;
};

}  // namespace handset
