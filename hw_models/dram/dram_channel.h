// SPDX-License-Identifier: Apache-2.0
// Controller of one channel: read and write queues, FR-FCFS over row hits, write drain, command and data bus. Acts only
// at clocks at which a command may start; a run whose bank groups hide t_ccd_l issues its columns as one gapless batch.
// Not modelled: forwarding of queued writes to reads, reordering within a run, command bus parity and training.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "hw_models/dram/dram_address_map.h"
#include "hw_models/dram/dram_choice.h"
#include "hw_models/dram/dram_clocks.h"
#include "hw_models/dram/dram_queue.h"
#include "hw_models/dram/dram_rank.h"

namespace handset {

/// A run whose last data beat is known.
struct DramRunDone {
    std::uint32_t request = 0;
    DramClock end = 0;
    DramClock decided = 0;  ///< when its last command was chosen
};

class DramChannel {
  public:
    /// References outlive the channel.
    DramChannel(const DramConfig& config, const DramClocks& clocks);

    /// The last request may overhang: in hardware its pieces would follow as room appears.
    [[nodiscard]] bool has_room(bool write) const {
        const Queue& queue = queues_[write ? 1 : 0];
        return queue.bursts < queue.capacity;
    }
    /// Adds a run that arrives at `now`; advance(now) comes first.
    void push(DramClock now, const DramRun& run, bool write, std::uint32_t request);
    /// Issues every command that may start at or before `now`; appends the reads that are thereby done, in the order
    /// of their decision. How many calls it takes to come to `now` does not matter.
    void advance(DramClock now, std::vector<DramRunDone>& done) {
        while (next_ <= now) {
            step(next_, done);
        }
    }
    /// The clock of the next command, kNeverClock when nothing waits.
    [[nodiscard]] DramClock next_event() const { return next_; }
    [[nodiscard]] bool reads_wait() const { return !queues_[0].runs.empty(); }
    /// When the last data of an idle channel ended.
    [[nodiscard]] DramClock idle_since() const { return idle_since_; }
    /// Charges standby and low-power time up to `now`.
    void settle(DramClock now);

    /// From now on `observer` sees every command, the columns of a batch one by one. Refreshes of an idle rank after
    /// the first are not reported.
    void on_command(const DramObserver& observer);

    [[nodiscard]] DramActivity& activity() { return activity_; }
    [[nodiscard]] std::uint64_t queued_bursts() const { return queues_[0].bursts + queues_[1].bursts; }

  private:
    struct Queue {
        DramQueue runs;
        std::uint64_t capacity = 0;
        std::uint64_t bursts = 0;
    };
    using Step = DramStep;
    using Order = DramOrder;
    using Choice = DramChoice;
    /// The last columns issued: `count` of them every `spacing` clocks.
    struct Batch {
        DramClock first = 0;
        DramClock last = 0;
        std::uint32_t spacing = 1;
        std::uint32_t rank = 0;
        bool write = false;
        bool any = false;
    };

    [[nodiscard]] std::uint32_t bank_of(const DramRun& run, std::uint32_t i) const {
        return (((run.group + i) & group_mask_) ^ run.hash) << bank_shift_ | run.bank;
    }
    /// Whether the columns of the run follow each other on the bus; two of one bank leave room for others.
    [[nodiscard]] bool gapless(const DramRun& run) const {
        return run.bursts > (run.groups > 1 ? 1 : 2) && run.groups * clocks_->burst >= clocks_->ccd_l;
    }
    /// Whether the run, over several groups, lies in bank `index` of its rank.
    [[nodiscard]] bool covers(const DramRun& run, std::uint32_t index) const {
        const std::uint32_t turn = ((index >> bank_shift_ ^ run.hash) - run.group) & group_mask_;
        return turn < run.groups && run.bank == (index & ((1U << bank_shift_) - 1));
    }
    /// The queue whose turn it is.
    [[nodiscard]] const Queue& queue() const { return queues_[draining_ ? 1 : 0]; }
    void choose_direction();
    [[nodiscard]] Choice choose();
    template <class RunOf, class Ready>
    void first_of(Step step, DramBanks banks, DramClock earliest, RunOf run_of, Ready ready, Choice& best) const;
    void first_of_banks(std::uint32_t rank, DramBanks allowed, Choice& best) const;
    [[nodiscard]] DramBanks others(const DramRun& run) const;
    void first_of_run(std::uint32_t slot, bool overdue, Choice& best) const;
    void first_row_of(std::uint32_t slot, bool overdue, DramClock earliest, Choice& best) const;
    [[nodiscard]] DramClock columns_ready(const DramQueueEntry& entry) const;
    [[nodiscard]] std::uint32_t length(Step step) const;
    [[nodiscard]] Order order(DramClock at, Step step) const;
    [[nodiscard]] DramClock command_ready() const { return std::max(now_, command_free_); }
    [[nodiscard]] DramClock bus_ready(std::uint32_t rank) const;
    [[nodiscard]] DramClock with_data_clock(DramClock column) const;
    [[nodiscard]] DramClock slot(DramClock at, std::uint32_t length, DramClock* end) const;
    void step(DramClock now, std::vector<DramRunDone>& done);
    void issue(const Choice& choice, std::vector<DramRunDone>& done);
    void issue_columns(const Choice& choice, std::vector<DramRunDone>& done);
    void finish_run(std::uint32_t slot, DramClock end, std::vector<DramRunDone>& done);
    void report_columns(const DramRun& run, std::uint32_t first, std::uint32_t groups) const;
    void count_waiting(std::uint32_t rank, std::uint32_t bank);
    bool refresh_before(DramClock limit);
    void wake(DramClock now);
    void pass_idle_refreshes(DramRank& rank, DramClock now);

    const DramConfig* config_;
    const DramClocks* clocks_;
    std::uint32_t group_mask_ = 0;
    std::uint32_t bank_shift_ = 0;
    std::vector<DramRank> ranks_;
    std::array<Queue, 2> queues_;  ///< reads, writes
    bool draining_ = false;        ///< writes go first
    Batch batch_;
    DramClock command_free_ = 0;  ///< command bus, single commands
    DramClock next_precharge_ = 0;
    DramClock step_ = 0;  ///< whose commands are being issued
    DramClock now_ = 0;
    DramClock next_ = kNeverClock;
    Choice choice_;  ///< at `next_`, if still `chosen_`
    bool chosen_ = false;
    DramClock idle_since_ = 0;
    bool idle_ = true;
    std::uint64_t drain_high_ = 0;
    std::uint64_t drain_low_ = 0;
    DramActivity activity_;
};

}  // namespace handset
