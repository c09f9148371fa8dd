// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cache/cache.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "hw_models/cache/cache_core.h"
#include "sim/engine/arbiter.h"
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
    [[nodiscard]] std::string state_text() const override {
        return std::string(name()) + ": " + std::to_string(below_) + " B in flight below, " +
               std::to_string(arbiter_.size()) + " requests waiting";
    }

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter reads{*this, "reads", "read requests"};
        EventCounter writes{*this, "writes", "write requests"};
        Counter<Bytes> bytes_read{*this, "bytes_read", "bytes served upstream"};
        Counter<Bytes> bytes_written{*this, "bytes_written", "bytes taken from upstream"};
        Counter<Bytes> hit_bytes{*this, "hit_bytes", "of these, served or absorbed here"};
        Counter<Bytes> miss_bytes{*this, "miss_bytes", "of these, passed to or fetched from below"};
        Counter<Bytes> bytes_read_below{*this, "bytes_read_below", "bytes fetched, whole sectors where allocated"};
        Counter<Bytes> bytes_written_below{*this, "bytes_written_below", "bytes forwarded and written back"};
        EventCounter writebacks{*this, "writebacks", "runs of dirty sectors written back"};
        Counter<Femtojoules> energy_access{*this, "energy_access", "tags and data array"};
        Counter<Femtojoules> energy_idle{*this, "energy_idle", "idle power"};
    };
    struct Access {
        Burst burst;
        LinkTarget* target = nullptr;
        LinkTarget::Request request = nullptr;
        std::uint32_t open = 0;            ///< parts below (own or another's fill) that it waits for
        bool waited = false;               ///< for bytes from below
        bool through_below = false;        ///< bytes must be moved functionally at completion
        Femtoseconds ready;                ///< when the last part came
        std::vector<std::uint32_t> parts;  ///< to be sent after the lookup
    };
    /// One request to the level below.
    struct Part {
        std::uint32_t access = kNoAccess;  ///< none: a write-back, nobody waits
        Burst burst;
        bool fill = false;
        std::vector<std::uint32_t> waiters;  ///< later accesses that hit sectors of this fill
    };
    enum class Step : std::uint8_t { send, finish };
    struct Due {
        std::uint32_t access = 0;
        Step step = Step::send;
    };

    void serve();
    void start(std::uint32_t index);
    std::uint32_t add_part(const CacheRange& range, const Burst& from, std::uint32_t access, bool fill, bool write);
    void wait_for_fills(std::uint32_t index);
    void send(std::uint32_t index);
    void returned(const Burst& burst);
    void part_arrived(std::uint32_t index);
    void schedule_finish(std::uint32_t index);
    void finish(std::uint32_t index);
    void pass(Address address, std::span<std::byte> bytes, bool write);

    CacheCore core_;
    std::array<std::uint64_t, kMemoryTags> way_masks_;
    Counters counters_;
    LinkInitiator link_;
    Arbiter<Access> arbiter_;
    TimedQueue<Due> due_;
    std::vector<std::unique_ptr<LinkTarget>> ports_;
    Slots<Access> accesses_;
    Slots<Part> parts_;
    std::vector<std::uint32_t> fills_;  ///< parts in flight that fill sectors
    std::uint64_t below_ = 0;           ///< bytes in flight below
    Femtoseconds settled_;
};

Cache::Cache(const sc_core::sc_module_name& name, const ComponentContext& context, const CacheConfig& config)
    : Component(name),
      core_(config),
      way_masks_(config.way_masks()),
      counters_(this->name()),
      link_("memory"),
      arbiter_("arbiter", [this] { serve(); }),
      due_("due", [this](const Due& due) { due.step == Step::send ? send(due.access) : finish(due.access); }) {
    context.counters.add(counters_);
    link_.on_response([this](const Burst& burst) { returned(burst); });
}

LinkTarget* Cache::attach(const std::string& upstream) {
    const HierarchyScope scope(*this);
    ports_.push_back(std::make_unique<LinkTarget>(("port_" + upstream).c_str()));
    LinkTarget* port = ports_.back().get();
    port->on_request([this, port](const Burst& burst, LinkTarget::Request request) {
        Access access;
        access.burst = burst;
        access.target = port;
        access.request = request;
        arbiter_.request(burst.priority, burst.initiator, std::move(access));
    });
    port->on_debug([this](Address address, std::span<std::byte> bytes, bool write) { pass(address, bytes, write); });
    return port;
}

void Cache::pass(Address address, std::span<std::byte> bytes, bool write) {
    if (write) {
        link_.debug_write(address, bytes);
    } else {
        link_.debug_read(address, bytes);
    }
}

/// Requests pass in order; the limit below holds back hits behind a miss as well.
void Cache::serve() {
    while (!arbiter_.empty()) {
        if (below_ > 0 && below_ + arbiter_.front().burst.size > core_.config().outstanding.count()) {
            return;  // returned() wakes the arbiter
        }
        const std::uint32_t index = accesses_.acquire();
        accesses_[index] = arbiter_.take();
        start(index);
    }
}

