// SPDX-License-Identifier: Apache-2.0
// What one executed op took: a row of the result's op table and of the timeline.
#pragma once

#include <cstdint>
#include <string>

#include "sim/base/quantity.h"

namespace handset {

struct OpRecord {
    std::string name;
    std::string kernel;
    std::string device;
    int layer = -1;     ///< -1: outside the layers
    std::string phase;  ///< load, prefill or decode
    std::uint32_t step = 0;
    Femtoseconds ready;  ///< all predecessors done
    Femtoseconds start;
    Femtoseconds end;
    Bytes bytes_read;
    Bytes bytes_written;
    Macs macs;
    Femtojoules energy;  ///< of the device, without memory and interconnect

    friend bool operator==(const OpRecord&, const OpRecord&) = default;
};

}  // namespace handset
