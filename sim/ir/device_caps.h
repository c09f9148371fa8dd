// SPDX-License-Identifier: Apache-2.0
// What a device says about itself: all that a kernel's lowering and a policy may know of the hardware.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/quantity.h"
#include "sim/ir/cost_model.h"
#include "sim/ir/number_format.h"
#include "sim/ir/tile_program.h"

namespace handset {

enum class DeviceKind : std::uint8_t { cpu, gpu, npu, storage };
std::string_view device_kind_name(DeviceKind kind);

/// The address space that a device's static graphs and their weights share. Another one is opened when it is full.
struct SessionCaps {
    Bytes address_space;  ///< 0: no limit, one session
    Femtoseconds setup;   ///< when a session opens
    Bytes memory;         ///< kept by an open session
};

struct DeviceCaps {
    std::string name;  ///< "npu0"
    DeviceKind kind = DeviceKind::cpu;
    /// Relative speed of each lane (CPU: one lane per core; NPU, GPU, storage: one lane). Never empty.
    std::vector<std::uint32_t> lane_speed{1};
    /// Lanes that work at a time; 0: all. More lanes than that are chunks that a worker takes when it is free, and the
    /// time that `cost` gives for such a lane is that of worker (lane mod workers).
    std::uint32_t workers = 0;
    Bytes local_bytes;  ///< local store of one lane (scratchpad, share of L2, workgroup buffers)
    /// Partial sums that the matrix unit holds; 0: they live in the local store. More rows of a tile pass in blocks.
    Bytes accumulator_bytes;
    std::uint32_t buffers = 2;     ///< how many tiles may be in flight in one lane (double buffering)
    std::uint32_t array_rows = 1;  ///< preferred multiple of the contraction dimension k
    std::uint32_t array_cols = 1;  ///< preferred multiple of the output dimension n
    std::array<std::uint64_t, kMacFormats> macs_per_second{};  ///< whole device; 0 = no such datapath
    const CostModel* cost = nullptr;                           ///< of the device; null: arithmetic takes no time
    BytesPerSecond stream_rate;                    ///< of loads on an unloaded system, whole device; 0: unknown
    TransferPath weight_path = TransferPath::dma;  ///< that lowerings give loads of weights
    bool folds_groups = false;   ///< group scales are part of matrix work (MatmulWork::group), not vector work
    SessionCaps sessions;        ///< of devices with static graphs
    bool static_graphs = false;  ///< programs must be prepared (built, optimised) before their first start

    [[nodiscard]] std::size_t worker_count() const { return workers == 0 ? lane_speed.size() : workers; }
    [[nodiscard]] bool has_macs(MacFormat format) const {
        return macs_per_second[static_cast<std::size_t>(format)] > 0;
    }
};

}  // namespace handset
