// SPDX-License-Identifier: Apache-2.0
// The bytes behind a memory. Timing never depends on them.
#pragma once

#include <cstddef>
#include <span>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

class Store {
  public:
    virtual ~Store() = default;
    [[nodiscard]] virtual Bytes size() const = 0;
    /// Both throw ModelError when the range leaves the store.
    virtual void read(Address address, std::span<std::byte> bytes) const = 0;
    virtual void write(Address address, std::span<const std::byte> bytes) = 0;
};

}  // namespace handset
