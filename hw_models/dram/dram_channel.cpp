// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_channel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace handset {

DramChannel::DramChannel(const DramConfig& config, const DramClocks& clocks)
    : config_(&config),
      clocks_(&clocks),
      group_mask_(config.bank_groups - 1),
      bank_shift_(static_cast<std::uint32_t>(std::countr_zero(config.banks / config.bank_groups))) {
    const std::uint64_t interval = config.controller.refresh == RefreshMode::per_bank ? clocks.refi_bank : clocks.refi;
    for (std::uint32_t i = 0; i < config.ranks; ++i) {
        ranks_.emplace_back(config, clocks, interval * (i + 1) / config.ranks);  // ranks take turns
    }
    queues_[0].capacity = config.controller.read_queue;
    queues_[1].capacity = config.controller.write_queue;
    shortest_ = std::min({clocks.column, clocks.activate, clocks.precharge});
    drain_high_ = queues_[1].capacity * config.controller.drain_high / 1000;
    drain_low_ = queues_[1].capacity * config.controller.drain_low / 1000;
}

void DramChannel::on_command(const DramObserver& observer) {
    for (std::uint32_t i = 0; i < ranks_.size(); ++i) {
        ranks_[i].on_command([observer, i](DramCommand command) {
            command.rank = i;
            observer(command);
        });
    }
}

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
    for (std::uint32_t i = 0; i < ranks_.size(); ++i) {
        limits.column_clock[i] = std::max(limits.command, bus_ready(i));
        limits.column[i] = order(limits.column_clock[i], Step::column);
        limits.activate[i] = order(std::max(limits.command, ranks_[i].any_activate_ready()), Step::activate);
    }
    return limits;
}

/// The order of what a run in one bank needs next; what its bank alone and everybody together allow is looked at first,
/// so that most runs are passed over when they cannot come before `best`.
inline DramChannel::Order DramChannel::order_before(const Entry& entry, const Limits& limits, Order best) const {
    const DramRank& rank = ranks_[entry.run.rank];
    const DramRank::Bank& bank = *entry.first;
    if (bank.row == entry.run.row) {
        if (std::max(limits.column[entry.run.rank], bank.column_ready << kOrderShift) >= best) {
            return kLast;
        }
        const DramClock ready = std::max(entry.ready, limits.column_clock[entry.run.rank]);
        return order(with_data_clock(std::max(ready, rank.column_ready(entry.bank, draining_))), Step::column);
    }
    const DramClock free = std::max(entry.ready, limits.command);
    if (bank.row == DramRank::kClosed) {
        if (std::max(limits.activate[entry.run.rank], bank.activate_ready << kOrderShift) >= best) {
            return kLast;
        }
        return order(std::max(free, rank.activate_ready(entry.bank)), Step::activate);
    }
    return bank.waiting[draining_ ? 1 : 0] > 0
               ? kLast
               : order(std::max(free, std::max(bank.precharge_ready, next_precharge_)), Step::precharge);
}

/// What `entry` needs next: rows for those of its banks that lack them, then its columns.
inline DramChannel::Choice DramChannel::candidate(const Entry& entry, const Limits& limits, bool overdue) const {
    const DramRun& run = entry.run;
    const DramRank& rank = ranks_[run.rank];
    DramClock ready = std::max(entry.ready, limits.column_clock[run.rank]);
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

/// The earliest command; of several the shortest on the command bus, then that of the oldest request.
DramChannel::Choice DramChannel::choose() {
    choose_direction();
    const std::vector<Entry>& entries = queues_[draining_ ? 1 : 0].entries;
    if (entries.empty()) {
        return {};
    }
    const Limits limits = this->limits();
    const DramRun& oldest = entries.front().run;
    const bool overdue = now_ > entries.front().arrival + clocks_->age_limit;
    Order best = kLast;
    std::uint32_t index = 0;
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        if (overdue && i > 0 && entry.run.rank == oldest.rank && entry.run.bank == oldest.bank) {
            continue;  // nobody else may use the banks that the oldest needs
        }
        const bool alone = entry.run.groups == 1 && !overdue;
        const Order found =
            alone ? order_before(entry, limits, best) : candidate(entry, limits, overdue && i == 0).order;
        if (found < best) {
            best = found;
            index = i;
            if (best <= limits.first) {
                break;
            }
        }
    }
    // Two runs over several bank groups may each hold a row that the other waits for: then the oldest may close it.
    Choice choice = candidate(entries[index], limits, best == kLast || (overdue && index == 0));
    choice.entry = index;
    return choice;
}

