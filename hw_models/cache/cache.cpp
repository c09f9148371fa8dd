// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cache/cache.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "hw_models/cache/cache_core.h"
#include "hw_models/cache/cache_counters.h"
#include "sim/base/errors.h"
#include "sim/engine/aged_queue.h"
#include "sim/engine/hierarchy.h"
#include "sim/engine/slots.h"
#include "sim/engine/timed_queue.h"

namespace handset {

namespace {

constexpr std::uint32_t kNoAccess = UINT32_MAX;

class Cache final : public Component {
  public:
    Cache(const sc_core::sc_module_name& name, const ComponentContext& context, const CacheConfig& config);

    LinkInitiator* downstream() override { return &link_; }
    LinkTarget* attach(const std::string& upstream) override;
    void settle(Femtoseconds now) override;
    void empty() override {
        std::for_each(slices_.begin(), slices_.end(), [](Slice& s) { s.core.clear(); });
    }
    [[nodiscard]] std::string state_text() const override;

  private:
    struct Initiator {
        CacheConfig::WayMasks way_masks{};
        std::unique_ptr<CachePartitionCounters> counters;  ///< null without a partition
    };
    /// One data array with its own port and limit below: the only one, or that of one lane.
    struct Slice {
        CacheCore core;
        AgedQueue<std::uint32_t> waiting;  ///< accesses held back by the limit below
        std::vector<std::uint32_t> fills;  ///< parts in flight that fill sectors
        std::uint64_t below = 0;           ///< bytes in flight below
        bool waking = false;
    };
    struct Access {
        Burst burst;
        LinkTarget* target = nullptr;
        LinkTarget::Request request = nullptr;
        std::uint32_t slice = 0;
        std::uint32_t open = 0;      ///< parts below (own or another's fill) that it waits for
        bool waited = false;         ///< for bytes from below, longer than no time
        bool through_below = false;  ///< bytes must be moved functionally at completion
        Femtoseconds started{};      ///< its tags were read
    };
    /// One request to the level below.
    struct Part {
        std::uint32_t access = kNoAccess;  ///< none: a write-back, nobody waits
        std::uint32_t slice = 0;
        Burst burst;
        bool fill = false;
        std::vector<std::uint32_t> waiters;  ///< later accesses that hit sectors of this fill
    };
    enum class Step : std::uint8_t { look_up, finish, wake };
    struct Due {
        std::uint32_t index = 0;  ///< of an access; wake: of a slice
        Step step = Step::look_up;
    };

    void accept(LinkTarget* port, const Burst& burst, LinkTarget::Request request);
    void handle(const Due& due);
    void look_up(std::uint32_t index);
    [[nodiscard]] bool held_back(const Slice& slice, std::uint32_t size) const;
    void wake(std::uint32_t slice);
    void serve(std::uint32_t slice);
    void start(std::uint32_t index);
    void snoop_others(const Access& access);
    void count(const Burst& burst, const CacheOutcome& outcome);
    [[nodiscard]] const Initiator& initiator_of(const Burst& burst) const {
        return initiators_[std::min<std::size_t>(burst.initiator.value(), initiators_.size() - 1)];
    }
    std::uint32_t add_part(const CacheRange& range, const Access& from, bool write);
    void add_demand(const CacheRange& range, std::uint32_t index, bool fill);
    void add_writeback(const CacheRange& range, const Access& from);
    void wait_for_fills(std::uint32_t index);
    void returned(const Burst& burst);
    void part_arrived(std::uint32_t index);
    void schedule_finish(std::uint32_t index);
    void finish(std::uint32_t index);

