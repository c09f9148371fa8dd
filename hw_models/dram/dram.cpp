// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram.h"

#include <string>
#include <vector>

#include "hw_models/dram/dram_core.h"
#include "hw_models/dram/dram_store.h"
#include "sim/engine/arbiter.h"
#include "sim/engine/hierarchy.h"
#include "sim/engine/timed_queue.h"

namespace handset {

namespace {

class Dram final : public Component {
  public:
    Dram(const sc_core::sc_module_name& name, const ComponentContext& context, const DramConfig& config)
        : Component(name),
          core_(config),
          counters_(this->name()),
          arbiter_("arbiter", [this] { serve(); }),
          due_("due", [this](const Access& access) { finish(access); }) {
        context.counters.add(counters_);
        if (context.data) {
            store_ = std::make_unique<MappedStore>(config.capacity);
        }
    }

    LinkTarget* attach(const std::string& upstream) override;
    Store* store() override { return store_.get(); }
    void settle(Femtoseconds now) override;
    [[nodiscard]] std::string state_text() const override {
        return std::string(name()) + ": " + std::to_string(in_service_) + " requests in service, " +
               std::to_string(arbiter_.size()) + " waiting";
    }

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter reads{*this, "reads", "read requests"};
        EventCounter writes{*this, "writes", "write requests"};
        Counter<Bytes> bytes_read{*this, "bytes_read", "bytes asked for by reads"};
        Counter<Bytes> bytes_written{*this, "bytes_written", "bytes brought by writes"};
        EventCounter row_hits{*this, "row_hits", "bursts that found their row open"};
        EventCounter row_misses{*this, "row_misses", "bursts that found their bank closed"};
        EventCounter row_conflicts{*this, "row_conflicts", "bursts that found another row open"};
        EventCounter activations{*this, "activations", "rows opened"};
        EventCounter refreshes{*this, "refreshes", "all-bank refreshes, summed over ranks"};
        Counter<Femtoseconds> busy_time{*this, "busy_time", "data on the bus, summed over channels"};
        Counter<Femtojoules> energy_activate{*this, "energy_activate", "opening and closing rows"};
        Counter<Femtojoules> energy_read{*this, "energy_read", "read bursts, array and pins"};
        Counter<Femtojoules> energy_write{*this, "energy_write", "write bursts, array and pins"};
        Counter<Femtojoules> energy_refresh{*this, "energy_refresh", "refresh"};
        Counter<Femtojoules> energy_background{*this, "energy_background", "standby"};
    };
    struct Access {
        Burst burst;
        LinkTarget* target = nullptr;
        LinkTarget::Request request = nullptr;
    };

    void serve();
    void finish(const Access& access);
    void record_activity();
    void debug(Address address, std::span<std::byte> bytes, bool write);

    DramCore core_;
    Counters counters_;
    Arbiter<Access> arbiter_;
    TimedQueue<Access> due_;
    std::vector<std::unique_ptr<LinkTarget>> ports_;
    std::unique_ptr<MappedStore> store_;
    std::uint32_t in_service_ = 0;
    Femtoseconds settled_;
};

LinkTarget* Dram::attach(const std::string& upstream) {
    const HierarchyScope scope(*this);
    ports_.push_back(std::make_unique<LinkTarget>(("port_" + upstream).c_str()));
    LinkTarget* port = ports_.back().get();
    port->on_request([this, port](const Burst& burst, LinkTarget::Request request) {
        arbiter_.request(burst.priority, burst.initiator, {burst, port, request});
    });
    port->on_debug([this](Address address, std::span<std::byte> bytes, bool write) { debug(address, bytes, write); });
    return port;
}

void Dram::serve() {
    while (!arbiter_.empty() && in_service_ < core_.config().queue_depth) {
        const Access access = arbiter_.take();
        ++in_service_;
        const Burst& burst = access.burst;
        due_.schedule(core_.schedule(simulated_now(), burst.address, burst.size, burst.write), access);
        ++(burst.write ? counters_.writes : counters_.reads);
        (burst.write ? counters_.bytes_written : counters_.bytes_read) += Bytes{burst.size};
    }
}

void Dram::finish(const Access& access) {
    const Burst& burst = access.burst;
    if (store_ != nullptr && burst.data != nullptr) {
        debug(burst.address, {burst.data, burst.size}, burst.write);
    }
    --in_service_;
    arbiter_.wake();
    access.target->respond(access.request);
}

void Dram::debug(Address address, std::span<std::byte> bytes, bool write) {
    ensure(store_ != nullptr, "functional access to a memory with data off");
    if (write) {
        store_->write(address, bytes);
    } else {
        store_->read(address, bytes);
    }
}

void Dram::settle(Femtoseconds now) {
    core_.advance(now);
    record_activity();
    counters_.energy_background += energy(core_.config().background_power, now - settled_);
    settled_ = now;
}

void Dram::record_activity() {
    const DramActivity activity = core_.take_activity();
    const DramConfig& config = core_.config();
    counters_.row_hits += activity.row_hits;
    counters_.row_misses += activity.row_misses;
    counters_.row_conflicts += activity.row_conflicts;
    counters_.activations += activity.activations;
    counters_.refreshes += activity.refreshes;
    counters_.busy_time += activity.bus_time;
    counters_.energy_activate += config.energy_activate * activity.activations;
    counters_.energy_read += (config.energy_read_byte + config.energy_io_byte) * activity.bus_read.count();
    counters_.energy_write += (config.energy_write_byte + config.energy_io_byte) * activity.bus_written.count();
    counters_.energy_refresh += config.energy_refresh * activity.refreshes;
}

}  // namespace

std::unique_ptr<Component> make_dram(const char* name, const ComponentContext& context, const DramConfig& config) {
    return std::make_unique<Dram>(name, context, config);
}

}  // namespace handset
