// SPDX-License-Identifier: Apache-2.0
// Memories that `handset replay` plays traffic to: timing cores without SystemC, or a phone behind one of its ports.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hw_models/dram/dram_config.h"
#include "hw_models/flash/flash_config.h"
#include "sim/ir/tensor.h"
#include "sim/replay/replay_target.h"
#include "sim/results/run_result.h"
#include "sim/soc/soc_config.h"
#include "sim/stats/counters.h"

namespace handset {

/// Devices hand memory traffic on in bursts of up to this size; larger requests are offered as they would split them,
/// so that no controller sees further ahead than its queues reach.
inline constexpr std::uint64_t kLargestBurst = 4096;

class ReplayPart : public ReplayTarget {
  public:
    /// What the part did until `end`, sorted by path. Call once, after the traffic.
    virtual Snapshot settle(Femtoseconds end) = 0;
    /// One cycle of the memory's command clock; zero when it has none.
    [[nodiscard]] virtual Femtoseconds command_clock() const { return {}; }
};

std::unique_ptr<ReplayPart> make_dram_replay(const DramConfig& config);
std::unique_ptr<ReplayPart> make_flash_replay(const FlashConfig& config);
/// The traffic takes the place of the device `port` (ConfigError lists those there are), all others are idle; `tag`
/// says to caches what the bytes are. Elaborates SystemC: once per process.
std::unique_ptr<ReplayPart> make_soc_replay(const SocConfig& config, const std::string& port, MemoryTag tag);

}  // namespace handset
