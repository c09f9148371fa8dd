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
      bank_shift_(static_cast<std::uint32_t>(std::countr_zero(config.banks / config.bank_groups))),
      queues_{Queue{DramQueue(config.ranks, config.banks), config.controller.read_queue},
              Queue{DramQueue(config.ranks, config.banks), config.controller.write_queue}} {
    const std::uint64_t interval = config.controller.refresh == RefreshMode::per_bank ? clocks.refi_bank : clocks.refi;
    for (std::uint32_t i = 0; i < config.ranks; ++i) {
        ranks_.emplace_back(config, clocks, interval * (i + 1) / config.ranks);  // ranks take turns
    }
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

void DramChannel::push(DramClock now, const DramRun& run, bool write, std::uint32_t request) {
    if (idle_) {
        wake(now);
    }
    Queue& queue = queues_[write ? 1 : 0];
    const DramClock ready = now + clocks_->request;
    DramRank& rank = ranks_[run.rank];
    bool hit = false;
    for (std::uint32_t i = 0; i < run.groups; ++i) {
        const std::uint32_t bank_index = bank_of(run, i);
        rank.expire(bank_index, ready, activity_);
        DramRank::Bank& bank = rank.bank(bank_index);
        hit = bank.row == run.row;
        bank.waiting[write ? 1 : 0] += hit ? 1 : 0;
    }
    const std::uint32_t turn = gapless(run) ? clocks_->burst : 0;
    const std::uint32_t slot = queue.runs.push({run, ready, now, 0, request, bank_of(run, 0), turn}, hit);
    queue.bursts += run.bursts;
    now_ = std::max(now_, now);
    if (write != draining_) {  // the direction may turn
        chosen_ = false;
        next_ = std::min(next_, ready);
        return;
    }
    Choice found;
    first_of_run(slot, false, found);
    if (choice_.step == Step::precharge && (run.groups > 1 || choice_.bank == bank_of(run, 0))) {
        chosen_ = false;  // the new run may hit the row that was to be closed, or come too late to stop that
    } else if (found.order < choice_.order) {
        choice_ = found;
    }
    next_ = std::min(next_, found.at());
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
    now_ = choice.at();
    if (choice.step == Step::column) {
        issue_columns(choice, done);
        return;
    }
    const DramRun& run = queue().runs[choice.slot].run;
    DramRank& rank = ranks_[run.rank];
    const bool activate = choice.step == Step::activate;
    const DramClock at = slot(choice.at(), activate ? clocks_->activate : clocks_->precharge, &command_free_);
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
        DramQueue& runs = queues_[write ? 1 : 0].runs;
        std::uint32_t hits = runs.open(rank, bank_index, bank.row);
        for (const std::uint32_t slot : runs.wide()) {
            const DramRun& run = runs[slot].run;
            hits += run.row == bank.row && run.rank == rank && covers(run, bank_index) ? 1 : 0;
        }
        bank.waiting[write ? 1 : 0] = hits;
    }
}

/// One column, or all columns of a run that keeps the bus busy without gaps.
void DramChannel::issue_columns(const Choice& choice, std::vector<DramRunDone>& done) {
    Queue& queue = queues_[draining_ ? 1 : 0];
    DramRun& run = queue.runs.run(choice.slot);
    DramRank& rank = ranks_[run.rank];
    const bool batch = queue.runs[choice.slot].turn != 0;
    const std::uint32_t count = batch ? run.bursts : 1;
    const std::uint32_t groups = std::min(run.groups, count);
    batch_ = {choice.at(), choice.at() + std::uint64_t{count - 1} * clocks_->burst, clocks_->burst, run.rank, draining_,
              true};
    command_free_ = std::max(command_free_, choice.at() + clocks_->column);
    const std::uint32_t first = batch ? 0 : run.bursts % run.groups;
    if (rank.observed()) {
        report_columns(run, first, groups);
    }
    std::uint32_t later = (count - 1) % groups;  // columns after the last one of the group
    for (std::uint32_t i = 0; i < groups; ++i) {
        const std::uint64_t last = batch_.last - std::uint64_t{later} * clocks_->burst;
        activity_.row_hits -= rank.column(bank_of(run, first + i), draining_, last) ? 1 : 0;
        later = later == 0 ? groups - 1 : later - 1;
    }
    activity_.row_hits += count;
    (draining_ ? activity_.writes : activity_.reads) += count;
    activity_.bus_clocks += std::uint64_t{count} * clocks_->burst;
    queue.bursts -= count;
    run.bursts -= count;
    if (run.bursts == 0) {
        const std::uint32_t latency = draining_ ? clocks_->write_data : clocks_->read_data;
        finish_run(choice.slot, batch_.last + latency + clocks_->burst, done);
    }
}

/// The columns of the batch in turn over `groups` groups from `first` on.
void DramChannel::report_columns(const DramRun& run, std::uint32_t first, std::uint32_t groups) const {
    const DramRank& rank = ranks_[run.rank];
    const std::uint64_t count = (batch_.last - batch_.first) / batch_.spacing + 1;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto turn = static_cast<std::uint32_t>(i % groups);
        rank.report(draining_ ? DramCommandKind::write : DramCommandKind::read, bank_of(run, first + turn), run.row,
                    batch_.first + i * batch_.spacing);
    }
}

void DramChannel::finish_run(std::uint32_t slot, DramClock end, std::vector<DramRunDone>& done) {
    DramQueue& runs = queues_[draining_ ? 1 : 0].runs;
    const DramQueueEntry& entry = runs[slot];
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
        done.push_back({entry.request, end, step_});
    }
    runs.remove(slot);
    if (queues_[0].runs.empty() && queues_[1].runs.empty()) {
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

/// Issues what may start at `now`, the clock of the next command or refresh.
void DramChannel::step(DramClock now, std::vector<DramRunDone>& done) {
    step_ = now;
    while (next_ <= now) {
        if (!chosen_) {
            choice_ = choose();
            chosen_ = true;
        }
        next_ = choice_.at();
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
