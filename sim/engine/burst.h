// SPDX-License-Identifier: Apache-2.0
// One memory request as devices see it. Bursts are large (up to a few KiB) on purpose: events per byte set the speed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

struct Burst {
    Address address = 0;
    std::uint32_t size = 0;  ///< bytes, > 0
    bool write = false;
    std::uint8_t priority = 0;  ///< lower goes first
    std::uint8_t stream = 0;    ///< MemoryTag of the data: caches may treat streams differently
    std::uint8_t lane = 0;      ///< of the initiator (a core): private caches tell them apart
    InitiatorId initiator;
    std::uint32_t token = 0;  ///< the sender's own; comes back with the response
    /// Where a read puts its bytes and a write takes them from, when the transfer completes; null with data off.
    std::byte* data = nullptr;
};

}  // namespace handset
