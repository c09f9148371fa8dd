// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_core.h"

#include <algorithm>
#include <string>
#include <utility>

namespace handset {

DramCore::DramCore(const DramConfig& config)
    : config_(config),
      burst_time_(config.burst_time()),
      burst_bytes_(config.burst_bytes().count()),
      banks_per_group_(config.banks / config.bank_groups),
      groups_in_unit_(config.group_interleave < config.row_bytes ? config.bank_groups : 1),
      unit_bytes_(config.row_bytes.count() * groups_in_unit_) {
    Channel channel;
    channel.group_ready.resize(config.bank_groups);
    for (std::uint32_t i = 0; i < config.ranks; ++i) {
        Rank rank;
        rank.banks.resize(config.banks);
        rank.next_refresh = config.t_refi * (i + 1) / config.ranks;  // ranks take turns
        channel.ranks.push_back(std::move(rank));
    }
    channels_.assign(config.channels, channel);
}

/// How many bytes of `channel` have a global address below `address`: also the channel-local address of the first
/// byte at or after it. A contiguous request is therefore contiguous within every channel.
std::uint64_t DramCore::local_bytes_below(std::uint32_t channel, Address address) const {
    const std::uint64_t piece = config_.channel_interleave.count();
    const std::uint64_t stripe = piece * config_.channels;
    const std::uint64_t in_stripe = address % stripe;
    const std::uint64_t before = piece * channel;
    return address / stripe * piece + (in_stripe > before ? std::min(in_stripe - before, piece) : 0);
}

/// XOR of all groups of bits of the row: streams at any power-of-two distance use different banks.
std::uint32_t DramCore::fold(std::uint64_t row) const {
    std::uint64_t folded = 0;
    for (; row != 0 && banks_per_group_ > 1; row /= banks_per_group_) {
        folded ^= row;
    }
    return static_cast<std::uint32_t>(folded % banks_per_group_);
}

/// Channel-local address, from low to high: column | bank group (inside or above the column) | bank | rank | row.
DramCore::Segment DramCore::segment_at(std::uint64_t local, std::uint64_t end) const {
    Segment segment;
    segment.begin = local % unit_bytes_;
    segment.end = std::min(unit_bytes_, segment.begin + (end - local));
    std::uint64_t index = local / unit_bytes_;
    if (groups_in_unit_ == 1) {
        index /= config_.bank_groups;  // the group was counted by group_at()
    }
    segment.bank_in_group = static_cast<std::uint32_t>(index % banks_per_group_);
    index /= banks_per_group_;
    segment.rank = static_cast<std::uint32_t>(index % config_.ranks);
    segment.row = index / config_.ranks;
    if (config_.bank_hash) {
        segment.bank_in_group ^= fold(segment.row);
    }
    return segment;
}

std::uint32_t DramCore::group_at(std::uint64_t local) const {
    return static_cast<std::uint32_t>(local / config_.group_interleave.count() % config_.bank_groups);
}

DramCoordinates DramCore::locate(Address address) const {
    const std::uint64_t piece = config_.channel_interleave.count();
    DramCoordinates where;
    where.channel = static_cast<std::uint32_t>(address / piece % config_.channels);
    const std::uint64_t local = local_bytes_below(where.channel, address);
    const Segment segment = segment_at(local, local + 1);
    where.rank = segment.rank;
    where.row = segment.row;
    where.bank = group_at(local) * banks_per_group_ + segment.bank_in_group;
    const std::uint64_t chunk = config_.group_interleave.count();
    where.column =
        static_cast<std::uint32_t>(segment.begin / (chunk * groups_in_unit_) * chunk + segment.begin % chunk);
    return where;
}

Femtoseconds DramCore::schedule(Femtoseconds now, Address address, std::uint64_t size, bool write) {
    if (size == 0 || address >= config_.capacity.count() || size > config_.capacity.count() - address) {
        throw ModelError("DRAM access outside the capacity: address " + std::to_string(address) + ", " +
                         std::to_string(size) + " B");
    }
    Femtoseconds done = now;
    for (std::uint32_t c = 0; c < config_.channels; ++c) {
        const std::uint64_t first = local_bytes_below(c, address);
        const std::uint64_t last = local_bytes_below(c, address + size);
        if (first == last) {
            continue;
        }
        const std::uint64_t end = div_ceil(last, burst_bytes_) * burst_bytes_;
        for (std::uint64_t local = first / burst_bytes_ * burst_bytes_; local < end;) {
            const Segment segment = segment_at(local, end);
            done = std::max(done, serve(channels_[c], group_at(local), segment, now, write));
            local += segment.end - segment.begin;
        }
    }
    return done + config_.t_controller;
}

Femtoseconds DramCore::serve(Channel& channel, std::uint32_t first_group, const Segment& segment, Femtoseconds now,
                             bool write) {
    Rank& rank = channel.ranks[segment.rank];
    Femtoseconds column = std::max(now, write ? channel.next_write : channel.next_read);
    refresh_until(rank, column);

    const std::uint64_t chunk = config_.group_interleave.count();
    const std::uint64_t bursts = (segment.end - segment.begin) / burst_bytes_;
    const std::uint64_t chunks = (segment.end - 1) / chunk - segment.begin / chunk + 1;
    const auto groups = static_cast<std::uint32_t>(std::min<std::uint64_t>(chunks, groups_in_unit_));
    // One column of each group in turn: with enough groups t_ccd_l is hidden.
    const Femtoseconds spacing = std::max(burst_time_, config_.t_ccd_l / groups);
    for (std::uint32_t i = 0; i < groups; ++i) {
        const std::uint32_t group = (first_group + i) % config_.bank_groups;
        Bank& bank = rank.banks[group * banks_per_group_ + segment.bank_in_group];
        const Femtoseconds ready = open_row(rank, bank, segment.row, now);
        column = std::max({i == 0 ? column : column + spacing, ready, channel.group_ready[group]});
    }
    const Femtoseconds last = column + spacing * (bursts - groups);
    activity_.row_hits += bursts - groups;  // the first burst of each group was counted by open_row

    const Femtoseconds latency = write ? config_.write_latency : config_.read_latency;
    const Femtoseconds data_end = last + latency + burst_time_;
    const Femtoseconds may_close = write ? data_end + config_.t_wr : last + config_.t_rtp;
    for (std::uint32_t i = 0; i < groups; ++i) {
        const std::uint32_t group = (first_group + i) % config_.bank_groups;
        channel.group_ready[group] = saturating_sub(last + config_.t_ccd_l, burst_time_ * (groups - 1 - i));
        Bank& bank = rank.banks[group * banks_per_group_ + segment.bank_in_group];
        bank.precharge_ready = std::max(bank.precharge_ready, may_close);
    }
    channel.next_read = write ? data_end + config_.t_wtr : last + burst_time_;
    channel.next_write = write ? last + burst_time_ : last + config_.t_rtw;
    (write ? activity_.bus_written : activity_.bus_read) += Bytes{bursts * burst_bytes_};
    activity_.bus_time += burst_time_ * bursts;
    return data_end;
}

/// Makes `row` the open row of `bank`; returns when a column command may follow.
Femtoseconds DramCore::open_row(Rank& rank, Bank& bank, std::uint64_t row, Femtoseconds now) {
    if (bank.row == row) {
        ++activity_.row_hits;
        return bank.column_ready;
    }
    Femtoseconds activate = std::max({now, bank.activate_ready, rank.next_activate, rank.window[rank.oldest]});
    if (bank.row == kClosed) {
        ++activity_.row_misses;
    } else {
        ++activity_.row_conflicts;
        activate = std::max(activate, std::max(now, bank.precharge_ready) + config_.t_rp);
    }
    ++activity_.activations;
    rank.next_activate = activate + config_.t_rrd;
    rank.window[rank.oldest] = activate + config_.t_faw;
    rank.oldest = (rank.oldest + 1) % static_cast<std::uint32_t>(rank.window.size());
    bank.row = row;
    bank.column_ready = activate + config_.t_rcd;
    bank.precharge_ready = activate + config_.t_ras;
    bank.activate_ready = activate + config_.t_rc;
    return bank.column_ready;
}

/// A refresh is due before any column at or after its time; a request already begun may postpone it.
void DramCore::refresh_until(Rank& rank, Femtoseconds time) {
    while (rank.next_refresh <= time) {
        refresh(rank);
        if (rank.next_refresh <= time) {  // idle since: all banks are closed, only the last refresh can still matter
            const std::uint64_t skipped = (time - rank.next_refresh) / config_.t_refi;
            rank.next_refresh += config_.t_refi * skipped;
            activity_.refreshes += skipped;
        }
    }
}

void DramCore::refresh(Rank& rank) {
    Femtoseconds start = rank.next_refresh;
    Femtoseconds precharge;
    for (const Bank& bank : rank.banks) {
        if (bank.row == kClosed) {
            start = std::max(start, bank.activate_ready);
        } else {
            start = std::max(start, bank.precharge_ready);
            precharge = config_.t_rp;
        }
    }
    const Femtoseconds end = start + precharge + config_.t_rfc;
    for (Bank& bank : rank.banks) {
        bank.row = kClosed;
        bank.activate_ready = end;
    }
    rank.next_refresh += config_.t_refi;
    ++activity_.refreshes;
}

void DramCore::advance(Femtoseconds now) {
    for (Channel& channel : channels_) {
        for (Rank& rank : channel.ranks) {
            refresh_until(rank, now);
        }
    }
}

DramActivity DramCore::take_activity() {
    return std::exchange(activity_, {});
}

}  // namespace handset
