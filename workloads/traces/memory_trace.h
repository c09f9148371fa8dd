// SPDX-License-Identifier: Apache-2.0
// Memory traffic recorded by other tools, one request per line, read as it is played: a file of any length needs a few
// KiB. Blank lines and lines that start with '#' are skipped. Sources: the trace readers of Ramulator 2, DRAMsim3 and
// MQSim and their documentation.
//   ramulator  "LD 0x1000" or "ST 4096": byte address, hexadecimal or decimal; no times. The R/W variant of Ramulator
//              names bank, row and column of its own organisation instead of an address and is refused.
//   dramsim3   "0x1000 READ 25": hexadecimal byte address, READ or WRITE, clock cycle at which it is due.
//   mqsim      "1500 0 2048 8 1": arrival in ns, device (not used), first sector and sectors of 512 B, 0 write, 1 read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "workloads/traces/memory_traffic.h"

namespace handset {

enum class TraceFormat : std::uint8_t { automatic, ramulator, dramsim3, mqsim };

/// "auto", "ramulator" ... with their values.
std::span<const std::pair<std::string_view, TraceFormat>> enum_names(TraceFormat format);

struct TraceOptions {
    TraceFormat format = TraceFormat::automatic;  ///< automatic: as the first request looks
    /// Of formats that name an address only: the block of this size that holds it.
    std::uint32_t request_size = 64;
    Femtoseconds clock;  ///< one cycle of dramsim3; zero: unknown, then such a trace is refused
};

/// Throws ConfigError when the file cannot be read; later "file:line: reason" for a line that is no request, and at the
/// end of a file without any.
std::unique_ptr<TrafficSource> open_trace(const std::string& path, const TraceOptions& options);

}  // namespace handset
