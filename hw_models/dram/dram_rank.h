// SPDX-License-Identifier: Apache-2.0
// The banks of one rank: which rows are open, when the next command to each may start, refresh, and how long the rank
// spent in each power state. Constraints between ranks and on the buses belong to the channel.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "hw_models/dram/dram_clocks.h"
#include "hw_models/dram/dram_command.h"

namespace handset {

/// Banks of a rank, one bit each.
using DramBanks = std::uint64_t;

/// Commands and clocks since they were last taken. Row results are per burst.
struct DramActivity {
    std::uint64_t reads = 0;   ///< RD commands: bursts
    std::uint64_t writes = 0;  ///< WR commands: bursts
    std::uint64_t activates = 0;
    std::uint64_t precharges = 0;     ///< banks closed
    std::uint64_t row_hits = 0;       ///< bursts that found their row open
    std::uint64_t row_conflicts = 0;  ///< activates that had to close another row first
    std::uint64_t refreshes = 0;      ///< of all banks of a rank
    std::uint64_t bank_refreshes = 0;
    std::uint64_t power_downs = 0;
    std::uint64_t self_refreshes = 0;
    /// Clocks, summed over ranks.
    std::uint64_t active_standby = 0, precharged_standby = 0, active_power_down = 0, precharged_power_down = 0,
                  self_refresh = 0;
    std::uint64_t bus_clocks = 0;  ///< data on the bus, summed over channels

    DramActivity& operator+=(const DramActivity& other);
};

class DramRank {
  public:
    static constexpr std::uint64_t kClosed = UINT64_MAX;

    struct Bank {
        std::uint64_t row = kClosed;
        DramClock column_ready = 0;
        DramClock precharge_ready = 0;
        DramClock activate_ready = 0;
        DramClock last_use = 0;
        std::array<std::uint32_t, 2> waiting{};  ///< queued runs that hit the open row: reads, writes
        bool conflict = false;                   ///< the last row was closed for another
        bool fresh = false;                      ///< no column since the row was opened
    };

    DramRank(const DramConfig& config, const DramClocks& clocks, DramClock first_refresh);

    [[nodiscard]] Bank& bank(std::uint32_t index) { return banks_[index]; }
    [[nodiscard]] const Bank& bank(std::uint32_t index) const { return banks_[index]; }

    [[nodiscard]] DramBanks open_banks() const { return open_banks_; }

    /// The first clock at which the command may start as far as this rank is concerned.
    [[nodiscard]] DramClock activate_ready(std::uint32_t bank) const {
        return std::max(std::max(banks_[bank].activate_ready, group_of(bank).next_activate), any_activate_ready());
    }
    [[nodiscard]] DramClock any_activate_ready() const { return std::max(next_activate_, window_[oldest_]); }
    [[nodiscard]] DramClock column_ready(std::uint32_t bank, bool write) const {
        const Group& group = group_of(bank);
        const DramClock ready = banks_[bank].column_ready;
        return write ? std::max(ready, group.next_write) : std::max(ready, std::max(group.next_read, next_read_));
    }

    void activate(std::uint32_t bank, std::uint64_t row, DramClock at, DramActivity& activity);
    /// `own_command`: a PRE on the command bus.
    void precharge(std::uint32_t bank, DramClock at, bool own_command, DramActivity& activity);
    /// The last of the columns of a run in `bank`, at `last`. Returns whether they are the first of their row.
    bool column(std::uint32_t bank, bool write, DramClock last);
    /// Closes the bank if the timeout policy has done so before `now`; not while a run waits for its row.
    void expire(std::uint32_t bank, DramClock now, DramActivity& activity) {
        if (page_policy_ == PagePolicy::timeout) {
            expire_row(bank, now, activity);
        }
    }

    [[nodiscard]] DramClock next_refresh() const { return next_refresh_; }
    /// Performs the refresh that is due; rows close, banks become ready again after it.
    void refresh(DramActivity& activity);
    /// Skips refreshes of a rank that stays idle until `now`; only their number matters.
    void skip_refreshes(DramClock now, DramActivity& activity);

    /// From `idle_since` on the rank had nothing to do until `now`: power-down and self refresh. Returns when it takes
    /// commands again if it has to `leave`.
    DramClock idle(DramClock idle_since, DramClock now, bool leave, DramActivity& activity);
    /// From now on `observer` sees every command; an empty one ends that.
    void on_command(DramObserver observer) { observer_ = std::move(observer); }
    [[nodiscard]] bool observed() const { return static_cast<bool>(observer_); }
    void report(DramCommandKind kind, std::uint32_t bank, std::uint64_t row, DramClock at) const {
        if (observer_) {
            observer_({kind, 0, bank, row, at});
        }
    }
    /// Charges standby up to `now`.
    void account(DramClock now, DramActivity& activity);

  private:
    struct Group {
        DramClock next_read = 0;
        DramClock next_write = 0;
        DramClock next_activate = 0;
    };

    [[nodiscard]] Group& group_of(std::uint32_t bank) { return groups_[bank >> bank_shift_]; }
    [[nodiscard]] const Group& group_of(std::uint32_t bank) const { return groups_[bank >> bank_shift_]; }
    void expire_row(std::uint32_t index, DramClock now, DramActivity& activity);
    void close(std::uint32_t index, DramClock at, DramClock ready, DramActivity& activity);
    void refresh_all(DramActivity& activity);
    void refresh_one(DramActivity& activity);
    void charge(DramClock until, std::uint64_t DramActivity::*open, std::uint64_t DramActivity::*closed,
                DramActivity& activity);

    const DramClocks* clocks_;
    PagePolicy page_policy_;
    RefreshMode refresh_mode_;
    std::uint64_t refresh_interval_ = 0;
    std::uint32_t bank_shift_ = 0;  ///< banks per group
    std::vector<Bank> banks_;
    std::vector<Group> groups_;
    DramClock next_activate_ = 0;
    DramClock next_read_ = 0;            ///< after writes
    std::array<DramClock, 4> window_{};  ///< the last four ACT plus t_faw, oldest at `oldest_`
    std::uint32_t oldest_ = 0;
    DramBanks open_banks_ = 0;
    std::uint32_t refresh_bank_ = 0;  ///< next in the rotation of per-bank refresh
    DramClock next_refresh_ = 0;
    DramClock accounted_ = 0;
    DramObserver observer_;
};

}  // namespace handset
