// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram.h"

#include <algorithm>
#include <string>
#include <vector>

#include "hw_models/dram/dram_core.h"
#include "hw_models/dram/dram_counters.h"
#include "hw_models/dram/dram_energy.h"
#include "hw_models/dram/dram_store.h"
#include "sim/engine/arbiter.h"
#include "sim/engine/hierarchy.h"
#include "sim/engine/slots.h"
#include "sim/engine/timed_queue.h"

namespace handset {

namespace {

class Dram final : public Component {
  public:
    Dram(const sc_core::sc_module_name& name, const ComponentContext& context, const DramConfig& config)
        : Component(name),
          core_(config),
          energy_(config),
          counters_(this->name()),
          arbiter_("arbiter", [this] { serve(); }),
          due_("due", [this](std::uint32_t access) { finish(access); }) {
        context.counters.add(counters_);
        if (context.data) {
            store_ = std::make_unique<MappedStore>(config.capacity);
        }
    }

    LinkTarget* attach(const std::string& upstream) override;
    Store* store() override { return store_.get(); }
    void settle(Femtoseconds now) override;
    [[nodiscard]] std::string state_text() const override {
        return std::string(name()) + ": " + std::to_string(core_.queued_bursts()) + " bursts queued, " +
               std::to_string(arbiter_.size()) + " requests waiting";
    }

  private:
    struct Access {
        Burst burst;
        LinkTarget* target = nullptr;
        LinkTarget::Request request = nullptr;
    };

    void step() {
        issue();
        arbiter_.wake();  // there may be room; who gets it is decided a round later, when all have asked
    }
    void issue();
    void serve();
    void finish(std::uint32_t access);
    void debug(Address address, std::span<std::byte> bytes, bool write);

    DramCore core_;
    DramEnergy energy_;
    DramCounters counters_;
    Arbiter<Access> arbiter_;
    TimedQueue<std::uint32_t> due_;
    Alarm next_command_{"next_command", [this] { step(); }};
    std::vector<std::unique_ptr<LinkTarget>> ports_;
    std::unique_ptr<MappedStore> store_;
    Slots<Access> accesses_;
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

/// Lets the core issue what is due. While requests wait for room every command counts; else it is enough to return when
/// the next completion must be known, and the core catches up.
void Dram::issue() {
    const Femtoseconds now = simulated_now();
    core_.advance(now);
    for (DramCompletion completion; core_.take_completion(completion);) {
        due_.schedule(std::max(completion.time, now), completion.token);
    }
    const Femtoseconds next = arbiter_.empty() ? core_.next_notice() : core_.next_event();
    if (next != DramCore::kNever) {
        next_command_.set(std::max(next, now));
    }
}

/// Hands the core the requests that fit.
void Dram::serve() {
    const Femtoseconds now = simulated_now();
    core_.advance(now);
    while (!arbiter_.empty()) {
        const Burst& front = arbiter_.front().burst;
        DramRequest request{front.address, front.size, front.write, 0};
        if (!core_.accepts(request)) {
            break;
        }
        request.token = accesses_.acquire();
        accesses_[request.token] = arbiter_.take();
        counters_.request(request.write, request.size);
        core_.submit(now, request);
    }
    issue();
}

void Dram::finish(std::uint32_t index) {
    const Access access = accesses_[index];
    accesses_.release(index);
    const Burst& burst = access.burst;
    if (store_ != nullptr && burst.data != nullptr) {
        debug(burst.address, {burst.data, burst.size}, burst.write);
    }
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
    counters_.record(core_, energy_, now);
}

}  // namespace

std::unique_ptr<Component> make_dram(const char* name, const ComponentContext& context, const DramConfig& config) {
    return std::make_unique<Dram>(name, context, config);
}

}  // namespace handset