void DramChannel::push(DramClock now, const DramRun& run, bool write, std::uint32_t request) {
    if (idle_) {
        wake(now);
    }
    Queue& queue = queues_[write ? 1 : 0];
    Entry& entry = queue.entries.emplace_back();
    entry.run = run;
    entry.bank = bank_of(run, 0);
    entry.first = &ranks_[run.rank].bank(entry.bank);
    entry.arrival = now;
    entry.ready = now + clocks_->request;
    entry.request = request;
    queue.bursts += run.bursts;
    DramRank& rank = ranks_[run.rank];
    for (std::uint32_t i = 0; i < run.groups; ++i) {
        const std::uint32_t bank_index = bank_of(run, i);
        rank.expire(bank_index, entry.ready, activity_);
        DramRank::Bank& bank = rank.bank(bank_index);
        bank.waiting[write ? 1 : 0] += bank.row == run.row ? 1 : 0;
    }
    now_ = std::max(now_, now);
    if (write != draining_) {  // the direction may turn
        chosen_ = false;
        next_ = std::min(next_, entry.ready);
        return;
    }
    Choice found = candidate(entry, limits(), false);
    found.entry = static_cast<std::uint32_t>(queue.entries.size() - 1);
    if (choice_.step == Step::precharge && (run.groups > 1 || choice_.bank == entry.bank)) {
        chosen_ = false;  // the new run may hit the row that was to be closed, or come too late to stop that
    } else if (found.order < choice_.order) {
        choice_ = found;
    }
    next_ = std::min(next_, found.at);
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

/// First clock of a row command of `length` clocks at or after `at`: its clocks may lie between the columns of a batch.
DramClock DramChannel::slot(DramClock at, std::uint32_t length, DramClock* end) const {
    DramClock first = kNeverClock;
    while (true) {
        const bool inside = batch_.any && at >= batch_.first && at < batch_.last + clocks_->column;
        const std::uint64_t phase = inside ? (at - batch_.first) % batch_.spacing : clocks_->column;
        if (phase < clocks_->column) {
            at += clocks_->column - phase;
            continue;
        }
        first = std::min(first, at);
        ++at;
        if (--length == 0) {
            *end = at;
            return first;
        }
    }
}

void DramChannel::issue(const Choice& choice, std::vector<DramRunDone>& done) {
    now_ = choice.at;
    if (choice.step == Step::column) {
        issue_columns(choice, done);
        return;
    }
    const DramRun& run = queues_[draining_ ? 1 : 0].entries[choice.entry].run;
    DramRank& rank = ranks_[run.rank];
    const bool activate = choice.step == Step::activate;
    const DramClock at = slot(choice.at, activate ? clocks_->activate : clocks_->precharge, &command_free_);
    if (activate) {
        rank.activate(choice.bank, run.row, at, activity_);
        count_waiting(run.rank, choice.bank);
    } else {
        rank.precharge(choice.bank, at, true, activity_);
        rank.bank(choice.bank).conflict = true;
        next_precharge_ = at + clocks_->ppd;
    }
}

/// How many queued runs of each direction hit the row that has just been opened.
void DramChannel::count_waiting(std::uint32_t rank, std::uint32_t bank_index) {
    DramRank::Bank& bank = ranks_[rank].bank(bank_index);
    for (const bool write : {false, true}) {
        std::uint32_t hits = 0;
        for (const Entry& entry : queues_[write ? 1 : 0].entries) {
            if (entry.run.row != bank.row || entry.run.rank != rank) {
                continue;
            }
            for (std::uint32_t i = 0; i < entry.run.groups; ++i) {
                hits += bank_of(entry.run, i) == bank_index ? 1 : 0;
            }
        }
        bank.waiting[write ? 1 : 0] = hits;
    }
}

/// One column, or all columns of a run that keeps the bus busy without gaps.
void DramChannel::issue_columns(const Choice& choice, std::vector<DramRunDone>& done) {
    Queue& queue = queues_[draining_ ? 1 : 0];
    Entry& entry = queue.entries[choice.entry];
    DramRun& run = entry.run;
    DramRank& rank = ranks_[run.rank];
    const bool batch = gapless(run);
    const std::uint32_t count = batch ? run.bursts : 1;
    const std::uint32_t groups = std::min(run.groups, count);
    batch_ = {choice.at, choice.at + std::uint64_t{count - 1} * clocks_->burst, clocks_->burst, run.rank, draining_,
              true};
    command_free_ = std::max(command_free_, choice.at + clocks_->column);
    const std::uint32_t first = batch ? 0 : run.bursts % run.groups;
    report_columns(run, first, groups);
    for (std::uint32_t i = 0; i < groups; ++i) {
        const std::uint64_t last = batch_.last - std::uint64_t{(count - 1 - i) % groups} * clocks_->burst;
        activity_.row_hits -= rank.column(bank_of(run, first + i), draining_, last) ? 1 : 0;
    }
    activity_.row_hits += count;
    (draining_ ? activity_.writes : activity_.reads) += count;
    activity_.bus_clocks += std::uint64_t{count} * clocks_->burst;
    queue.bursts -= count;
    run.bursts -= count;
    if (run.bursts == 0) {
        finish_run(choice.entry, batch_.last + clocks_->read_data + clocks_->burst, done);
    }
}

/// The columns of the batch in turn over `groups` groups from `first` on.
void DramChannel::report_columns(const DramRun& run, std::uint32_t first, std::uint32_t groups) const {
    const DramRank& rank = ranks_[run.rank];
    if (!rank.observed()) {
        return;
    }
    const std::uint64_t count = (batch_.last - batch_.first) / batch_.spacing + 1;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto turn = static_cast<std::uint32_t>(i % groups);
        rank.report(draining_ ? DramCommandKind::write : DramCommandKind::read, bank_of(run, first + turn), run.row,
                    batch_.first + i * batch_.spacing);
    }
}

