// SPDX-License-Identifier: Apache-2.0
#include "hw_models/noc/noc.h"

#include <deque>
#include <string>
#include <vector>

#include "hw_models/noc/noc_core.h"
#include "sim/engine/arbiter.h"
#include "sim/engine/hierarchy.h"
#include "sim/engine/timed_queue.h"

namespace handset {

namespace {

class Noc final : public Component {
  public:
    Noc(const sc_core::sc_module_name& name, const ComponentContext& context, const NocConfig& config)
        : Component(name),
          core_(config),
          counters_(this->name()),
          link_("memory"),
          arbiter_("arbiter", [this] { serve(); }),
          due_("due", [this](const Due& due) { due.respond ? respond(due.slot) : forward(due.slot); }) {
        context.counters.add(counters_);
        link_.on_response([this](const Burst& burst) { returned(burst); });
    }

    LinkInitiator* downstream() override { return &link_; }
    LinkTarget* attach(const std::string& upstream) override;
    void settle(Femtoseconds now) override;
    [[nodiscard]] std::string state_text() const override {
        return std::string(name()) + ": " + std::to_string(in_flight_) + " B in flight, " +
               std::to_string(arbiter_.size()) + " requests waiting";
    }

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter requests{*this, "requests", "requests carried"};
        Counter<Bytes> bytes_read{*this, "bytes_read", "bytes carried towards initiators"};
        Counter<Bytes> bytes_written{*this, "bytes_written", "bytes carried towards memory"};
        Counter<Femtoseconds> busy_time{*this, "busy_time", "fabric occupied, both directions added"};
        Counter<Femtojoules> energy_transfer{*this, "energy_transfer", "bytes carried"};
        Counter<Femtojoules> energy_idle{*this, "energy_idle", "idle power"};
    };
    struct Access {
        Burst burst;
        std::uint32_t port = 0;
        LinkTarget::Request request = nullptr;
    };
    struct Port {
        std::unique_ptr<LinkTarget> target;
        std::deque<Access> waiting;  ///< beyond the port's limit
        std::uint64_t in_flight = 0;
    };
    struct Due {
        std::uint32_t slot = 0;
        bool respond = false;
    };

    void admit(Port& port, Bytes limit);
    void serve();
    void forward(std::uint32_t slot);
    void returned(const Burst& burst);
    void respond(std::uint32_t slot);

    NocCore core_;
    Counters counters_;
    LinkInitiator link_;
    Arbiter<Access> arbiter_;
    TimedQueue<Due> due_;
    std::vector<Port> ports_;
    std::vector<Access> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::uint64_t in_flight_ = 0;
    Femtoseconds settled_;
    Femtoseconds busy_seen_;
};

LinkTarget* Noc::attach(const std::string& upstream) {
    const HierarchyScope scope(*this);
    const std::uint32_t index = core_.add_port(upstream);
    ports_.push_back({std::make_unique<LinkTarget>(("port_" + upstream).c_str()), {}, 0});
    LinkTarget* target = ports_.back().target.get();
    target->on_request([this, index](const Burst& burst, LinkTarget::Request request) {
        ports_[index].waiting.push_back({burst, index, request});
        admit(ports_[index], core_.outstanding(index));
    });
    target->on_debug([this](Address address, std::span<std::byte> bytes, bool write) {
        if (write) {
            link_.debug_write(address, bytes);
        } else {
            link_.debug_read(address, bytes);
        }
    });
    return target;
}

/// A request larger than the limit passes alone.
void Noc::admit(Port& port, Bytes limit) {
    while (!port.waiting.empty()) {
        const Access& access = port.waiting.front();
        if (port.in_flight > 0 && port.in_flight + access.burst.size > limit.count()) {
            return;
        }
        port.in_flight += access.burst.size;
        arbiter_.request(access.burst.priority, access.burst.initiator, access);
        port.waiting.pop_front();
    }
}

void Noc::serve() {
    while (!arbiter_.empty()) {
        const std::uint32_t size = arbiter_.front().burst.size;
        if (in_flight_ > 0 && in_flight_ + size > core_.config().outstanding.count()) {
            return;  // respond() wakes the arbiter
        }
        in_flight_ += size;
        std::uint32_t slot = 0;
        if (free_slots_.empty()) {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            slot = free_slots_.back();
            free_slots_.pop_back();
        }
        slots_[slot] = arbiter_.take();
        const Access& access = slots_[slot];
        const Femtoseconds now = simulated_now();
        const Femtoseconds sent = access.burst.write ? core_.write(access.port, now, size) : now;
        due_.schedule(sent + core_.config().request_latency, {slot, false});
    }
}

void Noc::forward(std::uint32_t slot) {
    Burst burst = slots_[slot].burst;
    burst.token = slot;
    link_.send(burst);
}

void Noc::returned(const Burst& burst) {
    const Access& access = slots_[burst.token];
    const Femtoseconds now = simulated_now();
    const Femtoseconds arrived = burst.write ? now : core_.read(access.port, now, burst.size);
    due_.schedule(arrived + core_.config().response_latency, {burst.token, true});
}

void Noc::respond(std::uint32_t slot) {
    const Access access = slots_[slot];
    free_slots_.push_back(slot);
    ++counters_.requests;
    (access.burst.write ? counters_.bytes_written : counters_.bytes_read) += Bytes{access.burst.size};
    in_flight_ -= access.burst.size;
    Port& port = ports_[access.port];
    port.in_flight -= access.burst.size;
    arbiter_.wake();
    admit(port, core_.outstanding(access.port));
    port.target->respond(access.request);
}

void Noc::settle(Femtoseconds now) {
    const NocConfig& config = core_.config();
    counters_.busy_time += core_.busy_time() - busy_seen_;
    busy_seen_ = core_.busy_time();
    const std::uint64_t bytes = counters_.bytes_read.raw() + counters_.bytes_written.raw();
    counters_.energy_transfer += bytes * config.energy_per_byte - counters_.energy_transfer.value();
    counters_.energy_idle += energy(config.idle_power, now - settled_);
    settled_ = now;
}

}  // namespace

std::unique_ptr<Component> make_noc(const char* name, const ComponentContext& context, const NocConfig& config) {
    return std::make_unique<Noc>(name, context, config);
}

}  // namespace handset
