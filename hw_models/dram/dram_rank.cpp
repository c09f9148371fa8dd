// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_rank.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace handset {

DramActivity& DramActivity::operator+=(const DramActivity& other) {
    for (const auto member :
         {&DramActivity::reads, &DramActivity::writes, &DramActivity::activates, &DramActivity::precharges,
          &DramActivity::row_hits, &DramActivity::row_conflicts, &DramActivity::refreshes,
          &DramActivity::bank_refreshes, &DramActivity::power_downs, &DramActivity::self_refreshes,
          &DramActivity::active_standby, &DramActivity::precharged_standby, &DramActivity::active_power_down,
          &DramActivity::precharged_power_down, &DramActivity::self_refresh, &DramActivity::bus_clocks}) {
        this->*member += other.*member;
    }
    return *this;
}

DramRank::DramRank(const DramConfig& config, const DramClocks& clocks, DramClock first_refresh)
    : clocks_(&clocks),
      page_policy_(config.controller.page_policy),
      refresh_mode_(config.controller.refresh),
      refresh_interval_(refresh_mode_ == RefreshMode::per_bank ? clocks.refi_bank : clocks.refi),
      bank_shift_(static_cast<std::uint32_t>(std::countr_zero(config.banks / config.bank_groups))),
      banks_(config.banks),
      groups_(config.bank_groups),
      next_refresh_(refresh_mode_ == RefreshMode::off ? kNeverClock : first_refresh) {}

void DramRank::activate(std::uint32_t index, std::uint64_t row, DramClock at, DramActivity& activity) {
    if (open_banks_ == 0) {
        account(at, activity);
    }
    report(DramCommandKind::activate, index, row, at);
    open_banks_ |= DramBanks{1} << index;
    ++activity.activates;
    Bank& bank = banks_[index];
    activity.row_conflicts += bank.conflict ? 1 : 0;
    bank.conflict = false;
    bank.fresh = true;
    bank.row = row;
    bank.column_ready = at + clocks_->rcd;
    bank.precharge_ready = at + clocks_->ras;
    bank.activate_ready = at + clocks_->rc;
    bank.last_use = at;
    next_activate_ = at + clocks_->rrd;
    group_of(index).next_activate = at + clocks_->rrd_l;
    window_[oldest_] = at + clocks_->faw;
    oldest_ = (oldest_ + 1) % static_cast<std::uint32_t>(window_.size());
}

void DramRank::close(std::uint32_t index, DramClock at, DramClock ready, DramActivity& activity) {
    if (std::has_single_bit(open_banks_)) {
        account(at, activity);
    }
    Bank& bank = banks_[index];
    open_banks_ &= ~(DramBanks{1} << index);
    bank.row = kClosed;
    bank.waiting = {};
    bank.precharge_ready = at;
    bank.activate_ready = std::max(bank.activate_ready, ready);
}

void DramRank::precharge(std::uint32_t index, DramClock at, bool own_command, DramActivity& activity) {
    report(own_command ? DramCommandKind::precharge : DramCommandKind::auto_precharge, index, 0, at);
    ++activity.precharges;
    close(index, at, at + clocks_->rp, activity);
}

bool DramRank::column(std::uint32_t index, bool write, DramClock last) {
    Bank& bank = banks_[index];
    Group& group = group_of(index);
    bank.last_use = last;
    if (write) {
        bank.precharge_ready = std::max(bank.precharge_ready, last + clocks_->write_precharge);
        group.next_write = last + clocks_->ccd_l;
        group.next_read = last + clocks_->write_read_l;
        next_read_ = std::max(next_read_, last + clocks_->write_read);
    } else {
        bank.precharge_ready = std::max(bank.precharge_ready, last + clocks_->read_precharge);
        group.next_read = std::max(group.next_read, last + clocks_->ccd_l);
    }
    return std::exchange(bank.fresh, false);
}

void DramRank::expire_row(std::uint32_t index, DramClock now, DramActivity& activity) {
    Bank& bank = banks_[index];
    if (bank.row == kClosed || bank.waiting[0] + bank.waiting[1] > 0) {
        return;
    }
    const DramClock due = std::max(bank.last_use + clocks_->page_timeout, bank.precharge_ready);
    if (due < now) {
        precharge(index, due, false, activity);
    }
}

