// SPDX-License-Identifier: Apache-2.0
// Which command a channel issues next: the scheduling half of DramChannel.
#include <algorithm>

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

/// The earlier command is the smaller one; of two at the same clock the shorter one.
DramChannel::Order DramChannel::order(DramClock at, Step step) const {
    return at << kOrderShift | length(step);
}

DramChannel::Choice DramChannel::choice(DramClock at, Step step, std::uint32_t bank) const {
    return {at, order(at, step), step, 0, bank};
}

/// Before which nobody gets any command, or each kind of command.
DramChannel::Limits DramChannel::limits() const {
    Limits limits;
    limits.command = std::max(now_, command_free_);
    limits.first = limits.command << kOrderShift | shortest_;
    limits.kinds[0].length = clocks_->column;
    limits.kinds[1].length = clocks_->activate;
    limits.kinds[2].length = clocks_->precharge;
    for (std::uint32_t i = 0; i < ranks_.size(); ++i) {
        limits.kinds[0].clock[i] = std::max(limits.command, bus_ready(i));
        limits.kinds[1].clock[i] = std::max(limits.command, ranks_[i].any_activate_ready());
        limits.kinds[2].clock[i] = std::max(limits.command, next_precharge_);
    }
    return limits;
}

/// What `entry` needs next: rows for those of its banks that lack them, then its columns.
DramChannel::Choice DramChannel::candidate(const Entry& entry, const Limits& limits, bool overdue) const {
    const DramRun& run = entry.run;
    const DramRank& rank = ranks_[run.rank];
    DramClock ready = std::max(entry.ready, limits.kinds[0].clock[run.rank]);
    Choice row;
    bool open = true;
    const std::uint32_t turn = gapless(run) ? clocks_->burst : 0;
    std::uint32_t bank = entry.bank;
    for (std::uint32_t i = 0;;) {
        if (rank.bank(bank).row == run.row) {
            const DramClock column =
                rank.column_ready(bank, draining_);  // of the group whose turn comes i bursts later
            ready = std::max(ready, column - std::min<DramClock>(column, std::uint64_t{i} * turn));
        } else {
            open = false;
            const Choice found = open_row(entry, limits, bank, overdue);
            row = found.order < row.order ? found : row;
        }
        if (++i == run.groups) {
            break;
        }
        bank = bank_of(run, i);
    }
    return open ? choice(with_data_clock(ready), Step::column, 0) : row;
}

/// ACT of a closed bank; PRE of one whose row nobody of this direction waits for.
inline DramChannel::Choice DramChannel::open_row(const Entry& entry, const Limits& limits, std::uint32_t bank_index,
                                                 bool overdue) const {
    const DramRank& rank = ranks_[entry.run.rank];
    const DramRank::Bank& bank = rank.bank(bank_index);
    const DramClock free = std::max(entry.ready, limits.command);
    if (bank.row == DramRank::kClosed) {
        return choice(std::max(free, rank.activate_ready(bank_index)), Step::activate, bank_index);
    }
    if (bank.waiting[draining_ ? 1 : 0] > 0 && !overdue) {
        return {};
    }
    return choice(std::max(free, std::max(bank.precharge_ready, next_precharge_)), Step::precharge, bank_index);
}

/// The index of the run that comes first. Of a run in one bank, what its bank alone and everybody together allow is
/// looked at before the rest, so that most runs are passed over.
std::uint32_t DramChannel::first_of(const std::vector<Entry>& entries, const Limits& limits, Order& best) const {
    const std::uint32_t direction = draining_ ? 1 : 0;
    std::uint32_t first = 0;
    for (std::uint32_t i = 0; i < entries.size() && best > limits.first; ++i) {
        const Entry& entry = entries[i];
        if (entry.run.groups > 1) {
            const Order found = candidate(entry, limits, false).order;
            first = found < best ? i : first;
            best = std::min(best, found);
            continue;
        }
        const DramRank::Bank& bank = *entry.first;
        const bool hit = bank.row == entry.run.row;
        const bool closed = bank.row == DramRank::kClosed;
        if (!hit && !closed && bank.waiting[direction] > 0) {
            continue;
        }
        const Kind& kind = limits.kinds[hit ? 0 : closed ? 1 : 2];
        const DramClock alone = hit ? bank.column_ready : closed ? bank.activate_ready : bank.precharge_ready;
        DramClock at = std::max(std::max(alone, entry.ready), kind.clock[entry.run.rank]);
        if ((at << kOrderShift | kind.length) >= best) {
            continue;
        }
        const DramRank& rank = ranks_[entry.run.rank];
        if (hit) {
            at = with_data_clock(std::max(at, rank.column_ready(entry.bank, draining_)));
        } else if (closed) {
            at = std::max(at, rank.activate_ready(entry.bank));
        }
        const Order found = at << kOrderShift | kind.length;
        if (found < best) {
            best = found;
            first = i;
        }
    }
    return first;
}

/// The oldest has waited too long: nobody else may use the banks that it needs.
std::uint32_t DramChannel::first_but_oldest(const std::vector<Entry>& entries, const Limits& limits,
                                            Order& best) const {
    const DramRun& oldest = entries.front().run;
    std::uint32_t first = 0;
    best = candidate(entries.front(), limits, true).order;
    for (std::uint32_t i = 1; i < entries.size(); ++i) {
        const bool same_banks = entries[i].run.rank == oldest.rank && entries[i].run.bank == oldest.bank;
        const Order found = same_banks ? kLast : candidate(entries[i], limits, false).order;
        if (found < best) {
            best = found;
            first = i;
        }
    }
    return first;
}

/// The earliest command; of several the shortest on the command bus, then that of the oldest request.
DramChannel::Choice DramChannel::choose() {
    choose_direction();
    const std::vector<Entry>& entries = queues_[draining_ ? 1 : 0].entries;
    if (entries.empty()) {
        return {};
    }
    const Limits limits = this->limits();
    const bool overdue = now_ > entries.front().arrival + clocks_->age_limit;
    Order best = kLast;
    const std::uint32_t index = overdue ? first_but_oldest(entries, limits, best) : first_of(entries, limits, best);
    // Two runs over several bank groups may each hold a row that the other waits for: then the oldest may close it.
    Choice choice = candidate(entries[index], limits, best == kLast || (overdue && index == 0));
    choice.entry = index;
    return choice;
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