void Cache::start(std::uint32_t index) {
    Access& access = accesses_[index];
    const Burst& burst = access.burst;
    const std::uint64_t mask = burst.stream < kMemoryTags ? way_masks_[burst.stream] : 0;
    const CacheOutcome& outcome =
        burst.write ? core_.write(burst.address, burst.size, mask) : core_.read(burst.address, burst.size, mask);
    access.through_below = outcome.hit_bytes > 0;
    if (!burst.write && outcome.hit_bytes > 0) {
        wait_for_fills(index);
    }
    for (const CacheRange& range : outcome.below) {
        access.parts.push_back(add_part(range, burst, index, outcome.filled_bytes > 0, burst.write));
        ++access.open;
    }
    std::uint64_t array_bytes = outcome.hit_bytes + outcome.filled_bytes;
    for (const CacheRange& range : outcome.writebacks) {
        access.parts.push_back(add_part(range, burst, kNoAccess, false, true));
        array_bytes += range.size;
        ++counters_.writebacks;
    }
    const CacheConfig& config = core_.config();
    counters_.energy_access += config.energy_lookup * outcome.lines + config.energy_per_byte * array_bytes;
    counters_.hit_bytes += Bytes{outcome.hit_bytes};
    counters_.miss_bytes += Bytes{burst.size - outcome.hit_bytes};
    access.ready = simulated_now() + config.lookup_latency;
    if (!access.parts.empty()) {
        due_.schedule(access.ready, {index, Step::send});
    } else if (access.open == 0) {
        schedule_finish(index);
    }
}

/// A part carries the bytes itself when it lies within the request; fills of whole sectors may reach beyond.
std::uint32_t Cache::add_part(const CacheRange& range, const Burst& from, std::uint32_t access, bool fill, bool write) {
    const std::uint32_t index = parts_.acquire();
    Part& part = parts_[index];
    part.access = access;
    part.fill = fill;
    part.burst = from;
    part.burst.address = range.address;
    part.burst.size = static_cast<std::uint32_t>(range.size);
    part.burst.write = write;
    part.burst.token = index;
    part.burst.data = nullptr;
    if (access != kNoAccess && from.data != nullptr) {
        if (range.address >= from.address && range.address + range.size <= from.address + from.size) {
            part.burst.data = from.data + (range.address - from.address);
        } else {
            accesses_[access].through_below = true;
        }
    }
    if (fill) {
        fills_.push_back(index);
    }
    below_ += range.size;
    (write ? counters_.bytes_written_below : counters_.bytes_read_below) += Bytes{range.size};
    return index;
}

/// Sectors are valid as soon as they are on their way: a hit on them waits for the fill.
void Cache::wait_for_fills(std::uint32_t index) {
    const Burst& burst = accesses_[index].burst;
    for (const std::uint32_t fill : fills_) {
        const Burst& coming = parts_[fill].burst;
        if (coming.address < burst.address + burst.size && burst.address < coming.address + coming.size) {
            parts_[fill].waiters.push_back(index);
            ++accesses_[index].open;
        }
    }
}

void Cache::send(std::uint32_t index) {
    const std::vector<std::uint32_t> parts = std::move(accesses_[index].parts);
    accesses_[index].parts.clear();
    if (accesses_[index].open == 0) {
        schedule_finish(index);  // only write-backs go below
    }
    for (const std::uint32_t part : parts) {
        link_.send(parts_[part].burst);
    }
}

void Cache::returned(const Burst& burst) {
    Part& part = parts_[burst.token];
    below_ -= burst.size;
    const std::uint32_t access = part.access;
    const std::vector<std::uint32_t> waiters = std::move(part.waiters);
    part.waiters.clear();
    if (part.fill) {
        fills_.erase(std::find(fills_.begin(), fills_.end(), burst.token));
    }
    parts_.release(burst.token);
    arbiter_.wake();
    if (access != kNoAccess) {
        part_arrived(access);
    }
    for (const std::uint32_t waiter : waiters) {
        part_arrived(waiter);
    }
}

void Cache::part_arrived(std::uint32_t index) {
    Access& access = accesses_[index];
    access.ready = std::max(access.ready, simulated_now());
    access.waited = true;
    if (--access.open == 0) {
        schedule_finish(index);
    }
}

/// Bytes from below stream through the data port while they arrive; bytes of a hit start after the array access.
void Cache::schedule_finish(std::uint32_t index) {
    const Access& access = accesses_[index];
    const CacheConfig& config = core_.config();
    const std::uint32_t size = access.burst.size;
    const Femtoseconds whole = duration(Bytes{size}, config.rate());
    const Femtoseconds start = access.waited ? saturating_sub(access.ready, whole) : access.ready + config.data_latency;
    due_.schedule(std::max(core_.transfer(start, size), simulated_now()), {index, Step::finish});
}

void Cache::finish(std::uint32_t index) {
    Access access = std::move(accesses_[index]);
    accesses_.release(index);
    const Burst& burst = access.burst;
    if (burst.data != nullptr && access.through_below) {
        pass(burst.address, {burst.data, burst.size}, burst.write);
    }
    ++(burst.write ? counters_.writes : counters_.reads);
    (burst.write ? counters_.bytes_written : counters_.bytes_read) += Bytes{burst.size};
    access.target->respond(access.request);
}

void Cache::settle(Femtoseconds now) {
    counters_.energy_idle += energy(core_.config().idle_power, now - settled_);
    settled_ = now;
}

}  // namespace

std::unique_ptr<Component> make_cache(const char* name, const ComponentContext& context, const CacheConfig& config) {
    return std::make_unique<Cache>(name, context, config);
}

}  // namespace handset
