// SPDX-License-Identifier: Apache-2.0
// What traffic can be played to: one memory part, or the memory system of a whole phone behind one port.
#pragma once

#include <cstdint>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"

namespace handset {

inline constexpr Femtoseconds kNoEvent{UINT64_MAX};
/// Token of writes that are finished when accepted.
inline constexpr std::uint32_t kPostedToken = UINT32_MAX;

struct ReplayCompletion {
    std::uint32_t token = 0;
    Femtoseconds time;
};

/// How requests may be offered.
struct ReplayRules {
    Bytes capacity;
    Femtoseconds clock{1};                       ///< offers happen at whole multiples
    std::uint64_t bytes_per_clock = UINT64_MAX;  ///< that can be offered
    std::uint64_t largest = UINT64_MAX;          ///< bytes of one submit(): larger requests are offered in pieces
    bool posted_writes = false;                  ///< a write is finished when accepted; else it completes as reads do
};

class ReplayTarget {
  public:
    ReplayTarget() = default;
    ReplayTarget(const ReplayTarget&) = delete;
    ReplayTarget& operator=(const ReplayTarget&) = delete;
    virtual ~ReplayTarget() = default;

    [[nodiscard]] virtual ReplayRules rules() const = 0;
    /// Whether submit() may be called now, that is at the time of the last advance().
    [[nodiscard]] virtual bool accepts(Address address, std::uint64_t size, bool write) const = 0;
    virtual void submit(Femtoseconds now, Address address, std::uint64_t size, bool write, std::uint32_t token) = 0;
    /// When something will happen next; kNoEvent when nothing is under way.
    [[nodiscard]] virtual Femtoseconds next_event() const = 0;
    /// When the last posted write was done, once nothing is under way.
    [[nodiscard]] virtual Femtoseconds idle_since() const { return {}; }
    /// Does everything up to and including `now`; times never fall.
    virtual void advance(Femtoseconds now) = 0;
    /// One completion that is decided, in any order, possibly later than now; false when there is none.
    virtual bool take_completion(ReplayCompletion& completion) = 0;
};

}  // namespace handset