void DramRank::refresh(DramActivity& activity) {
    refresh_mode_ == RefreshMode::per_bank ? refresh_one(activity) : refresh_all(activity);
    next_refresh_ += refresh_interval_;
}

void DramRank::refresh_all(DramActivity& activity) {
    DramClock precharge = next_refresh_;
    DramClock start = next_refresh_;
    for (const Bank& bank : banks_) {
        precharge = std::max(precharge, bank.precharge_ready);  // of a closed bank: when it closes
        if (bank.row == kClosed) {
            start = std::max(start, bank.activate_ready);
        }
    }
    if (open_banks_ != 0) {
        start = std::max(start, precharge + clocks_->rp_all);
        activity.precharges += static_cast<std::uint64_t>(std::popcount(open_banks_));
        report(DramCommandKind::precharge_all, 0, 0, precharge);
    }
    report(DramCommandKind::refresh, 0, 0, start);
    for (std::uint32_t i = 0; i < banks_.size(); ++i) {
        if (banks_[i].row != kClosed) {
            close(i, precharge, 0, activity);
        }
        banks_[i].activate_ready = start + clocks_->rfc;
    }
    ++activity.refreshes;
}

void DramRank::refresh_one(DramActivity& activity) {
    Bank& bank = banks_[refresh_bank_];
    DramClock start = std::max({next_refresh_, bank.activate_ready, next_activate_});
    if (bank.row != kClosed) {
        const DramClock at = std::max(next_refresh_, bank.precharge_ready);
        precharge(refresh_bank_, at, false, activity);
        start = std::max(start, at + clocks_->rp);
    }
    report(DramCommandKind::refresh_bank, refresh_bank_, 0, start);
    bank.activate_ready = start + clocks_->rfc_bank;
    next_activate_ = std::max(next_activate_, start + clocks_->pbr_act);
    refresh_bank_ = (refresh_bank_ + 1) % static_cast<std::uint32_t>(banks_.size());
    ++activity.bank_refreshes;
}

void DramRank::skip_refreshes(DramClock now, DramActivity& activity) {
    if (next_refresh_ > now) {
        return;
    }
    const std::uint64_t skipped = (now - next_refresh_) / refresh_interval_;
    next_refresh_ += skipped * refresh_interval_;
    (refresh_mode_ == RefreshMode::per_bank ? activity.bank_refreshes : activity.refreshes) += skipped;
}

void DramRank::charge(DramClock until, std::uint64_t DramActivity::*open, std::uint64_t DramActivity::*closed,
                      DramActivity& activity) {
    if (until > accounted_) {
        activity.*(open_banks_ != 0 ? open : closed) += until - accounted_;
        accounted_ = until;
    }
}

void DramRank::account(DramClock now, DramActivity& activity) {
    charge(now, &DramActivity::active_standby, &DramActivity::precharged_standby, activity);
}

DramClock DramRank::idle(DramClock idle_since, DramClock now, bool leave, DramActivity& activity) {
    const auto after = [&](std::uint64_t delay) { return delay == 0 ? kNeverClock : idle_since + delay; };
    const DramClock sleep = after(clocks_->self_refresh_after);
    const DramClock down = std::min(after(clocks_->power_down_after), sleep);
    DramClock awake = now;
    if (down < now) {
        account(down, activity);
        charge(std::min(now, sleep), &DramActivity::active_power_down, &DramActivity::precharged_power_down, activity);
        awake = now + clocks_->xp;
    }
    if (sleep < now) {
        for (std::uint32_t i = 0; i < banks_.size(); ++i) {
            if (banks_[i].row != kClosed) {
                precharge(i, sleep, false, activity);
            }
        }
        charge(now, &DramActivity::self_refresh, &DramActivity::self_refresh, activity);
        awake = now + clocks_->xsr;
        if (next_refresh_ != kNeverClock) {
            next_refresh_ = now + refresh_interval_;
        }
    }
    account(now, activity);
    if (leave) {
        activity.power_downs += down < now ? 1 : 0;
        activity.self_refreshes += sleep < now ? 1 : 0;
        if (down < now) {
            report(sleep < now ? DramCommandKind::self_refresh_exit : DramCommandKind::power_down_exit, 0, 0, now);
        }
    }
    return awake;
}

}  // namespace handset