    CacheConfig config_;
    CacheCounters counters_;
    LinkInitiator link_;
    TimedQueue<Due> due_;
    std::vector<Slice> slices_;
    std::vector<Initiator> initiators_;  ///< by InitiatorId; the last one stands for those without a name
    std::vector<std::unique_ptr<LinkTarget>> ports_;
    Slots<Access> accesses_;
    Slots<Part> parts_;
    std::vector<std::uint32_t> sending_;  ///< parts of the accesses being started
    Femtoseconds settled_;
};

Cache::Cache(const sc_core::sc_module_name& name, const ComponentContext& context, const CacheConfig& config)
    : Component(name), config_(config), counters_(this->name()), link_("memory"), due_("due", [this](const Due& due) {
          handle(due);
      }) {
    for (const Bytes size : config_.arrays()) {
        slices_.push_back({CacheCore(config_, size), AgedQueue<std::uint32_t>(config_.promote_after), {}, 0, false});
    }
    std::size_t partitions = 0;
    for (const std::string& initiator : context.initiators) {
        const bool own = config_.partitions.count(initiator) != 0;
        initiators_.push_back({config_.way_masks(initiator),
                               own ? std::make_unique<CachePartitionCounters>(counters_, initiator) : nullptr});
        partitions += own ? 1 : 0;
    }
    initiators_.push_back({config_.way_masks(), nullptr});
    ensure(partitions == config_.partitions.size(),
           std::string(this->name()) + ": a partition of an unknown initiator");
    context.counters.add(counters_);
    link_.on_response([this](const Burst& burst) { returned(burst); });
}

LinkTarget* Cache::attach(const std::string& upstream) {
    const HierarchyScope scope(*this);
    ports_.push_back(std::make_unique<LinkTarget>(("port_" + upstream).c_str()));
    LinkTarget* port = ports_.back().get();
    port->on_request([this, port](const Burst& burst, LinkTarget::Request request) { accept(port, burst, request); });
    port->on_debug(
        [this](Address address, std::span<std::byte> bytes, bool write) { link_.debug(address, bytes, write); });
    return port;
}

std::string Cache::state_text() const {
    std::uint64_t below = 0;
    std::size_t waiting = 0;
    for (const Slice& slice : slices_) {
        below += slice.below;
        waiting += slice.waiting.size();
    }
    return std::string(name()) + ": " + std::to_string(below) + " B in flight below, " + std::to_string(waiting) +
           " requests waiting";
}

/// Tag results come one lookup later, those of one moment by (priority, initiator, arrival): no order depends on the
/// evaluation of processes, and a request that passes by costs this one event.
void Cache::accept(LinkTarget* port, const Burst& burst, LinkTarget::Request request) {
    const std::uint32_t slice = slices_.size() > 1 ? burst.lane : 0;
    if (slice >= slices_.size()) {  // the text is built only when needed: every request passes here
        throw ModelError(std::string(name()) + ": a lane without its private cache");
    }
    const std::uint32_t index = accesses_.acquire();
    accesses_[index] = {burst, port, request, slice};
    const std::uint64_t rank = std::uint64_t{burst.priority} << 32 | burst.initiator.value();
    due_.schedule(simulated_now() + config_.lookup_latency, {index, Step::look_up}, rank);
}

void Cache::handle(const Due& due) {
    switch (due.step) {
        case Step::look_up:
            look_up(due.index);
            break;
        case Step::finish:
            finish(due.index);
            break;
        case Step::wake:
            serve(due.index);
            break;
    }
}

/// Requests pass in order; the limit below holds back hits behind a miss as well.
void Cache::look_up(std::uint32_t index) {
    const Access& access = accesses_[index];
    Slice& slice = slices_[access.slice];
    if (!slice.waiting.empty() || held_back(slice, access.burst.size)) {
        slice.waiting.push(access.burst.priority, simulated_now(), access.burst.initiator, index);
        wake(access.slice);
    } else {
        start(index);
    }
}

/// A request larger than the limit passes alone.
bool Cache::held_back(const Slice& slice, std::uint32_t size) const {
    return slice.below > 0 && slice.below + size > config_.outstanding.count();
}

/// Serves the waiting one round later, after every request that is due now.
void Cache::wake(std::uint32_t index) {
    Slice& slice = slices_[index];
    if (!slice.waking && !slice.waiting.empty()) {
        slice.waking = true;
        due_.schedule(simulated_now(), {index, Step::wake}, UINT64_MAX);
    }
}

void Cache::serve(std::uint32_t index) {
    Slice& slice = slices_[index];
    slice.waking = false;
    const Femtoseconds now = simulated_now();
    while (!slice.waiting.empty() && !held_back(slice, accesses_[slice.waiting.front(now)].burst.size)) {
        start(slice.waiting.take(now));
    }
}

void Cache::start(std::uint32_t index) {
    Access& access = accesses_[index];
    const Burst& burst = access.burst;
    const std::uint64_t mask = burst.stream < kMemoryTags ? initiator_of(burst).way_masks[burst.stream] : 0;
    access.started = simulated_now();
    const std::size_t first = sending_.size();  // not 0 when an answer on the spot starts another access
    if (mask != 0 && slices_.size() > 1) {
        snoop_others(access);
    }
    CacheCore& core = slices_[access.slice].core;
    const CacheOutcome& outcome = burst.write ? core.write(burst.address, burst.size, mask, burst.stream)
                                              : core.read(burst.address, burst.size, mask);
    count(burst, outcome);
    access.through_below = outcome.hit_bytes > 0;
    if (!burst.write && outcome.hit_bytes > 0) {
        wait_for_fills(index);
    }
    for (const CacheRange& range : outcome.below) {
        add_demand(range, index, outcome.filled_bytes > 0);
    }
    for (const CacheRange& range : outcome.writebacks) {
        add_writeback(range, access);
    }
    if (access.open == 0) {
        schedule_finish(index);
    }
    const std::size_t last = sending_.size();
    for (std::size_t i = first; i < last; ++i) {
        link_.send(parts_[sending_[i]].burst);
    }
    sending_.resize(first);
}

/// A private array asks those of the other lanes: what is dirty there goes below before this access does, what is
/// written here is no longer valid there. Streams that pass by were never installed anywhere and skip this.
void Cache::snoop_others(const Access& access) {
    for (std::uint32_t other = 0; other < slices_.size(); ++other) {
        if (other == access.slice) {
            continue;
        }
        for (const CacheRange& range :
             slices_[other].core.snoop(access.burst.address, access.burst.size, access.burst.write)) {
            add_writeback(range, access);
            counters_.energy_access += config_.energy_per_byte * range.size;
        }
    }
}

void Cache::count(const Burst& burst, const CacheOutcome& outcome) {
    std::uint64_t array_bytes = outcome.hit_bytes + outcome.filled_bytes;
    for (const CacheRange& range : outcome.writebacks) {
        array_bytes += range.size;
    }
    counters_.energy_access += config_.energy_lookup * outcome.lines + config_.energy_per_byte * array_bytes;
    counters_.hit_bytes += Bytes{outcome.hit_bytes};
    counters_.miss_bytes += Bytes{burst.size - outcome.hit_bytes};
    if (CachePartitionCounters* own = initiator_of(burst).counters.get(); own != nullptr) {
        own->hit_bytes += Bytes{outcome.hit_bytes};
        own->miss_bytes += Bytes{burst.size - outcome.hit_bytes};
    }
}

/// Something to send below on behalf of `from`; nobody waits for it yet.
std::uint32_t Cache::add_part(const CacheRange& range, const Access& from, bool write) {
    const std::uint32_t index = parts_.acquire();
    Part& part = parts_[index];
    part.access = kNoAccess;
    part.slice = from.slice;
    part.fill = false;
    part.burst = from.burst;
    part.burst.address = range.address;
    part.burst.size = static_cast<std::uint32_t>(range.size);
    part.burst.write = write;
    part.burst.token = index;
    part.burst.data = nullptr;
    slices_[from.slice].below += range.size;
    (write ? counters_.bytes_written_below : counters_.bytes_read_below) += Bytes{range.size};
    sending_.push_back(index);
    return index;
}

void Cache::add_writeback(const CacheRange& range, const Access& from) {
    parts_[add_part(range, from, true)].burst.stream = range.stream;
    ++counters_.writebacks;
}

/// A part carries the bytes itself when it lies within the request; fills of whole sectors may reach beyond.
void Cache::add_demand(const CacheRange& range, std::uint32_t index, bool fill) {
    Access& access = accesses_[index];
    const Burst& from = access.burst;
    const std::uint32_t part_index = add_part(range, access, from.write);
    Part& part = parts_[part_index];
    part.access = index;
    part.fill = fill;
    ++access.open;
    if (fill) {
        slices_[access.slice].fills.push_back(part_index);
    }
    if (from.data == nullptr) {
        return;
    }
    if (range.address >= from.address && range.address + range.size <= from.address + from.size) {
        part.burst.data = from.data + (range.address - from.address);
    } else {
        access.through_below = true;
    }
}

/// Sectors are valid as soon as they are on their way: a hit on them waits for the fill.
void Cache::wait_for_fills(std::uint32_t index) {
    Access& access = accesses_[index];
    const Burst& burst = access.burst;
    for (const std::uint32_t fill : slices_[access.slice].fills) {
        const Burst& coming = parts_[fill].burst;
        if (coming.address < burst.address + burst.size && burst.address < coming.address + coming.size) {
            parts_[fill].waiters.push_back(index);
            ++access.open;
        }
    }
}

void Cache::returned(const Burst& burst) {
    Part& part = parts_[burst.token];
    Slice& slice = slices_[part.slice];
    slice.below -= burst.size;
    const std::uint32_t access = part.access;
    std::vector<std::uint32_t> waiters;
    if (part.fill) {
        waiters.swap(part.waiters);
        slice.fills.erase(std::find(slice.fills.begin(), slice.fills.end(), burst.token));
    }
    wake(part.slice);
    parts_.release(burst.token);
    if (access != kNoAccess) {
        part_arrived(access);
    }
    for (const std::uint32_t waiter : waiters) {
        part_arrived(waiter);
    }
}

void Cache::part_arrived(std::uint32_t index) {
    Access& access = accesses_[index];
    // A fill that comes at the moment of a hit counts as there: whichever of the two processes runs first.
    access.waited = access.waited || simulated_now() > access.started;
    if (--access.open == 0) {
        schedule_finish(index);
    }
}

/// Bytes from below stream through the data port while they arrive; bytes of a hit start after the array access.
void Cache::schedule_finish(std::uint32_t index) {
    const Access& access = accesses_[index];
    const std::uint32_t size = access.burst.size;
    const Femtoseconds now = simulated_now();
    const Femtoseconds whole = duration(Bytes{size}, config_.rate());
    const Femtoseconds start = access.waited ? saturating_sub(now, whole) : now + config_.data_latency;
    const Femtoseconds end = slices_[access.slice].core.transfer(start, size);
    if (end <= now) {
        finish(index);  // an answer from below that the port does not delay passes through without an event
    } else {
        due_.schedule(end, {index, Step::finish});
    }
}

void Cache::finish(std::uint32_t index) {
    const Access access = accesses_[index];
    accesses_.release(index);
    const Burst& burst = access.burst;
    if (burst.data != nullptr && access.through_below) {
        link_.debug(burst.address, {burst.data, burst.size}, burst.write);
    }
    ++(burst.write ? counters_.writes : counters_.reads);
    (burst.write ? counters_.bytes_written : counters_.bytes_read) += Bytes{burst.size};
    access.target->respond(access.request);
}

void Cache::settle(Femtoseconds now) {
    counters_.energy_idle += energy(config_.idle_power, now - settled_);
    settled_ = now;
}

}  // namespace

std::unique_ptr<Component> make_cache(const char* name, const ComponentContext& context, const CacheConfig& config) {
    return std::make_unique<Cache>(name, context, config);
}

}  // namespace handset
