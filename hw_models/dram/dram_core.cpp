// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_core.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace handset {

DramCore::DramCore(const DramConfig& config)
    : config_(config),
      clocks_(config),
      base_(config.clock()),
      map_(config),
      ahead_(clocks_.request > 0 ? clocks_.request - 1 : 0),
      burst_mask_(config.burst_bytes().count() - 1),
      burst_shift_(static_cast<std::uint32_t>(std::countr_zero(config.burst_bytes().count()))) {
    for (std::uint32_t i = 0; i < config.channels; ++i) {
        channels_.emplace_back(config_, clocks_);
    }
}

DramCore::LocalRange DramCore::local_range(std::uint32_t channel, const DramRequest& request) const {
    const std::uint64_t begin = map_.local_address(channel, request.address);
    const std::uint64_t end = map_.local_address(channel, request.address + request.size);
    return begin == end ? LocalRange{} : LocalRange{begin & ~burst_mask_, (end + burst_mask_) & ~burst_mask_};
}

bool DramCore::accepts(const DramRequest& request) const {
    const std::uint64_t capacity = config_.capacity.count();
    if (request.size == 0 || request.address >= capacity || request.size > capacity - request.address) {
        throw ModelError("DRAM access outside the capacity: address " + std::to_string(request.address) + ", " +
                         std::to_string(request.size) + " B");
    }
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        const LocalRange range = local_range(i, request);
        if (range.begin != range.end && !channels_[i].has_room(request.write)) {
            return false;
        }
    }
    return true;
}

std::uint32_t DramCore::open(std::uint32_t token) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(open_.size()));
        open_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    open_[index] = {token, 0, 0};
    return index;
}

void DramCore::submit(Femtoseconds now, const DramRequest& request) {
    const DramClock clock = base_.edge_after(now);
    const std::uint32_t index = request.write ? 0 : open(request.token);
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        push(clock, i, local_range(i, request), request.write, index);
    }
    if (request.write) {
        completions_.push_back({request.token, base_.time(clock + clocks_.request)});
    }
}

void DramCore::push(DramClock now, std::uint32_t channel, LocalRange range, bool write, std::uint32_t index) {
    for (std::uint64_t local = range.begin; local < range.end;) {
        const DramRun run = map_.run_at(local, range.end);
        channels_[channel].push(now, run, write, index);
        if (!write) {
            ++open_[index].runs;
        }
        local += std::uint64_t{run.bursts} << burst_shift_;
    }
}

/// Requests that arrive later cannot be seen before `ahead_` clocks have passed: what happens until then is certain.
void DramCore::advance(Femtoseconds now) {
    const DramClock clock = base_.edge_before(now) + ahead_;
    for (DramChannel& channel : channels_) {
        if (channel.next_event() <= clock) {
            channel.advance(clock, done_);
        }
    }
    if (done_.size() > 1) {
        sort_done();
    }
    for (const DramRunDone& run : done_) {
        Open& request = open_[run.request];
        request.end = std::max(request.end, run.end);
        if (--request.runs == 0) {
            completions_.push_back({request.token, base_.time(request.end) + config_.controller.t_response});
            free_.push_back(run.request);
        }
    }
    done_.clear();
}

/// Channels have reported one after the other; what counts is the clock of the decision, then the channel.
void DramCore::sort_done() {
    for (auto run = done_.begin(); run != done_.end(); ++run) {
        const auto place = std::upper_bound(
            done_.begin(), run, *run, [](const DramRunDone& a, const DramRunDone& b) { return a.decided < b.decided; });
        std::rotate(place, run, run + 1);
    }
}

Femtoseconds DramCore::next_notice() const {
    DramClock next = kNeverClock;
    for (const DramChannel& channel : channels_) {
        next = channel.reads_wait() ? std::min(next, channel.next_event()) : next;
    }
    return next == kNeverClock ? kNever : base_.time(next + clocks_.read_data + clocks_.burst - 1);
}

Femtoseconds DramCore::next_event() const {
    DramClock next = kNeverClock;
    for (const DramChannel& channel : channels_) {
        next = std::min(next, channel.next_event());
    }
    return next == kNeverClock ? kNever : base_.time(next - std::min(next, ahead_));
}

Femtoseconds DramCore::idle_since() const {
    DramClock last = 0;
    for (const DramChannel& channel : channels_) {
        last = std::max(last, channel.idle_since());
    }
    return base_.time(last);
}

bool DramCore::take_completion(DramCompletion& completion) {
    if (taken_ == completions_.size()) {
        completions_.clear();
        taken_ = 0;
        return false;
    }
    completion = completions_[taken_++];
    return true;
}

DramActivity DramCore::take_activity(Femtoseconds now) {
    const DramClock clock = base_.edge_before(now);
    DramActivity sum;
    for (DramChannel& channel : channels_) {
        channel.settle(clock);
        sum += std::exchange(channel.activity(), {});
    }
    return sum;
}

std::uint64_t DramCore::queued_bursts() const {
    std::uint64_t bursts = 0;
    for (const DramChannel& channel : channels_) {
        bursts += channel.queued_bursts();
    }
    return bursts;
}

}  // namespace handset
