// SPDX-License-Identifier: Apache-2.0
#include "hw_models/noc/noc.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "hw_models/noc/noc_core.h"
#include "sim/engine/arbiter.h"
#include "sim/engine/hierarchy.h"
#include "sim/engine/slots.h"
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
          arbiter_(
              "arbiter", [this] { serve(); }, config.promote_after),
          due_("due", [this](const Due& due) { due.arrived ? arrived(due.packet) : forward(due.packet); }) {
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
    /// A request as it came from upstream.
    struct Access {
        Burst burst;
        std::uint32_t port = 0;
        std::uint32_t open = 0;  ///< packets not yet back
        LinkTarget::Request request = nullptr;
    };
    struct Packet {
        Burst burst;
        std::uint32_t access = 0;
    };
    struct Port {
        std::unique_ptr<LinkTarget> target;
        std::deque<Packet> waiting;  ///< beyond the port's limit
        std::uint64_t in_flight = 0;
    };
    struct Due {
        std::uint32_t packet = 0;
        bool arrived = false;
    };

    void accept(std::uint32_t port, const Burst& burst, LinkTarget::Request request);
    void admit(std::uint32_t port);
    void serve();
    void forward(std::uint32_t packet);
    void returned(const Burst& burst);
    void arrived(std::uint32_t packet);

    NocCore core_;
    Counters counters_;
    LinkInitiator link_;
    Arbiter<Packet> arbiter_;
    TimedQueue<Due> due_;
    std::vector<Port> ports_;
    Slots<Access> accesses_;
    Slots<Packet> packets_;  ///< in flight
    std::uint64_t in_flight_ = 0;
    Femtoseconds settled_;
    Femtoseconds busy_seen_;
};

LinkTarget* Noc::attach(const std::string& upstream) {
    const HierarchyScope scope(*this);
    const std::uint32_t port = core_.add_port(upstream);
    ports_.push_back({std::make_unique<LinkTarget>(("port_" + upstream).c_str()), {}, 0});
    LinkTarget* target = ports_.back().target.get();
    target->on_request([this, port](const Burst& burst, LinkTarget::Request request) { accept(port, burst, request); });
    target->on_debug(
        [this](Address address, std::span<std::byte> bytes, bool write) { link_.debug(address, bytes, write); });
    return target;
}

void Noc::accept(std::uint32_t port, const Burst& burst, LinkTarget::Request request) {
    const std::uint32_t index = accesses_.acquire();
    accesses_[index] = {burst, port, 0, request};
    const std::uint64_t limit = core_.config().packet.count();
    for (std::uint32_t done = 0; done < burst.size;) {
        Packet packet{burst, index};
        packet.burst.address += done;
        packet.burst.size = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(burst.size - done, limit - packet.burst.address % limit));
        packet.burst.data = burst.data == nullptr ? nullptr : burst.data + done;
        done += packet.burst.size;
        ++accesses_[index].open;
        ports_[port].waiting.push_back(packet);
    }
    admit(port);
}

/// A packet larger than the limit passes alone.
void Noc::admit(std::uint32_t index) {
    Port& port = ports_[index];
    const std::uint64_t limit = core_.outstanding(index).count();
    while (!port.waiting.empty()) {
        const Packet& packet = port.waiting.front();
        if (port.in_flight > 0 && port.in_flight + packet.burst.size > limit) {
            return;
        }
        port.in_flight += packet.burst.size;
        arbiter_.request(packet.burst.priority, packet.burst.initiator, packet);
        port.waiting.pop_front();
    }
}

void Noc::serve() {
    while (!arbiter_.empty()) {
        const std::uint32_t size = arbiter_.front().burst.size;
        if (in_flight_ > 0 && in_flight_ + size > core_.config().outstanding.count()) {
            return;  // arrived() wakes the arbiter
        }
        in_flight_ += size;
        const std::uint32_t index = packets_.acquire();
        packets_[index] = arbiter_.take();
        const Packet& packet = packets_[index];
        const Femtoseconds now = simulated_now();
        const std::uint32_t port = accesses_[packet.access].port;
        const Femtoseconds sent = packet.burst.write ? core_.write(port, now, size) : now;
        due_.schedule(sent + core_.request_latency(port), {index, false});
    }
}

void Noc::forward(std::uint32_t packet) {
    Burst burst = packets_[packet].burst;
    burst.token = packet;
    link_.send(burst);
}

void Noc::returned(const Burst& burst) {
    const Access& access = accesses_[packets_[burst.token].access];
    const Femtoseconds now = simulated_now();
    const Femtoseconds there = burst.write ? now : core_.read(access.port, now, burst.size);
    due_.schedule(there + core_.response_latency(access.port), {burst.token, true});
}

void Noc::arrived(std::uint32_t index) {
    const Packet packet = packets_[index];
    packets_.release(index);
    Access& access = accesses_[packet.access];
    const std::uint32_t port = access.port;
    in_flight_ -= packet.burst.size;
    ports_[port].in_flight -= packet.burst.size;
    arbiter_.wake();
    admit(port);
    if (--access.open > 0) {
        return;
    }
    const Access whole = access;
    accesses_.release(packet.access);
    ++counters_.requests;
    (whole.burst.write ? counters_.bytes_written : counters_.bytes_read) += Bytes{whole.burst.size};
    ports_[port].target->respond(whole.request);
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
