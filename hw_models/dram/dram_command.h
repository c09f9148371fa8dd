// SPDX-License-Identifier: Apache-2.0
// One command as an observer sees it: for checkers, traces and the end of a replay, nothing in the model reads it.
// Commands of a bank come in order; those of different banks may be reported before earlier ones.
#pragma once

#include <cstdint>
#include <functional>

#include "hw_models/dram/dram_clocks.h"

namespace handset {

enum class DramCommandKind : std::uint8_t {
    activate,
    read,
    write,
    precharge,
    auto_precharge,  ///< by page policy or for a refresh of the bank: takes no slot of the command bus
    precharge_all,   ///< for a refresh: takes no slot either
    refresh,
    refresh_bank,
    power_down_exit,  ///< the first clock with work
    self_refresh_exit,
};

struct DramCommand {
    DramCommandKind kind = DramCommandKind::activate;
    std::uint32_t rank = 0;
    std::uint32_t bank = 0;  ///< of commands to one bank
    std::uint64_t row = 0;   ///< of ACT, RD and WR
    DramClock at = 0;
};

using DramObserver = std::function<void(const DramCommand&)>;

}  // namespace handset
