// SPDX-License-Identifier: Apache-2.0
// Which command a channel issues next: the scheduling half of DramChannel.
#include <algorithm>
#include <bit>

#include "hw_models/dram/dram_channel.h"

namespace handset {

/// Reads go first until the write queue passes its high mark or nothing else is left to do.
void DramChannel::choose_direction() {
    const Queue& reads = queues_[0];
    const Queue& writes = queues_[1];
    if (!draining_) {
        draining_ = writes.bursts > drain_high_ || (reads.bursts == 0 && writes.bursts > 0);
    } else if (writes.bursts == 0 || (writes.bursts < drain_low_ && reads.bursts > 0)) {
        draining_ = false;
    }
}

std::uint32_t DramChannel::length(Step step) const {
    return step == Step::column ? clocks_->column : step == Step::activate ? clocks_->activate : clocks_->precharge;
}

/// The earlier command comes first; of two at the same clock the shorter one.
DramChannel::Order DramChannel::order(DramClock at, Step step) const {
    return at << kDramOrderLengthBits | length(step);
}

/// What the run needs next, if it comes before `best`: rows for those of its banks that lack them, then its columns.
void DramChannel::first_of_run(std::uint32_t slot, bool overdue, Choice& best) const {
    const DramQueueEntry& entry = queue().runs[slot];
    const DramRun& run = entry.run;
    const DramRank& rank = ranks_[run.rank];
    const DramClock command = std::max(entry.ready, command_ready());
    if (!best.comes_after(command << kDramOrderLengthBits, entry.number)) {
        return;  // the best that the run could do is not enough
    }
    bool open = true;
    for (std::uint32_t i = 0; i < run.groups; ++i) {
        open = open && rank.bank(bank_of(run, i)).row == run.row;
    }
    if (!open) {
        first_row_of(slot, overdue, command, best);
        return;
    }
    const DramClock bus = std::max(command, bus_ready(run.rank));
    if (best.comes_after(order(bus, Step::column), entry.number)) {
        const DramClock at = with_data_clock(std::max(bus, columns_ready(entry)));
        best.take({order(at, Step::column), entry.number, Step::column, entry.bank, slot});
    }
}

/// As first_of_run(), for a run that lacks rows.
void DramChannel::first_row_of(std::uint32_t slot, bool overdue, DramClock earliest, Choice& best) const {
    const DramQueueEntry& entry = queue().runs[slot];
    const DramRun& run = entry.run;
    const DramRank& rank = ranks_[run.rank];
    const DramClock precharge = std::max(earliest, next_precharge_);
    for (std::uint32_t i = 0; i < run.groups; ++i) {
        const std::uint32_t index = bank_of(run, i);
        const DramRank::Bank& bank = rank.bank(index);
        if (bank.row == DramRank::kClosed) {
            const DramClock at = std::max(earliest, rank.activate_ready(index));
            best.take({order(at, Step::activate), entry.number, Step::activate, index, slot});
        } else if (bank.row != run.row && (overdue || bank.waiting[draining_ ? 1 : 0] == 0)) {
            const DramClock at = std::max(precharge, bank.precharge_ready);
            best.take({order(at, Step::precharge), entry.number, Step::precharge, index, slot});
        }
    }
}

/// When the first column of a run with open rows may start as far as its banks are concerned: the turn of group i comes
/// i columns later.
DramClock DramChannel::columns_ready(const DramQueueEntry& entry) const {
    const DramRank& rank = ranks_[entry.run.rank];
    DramClock ready = 0;
    std::uint64_t before = 0;
    for (std::uint32_t i = 0; i < entry.run.groups; ++i) {
        const DramClock column = rank.column_ready(bank_of(entry.run, i), draining_);
        ready = std::max(ready, column - std::min<DramClock>(column, before));
        before += entry.turn;
    }
    return ready;
}

/// What comes first of the commands `step` to `banks`, if before `best`: to bank b for run_of(b), as soon as ready(b),
/// `earliest` and the run allow it; of several at once that of the oldest run.
template <class RunOf, class Ready>
void DramChannel::first_of(Step step, DramBanks banks, DramClock earliest, RunOf run_of, Ready ready,
                           Choice& best) const {
    if (banks == 0 || order(earliest, step) > best.order) {
        return;
    }
    // Without branches: which bank is first cannot be predicted.
    Wide first = ~Wide{0};
    std::uint32_t index = 0;
    for (; banks != 0; banks &= banks - 1) {
        const auto bank = static_cast<std::uint32_t>(std::countr_zero(banks));
        const DramQueue::BankRun& run = run_of(bank);
        const Wide found = Wide{std::max(std::max(earliest, run.ready), ready(bank))} << 64 | run.number;
        const bool earlier = found < first;
        first = earlier ? found : first;
        index = earlier ? bank : index;
    }
    const auto at = static_cast<DramClock>(first >> 64);
    best.take({order(step == Step::column ? with_data_clock(at) : at, step), static_cast<std::uint64_t>(first), step,
               index, run_of(index).slot});
}

/// What comes first for the runs in one bank each of `allowed`, if before `best`: columns of rows that are open, ACT of
/// closed banks, PRE of rows that nobody of this direction waits for. In each bank the oldest such run is the next.
void DramChannel::first_of_banks(std::uint32_t rank_index, DramBanks allowed, Choice& best) const {
    const DramQueue& runs = queue().runs;
    const DramRank& rank = ranks_[rank_index];
    const DramBanks open = rank.open_banks();
    const DramBanks waiting = runs.waiting(rank_index) & allowed;
    if (waiting == 0) {
        return;
    }
    const DramBanks hits = runs.hits(rank_index) & open & allowed;
    const DramQueue::Bank* const banks = runs.banks(rank_index);
    const auto oldest = [banks](std::uint32_t bank) -> auto& {
        return banks[bank].runs.front();
    };
    const auto oldest_hit = [banks](std::uint32_t bank) -> auto& {
        return banks[bank].hit;
    };
    const auto column = [&](std::uint32_t bank) { return rank.column_ready(bank, draining_); };
    const auto activate = [&](std::uint32_t bank) { return rank.activate_ready(bank); };
    const auto precharge = [&](std::uint32_t bank) {
        const bool held = rank.bank(bank).waiting[draining_ ? 1 : 0] > 0;  // by a run over several groups
        return held ? kNeverClock : rank.bank(bank).precharge_ready;
    };
    const DramClock command = command_ready();
    first_of(Step::column, hits, std::max(command, bus_ready(rank_index)), oldest_hit, column, best);
    first_of(Step::activate, waiting & ~open, std::max(command, rank.any_activate_ready()), oldest, activate, best);
    first_of(Step::precharge, waiting & open & ~hits, std::max(command, next_precharge_), oldest, precharge, best);
}

/// The banks that the run does not lie in, whatever its group.
DramBanks DramChannel::others(const DramRun& run) const {
    DramBanks banks = 0;
    for (std::uint32_t group = 0; group <= group_mask_; ++group) {
        banks |= DramBanks{1} << (group << bank_shift_ | run.bank);
    }
    return ~banks;
}

/// The earliest command. When the oldest run has waited too long, nobody else may use the banks that it needs.
DramChannel::Choice DramChannel::choose() {
    choose_direction();
    const DramQueue& runs = queue().runs;
    if (runs.empty()) {
        return {};
    }
    const DramQueueEntry& oldest = runs[runs.oldest()];
    const bool overdue = now_ > oldest.arrival + clocks_->age_limit;
    Choice best;
    if (overdue) {
        first_of_run(runs.oldest(), true, best);
    }
    for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) {
        first_of_banks(rank, overdue && rank == oldest.run.rank ? others(oldest.run) : ~DramBanks{0}, best);
    }
    for (const std::uint32_t slot : runs.wide()) {
        const DramRun& run = runs[slot].run;
        if (!overdue || run.rank != oldest.run.rank || run.bank != oldest.run.bank) {
            first_of_run(slot, false, best);
        }
    }
    if (best.step == Step::none) {
        // Two runs over several bank groups may each hold a row that the other waits for: the oldest may close it.
        first_of_run(runs.oldest(), true, best);
    }
    return best;
}

/// The column waits when the data clock has to start first.
DramClock DramChannel::with_data_clock(DramClock column) const {
    const std::uint32_t latency = batch_.write ? clocks_->write_data : clocks_->read_data;
    const bool runs = batch_.any && column <= batch_.last + latency + clocks_->burst + clocks_->wck_idle;
    return column + (runs ? 0 : clocks_->wck_sync);
}

/// The first column after those on the data bus.
DramClock DramChannel::bus_ready(std::uint32_t rank) const {
    if (!batch_.any) {
        return 0;
    }
    const std::uint32_t change = rank == batch_.rank ? 0 : clocks_->rank_switch;
    if (batch_.write == draining_) {
        return batch_.last + clocks_->burst + change;
    }
    if (draining_) {
        return batch_.last + clocks_->read_write + change;
    }
    // The rank's own write-to-read distance is longer and kept by the rank.
    const std::uint64_t write_end = batch_.last + clocks_->write_data + clocks_->burst + change;
    return std::max(batch_.last + clocks_->burst, write_end - std::min<std::uint64_t>(write_end, clocks_->read_data));
}

}  // namespace handset
