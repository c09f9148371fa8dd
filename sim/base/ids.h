// SPDX-License-Identifier: Apache-2.0
// Strong indices: an id of one kind cannot index a container of another.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace handset {

template <class Tag>
class Id {
  public:
    constexpr Id() = default;
    constexpr explicit Id(std::size_t value) : value_(static_cast<std::uint32_t>(value)) {}

    [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
    [[nodiscard]] constexpr bool valid() const { return value_ != kNone; }
    friend constexpr auto operator<=>(Id, Id) = default;

  private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    std::uint32_t value_ = kNone;
};

using Address = std::uint64_t;  ///< byte address in the simulated memory map

using OpId = Id<struct OpTag>;
using TensorId = Id<struct TensorTag>;
using DeviceId = Id<struct DeviceTag>;
using InitiatorId = Id<struct InitiatorTag>;

}  // namespace handset
