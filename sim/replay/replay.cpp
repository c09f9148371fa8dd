// SPDX-License-Identifier: Apache-2.0
#include "sim/replay/replay.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

namespace {

constexpr std::uint64_t kProgressRequests = 1 << 15;
constexpr std::uint32_t kLargestWindow = 1 << 20;

std::string bytes_text(std::uint64_t bytes) {
    return std::to_string(bytes) + " B";
}

}  // namespace

double ReplayResult::bandwidth() const {
    return time == Femtoseconds{} ? 0.0 : static_cast<double>(bytes().count()) / to_seconds(time);
}

double ReplayResult::mean_under_way() const {
    return time == Femtoseconds{} ? 0.0 : static_cast<double>(occupancy_time) / static_cast<double>(time.count());
}

Replay::Replay(ReplayTarget& target, TrafficSource& source, ReplayOptions options)
    : target_(target), source_(source), options_(std::move(options)), rules_(target.rules()) {
    if (options_.window == 0 || options_.window > kLargestWindow) {
        throw ConfigError("--window: " + std::to_string(options_.window) + " is out of range, expected 1 to " +
                          std::to_string(kLargestWindow));
    }
    slots_.resize(options_.window);
    free_.resize(options_.window);
    std::iota(free_.rbegin(), free_.rend(), 0U);
    finished_.reserve(options_.window);
}

ReplayResult Replay::run() {
    MemoryRequest request;
    while (source_.next(request)) {
        check(request);
        play(request);
        if (options_.progress && result_.requests() % kProgressRequests == 0) {
            options_.progress(result_.requests());
        }
    }
    while (free_.size() < slots_.size()) {
        retire_next();
    }
    drain();
    return std::move(result_);
}

/// Posted writes that still wait when the last request has been accepted belong to the traffic: without them a short
/// burst of writes would be faster than the memory.
void Replay::drain() {
    if (!rules_.posted_writes || result_.writes == 0) {
        return;
    }
    for (Femtoseconds event = target_.next_event(); event != kNoEvent; event = target_.next_event()) {
        target_.advance(event);
    }
    result_.time = std::max(result_.time, target_.idle_since());
}

void Replay::check(const MemoryRequest& request) const {
    const std::uint64_t capacity = rules_.capacity.count();
    if (request.size > capacity || request.address > capacity - request.size) {
        throw ConfigError(source_.where() + ": address " + std::to_string(request.address) + " and " +
                          bytes_text(request.size) + " lie outside the capacity of " + bytes_text(capacity));
    }
}

void Replay::play(const MemoryRequest& request) {
    const bool posted = request.write && rules_.posted_writes;
    const Femtoseconds due = request.timed ? request.due : Femtoseconds{};
    Femtoseconds at = std::max(clock_start_, next_clock(due));
    std::uint32_t token = kPostedToken;
    const std::uint64_t chunk = std::min(options_.chunk == 0 ? UINT64_MAX : options_.chunk, rules_.largest);
    std::uint64_t room = chunk - request.address % chunk;  // pieces end at multiples of the chunk, as bursts do
    const std::uint64_t pieces = request.size <= room ? 1 : 1 + div_ceil(request.size - room, chunk);
    if (!posted) {
        at = wait_for_slot(at);
        token = free_.back();
        free_.pop_back();
        slots_[token] = {request.timed ? due : at, at, {}, pieces, request.size, request.write, false};
        result_.most_under_way =
            std::max(result_.most_under_way, static_cast<std::uint32_t>(slots_.size() - free_.size()));
    }
    const Address end = request.address + request.size;
    for (Address piece = request.address; piece < end;) {
        const std::uint64_t size = std::min(room, end - piece);
        at = offer(std::max(at, clock_start_), piece, size, request.write, token);
        piece += size;
        room = chunk;
    }
    if (posted) {
        count_bytes(at, request.size, true);
    }
    ++(request.write ? result_.writes : result_.reads);
}

void Replay::count_bytes(Femtoseconds time, std::uint64_t bytes, bool write) {
    result_.throughput.add(time, bytes);
    (write ? result_.bytes_written : result_.bytes_read) += Bytes{bytes};
}

Femtoseconds Replay::wait_for_slot(Femtoseconds start) {
    target_.advance(start);
    retire_until(start);
    while (free_.empty()) {
        start = std::max(start, next_clock(retire_next()));
    }
    return start;
}

/// Returns when the piece was accepted.
Femtoseconds Replay::offer(Femtoseconds at, Address address, std::uint64_t size, bool write, std::uint32_t token) {
    target_.advance(at);
    while (!target_.accepts(address, size, write)) {
        const Femtoseconds event = target_.next_event();
        ensure(event != kNoEvent, "an idle memory refuses a request");
        at = std::max(at + rules_.clock, next_clock(event));
        target_.advance(at);
    }
    target_.submit(at, address, size, write, token);
    pace(at, size);
    return at;
}

void Replay::pace(Femtoseconds accepted, std::uint64_t bytes) {
    if (accepted > clock_start_) {
        clock_start_ = accepted;
        offered_in_clock_ = 0;
    }
    offered_in_clock_ += bytes;
    if (offered_in_clock_ >= rules_.bytes_per_clock) {
        clock_start_ += rules_.clock * (offered_in_clock_ / rules_.bytes_per_clock);
        offered_in_clock_ %= rules_.bytes_per_clock;
    }
}

/// Takes over what the memory has decided.
void Replay::collect() {
    for (ReplayCompletion completion; target_.take_completion(completion);) {
        if (completion.token == kPostedToken) {
            continue;
        }
        Slot& slot = slots_[completion.token];
        slot.last = std::max(slot.last, completion.time);
        slot.failed = slot.failed || completion.failed;
        if (--slot.pieces == 0) {
            finished_.push_back({slot.last, completion.token});
            std::push_heap(finished_.begin(), finished_.end(), std::greater<>());
        }
    }
}

/// Lets time pass until the next request finishes.
Femtoseconds Replay::retire_next() {
    while (true) {
        collect();
        const Femtoseconds event = target_.next_event();
        // What is decided at an event completes later than it.
        if (!finished_.empty() && finished_.front().time <= event) {
            const Finished finished = finished_.front();
            retire(finished);
            return finished.time;
        }
        ensure(event != kNoEvent, "the memory lost a request");
        target_.advance(event);
    }
}

void Replay::retire_until(Femtoseconds time) {
    collect();
    while (!finished_.empty() && finished_.front().time <= time) {
        retire(finished_.front());
    }
}

void Replay::retire(const Finished& finished) {
    const Slot& slot = slots_[finished.slot];
    (slot.write ? result_.write_latency : result_.read_latency).add(finished.time - slot.counted_from);
    result_.occupancy_time += (finished.time - slot.offered).count();
    result_.time = std::max(result_.time, finished.time);
    if (slot.failed) {
        ++result_.failed;
    } else {
        count_bytes(finished.time, slot.size, slot.write);
    }
    free_.push_back(finished.slot);
    std::pop_heap(finished_.begin(), finished_.end(), std::greater<>());
    finished_.pop_back();
}

Femtoseconds Replay::next_clock(Femtoseconds time) const {
    return rules_.clock * div_ceil(time.count(), rules_.clock.count());
}

}  // namespace handset
