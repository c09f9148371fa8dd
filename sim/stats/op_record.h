// SPDX-License-Identifier: Apache-2.0
// What one executed op took: a row of the result's op table and of the timeline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
    /// Of its lane that computed longest; they overlap each other, but for `call_time`.
    Femtoseconds call_time;      ///< launch, completion, and overheads of the tiles
    Femtoseconds matrix_time;    ///< matrix unit busy
    Femtoseconds vector_time;    ///< vector unit busy
    Femtoseconds transfer_time;  ///< loads or stores under way
    std::string mapping;         ///< how the op was cut into tiles

    friend bool operator==(const OpRecord&, const OpRecord&) = default;
};

/// What an op spent most time on: "call", "compute" (matrix unit), "vector" or "DMA" (loads and stores).
inline std::string_view bound_of(const OpRecord& op) {
    std::string_view name = "call";
    Femtoseconds most = op.call_time;
    const auto consider = [&](std::string_view candidate, Femtoseconds time) {
        if (time > most) {
            name = candidate;
            most = time;
        }
    };
    consider("compute", op.matrix_time);
    consider("vector", op.vector_time);
    consider("DMA", op.transfer_time);
    return name;
}

}  // namespace handset
