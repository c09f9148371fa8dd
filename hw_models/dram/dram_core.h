// SPDX-License-Identifier: Apache-2.0
// A DRAM with its controllers, all channels: requests of any size in, completion times out. Plain C++: the caller
// brings the time, in order, and calls again at next_event(). Reads complete with their last data beat; writes are
// posted, they complete when the queue has taken them.
#pragma once

#include <cstdint>
#include <vector>

#include "hw_models/dram/dram_channel.h"
#include "hw_models/dram/dram_config.h"
#include "sim/base/ids.h"

namespace handset {

struct DramRequest {
    Address address = 0;
    std::uint64_t size = 0;
    bool write = false;
    std::uint32_t token = 0;  ///< the caller's own
};

struct DramCompletion {
    std::uint32_t token = 0;
    Femtoseconds time;  ///< may lie after the decision
};

class DramCore {
  public:
    static constexpr Femtoseconds kNever{UINT64_MAX};

    /// `config` has passed check().
    explicit DramCore(const DramConfig& config);
    DramCore(const DramCore&) = delete;
    DramCore& operator=(const DramCore&) = delete;

    /// Whether the queues of all channels that the request touches have room. Throws ModelError outside the capacity.
    [[nodiscard]] bool accepts(const DramRequest& request) const;
    /// Takes a request that arrives at `now`; requires accepts() and advance(now).
    void submit(Femtoseconds now, const DramRequest& request);
    /// Decides all commands that no later request can change.
    void advance(Femtoseconds now);
    /// When the next command has to be decided, kNever when no request waits.
    [[nodiscard]] Femtoseconds next_event() const;
    /// When to call advance() at the latest, so that it tells of every read before its completion; kNever when none
    /// waits.
    [[nodiscard]] Femtoseconds next_notice() const;
    /// When the last data ended, once next_event() is kNever.
    [[nodiscard]] Femtoseconds idle_since() const;
    /// The next completion that has been decided, in the order of decision; false when there is none.
    bool take_completion(DramCompletion& completion);

    /// Commands and states up to `now`, since the last call.
    DramActivity take_activity(Femtoseconds now);
    [[nodiscard]] std::uint64_t queued_bursts() const;
    /// From now on `observer` sees the commands of `channel`.
    void on_command(std::uint32_t channel, const DramObserver& observer) { channels_.at(channel).on_command(observer); }

    [[nodiscard]] DramCoordinates locate(Address address) const { return map_.locate(address); }
    [[nodiscard]] const DramConfig& config() const { return config_; }

  private:
    struct Open {
        std::uint32_t token = 0;
        std::uint32_t runs = 0;  ///< not yet issued
        DramClock end = 0;
    };
    struct LocalRange {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;  ///< both whole bursts of one channel
    };

    [[nodiscard]] LocalRange local_range(std::uint32_t channel, const DramRequest& request) const;
    void push(DramClock now, std::uint32_t channel, LocalRange range, bool write, std::uint32_t open);
    void sort_done();
    std::uint32_t open(std::uint32_t token);

    DramConfig config_;
    DramClocks clocks_;
    DramTimeBase base_;
    DramAddressMap map_;
    DramClock ahead_ = 0;  ///< between a decision and the clock it is for, at most
    std::uint64_t burst_mask_ = 0;
    std::uint32_t burst_shift_ = 0;
    std::vector<DramChannel> channels_;
    std::vector<Open> open_;
    std::vector<std::uint32_t> free_;
    std::vector<DramRunDone> done_;
    std::vector<DramCompletion> completions_;
    std::size_t taken_ = 0;
};

}  // namespace handset