void DramChannel::finish_run(std::uint32_t index, DramClock end, std::vector<DramRunDone>& done) {
    Queue& queue = queues_[draining_ ? 1 : 0];
    const Entry entry = queue.entries[index];
    queue.entries.erase(queue.entries.begin() + index);
    DramRank& rank = ranks_[entry.run.rank];
    for (std::uint32_t i = 0; i < entry.run.groups; ++i) {
        const std::uint32_t bank_index = bank_of(entry.run, i);
        DramRank::Bank& bank = rank.bank(bank_index);
        --bank.waiting[draining_ ? 1 : 0];
        if (config_->controller.page_policy == PagePolicy::closed && bank.waiting[0] + bank.waiting[1] == 0) {
            rank.precharge(bank_index, bank.precharge_ready, false,
                           activity_);  // auto-precharge: no command of its own
        }
    }
    if (!draining_) {
        done.push_back({entry.request, end});
    }
    if (queues_[0].entries.empty() && queues_[1].entries.empty()) {
        idle_ = true;
        idle_since_ = end;
    }
}

/// Performs the first refresh that is due at or before `limit`; false when there is none.
bool DramChannel::refresh_before(DramClock limit) {
    for (DramRank& rank : ranks_) {
        if (rank.next_refresh() <= limit) {
            now_ = std::max(now_, rank.next_refresh());
            rank.refresh(activity_);
            return true;
        }
    }
    return false;
}

void DramChannel::advance(DramClock now, std::vector<DramRunDone>& done) {
    while (next_ <= now) {
        if (!chosen_) {
            choice_ = choose();
            chosen_ = true;
        }
        next_ = choice_.at;
        if (idle_) {
            return;  // whoever wakes the channel does the refreshes until then: it may sleep through them
        }
        if (refresh_before(std::min(next_, now))) {
            chosen_ = false;
            next_ = now_;
        } else if (next_ <= now) {
            chosen_ = false;
            issue(choice_, done);
        }
    }
}

/// Refreshes of an idle channel: only the first finds open rows.
void DramChannel::pass_idle_refreshes(DramRank& rank, DramClock now) {
    const DramClock sleep = clocks_->self_refresh_after == 0 ? kNeverClock : idle_since_ + clocks_->self_refresh_after;
    const DramClock limit = std::min(now, sleep);
    while (rank.next_refresh() <= limit) {
        rank.idle(idle_since_, rank.next_refresh(), false, activity_);
        rank.refresh(activity_);
        rank.skip_refreshes(limit, activity_);
    }
}

void DramChannel::wake(DramClock now) {
    idle_ = false;
    for (DramRank& rank : ranks_) {
        pass_idle_refreshes(rank, now);
        command_free_ = std::max(command_free_, rank.idle(idle_since_, now, true, activity_));
    }
}

void DramChannel::settle(DramClock now) {
    for (DramRank& rank : ranks_) {
        if (idle_) {
            pass_idle_refreshes(rank, now);
            rank.idle(idle_since_, now, false, activity_);
        } else {
            rank.account(now, activity_);
        }
    }
}

}  // namespace handset
