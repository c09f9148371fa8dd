// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <vector>

#include "sim/app/replay_part.h"
#include "sim/base/text.h"
#include "sim/engine/run_control.h"
#include "sim/engine/timed_queue.h"
#include "sim/soc/soc.h"

namespace handset {

namespace {

/// Sends what it is told, in the place of a device.
class TrafficPort final : public Component {
  public:
    TrafficPort(const sc_core::sc_module_name& name, InitiatorId initiator, MemoryTag tag)
        : Component(name), link_("memory"), initiator_(initiator), tag_(tag) {
        link_.on_response([this](const Burst& burst) { done_.push_back({burst.token, simulated_now()}); });
    }

    LinkInitiator* downstream() override { return &link_; }

    void send(Address address, std::uint64_t size, bool write, std::uint32_t token) {
        Burst burst;
        burst.address = address;
        burst.size = static_cast<std::uint32_t>(size);
        burst.write = write;
        burst.stream = static_cast<std::uint8_t>(tag_);
        burst.initiator = initiator_;
        burst.token = token;
        link_.send(burst);
    }
    bool take(ReplayCompletion& completion) {
        if (done_.empty()) {
            return false;
        }
        completion = done_.back();
        done_.pop_back();
        return true;
    }

  private:
    LinkInitiator link_;
    InitiatorId initiator_;
    MemoryTag tag_;
    std::vector<ReplayCompletion> done_;
};

class SocReplay final : public ReplayPart {
  public:
    SocReplay(const SocConfig& config, const std::string& port, MemoryTag tag)
        : capacity_(memory_sizes(config).dram),
          soc_(config, false, nullptr, {port, [this, tag](const char* name, const ComponentContext& context) {
                                            auto made = std::make_unique<TrafficPort>(name, context.initiator, tag);
                                            port_ = made.get();
                                            return made;
                                        }}) {}

    [[nodiscard]] ReplayRules rules() const override {
        return {.capacity = capacity_, .largest = kLargestBurst, .posted_writes = false};
    }
    [[nodiscard]] bool accepts(Address /*address*/, std::uint64_t /*size*/, bool /*write*/) const override {
        return true;  // the network keeps what it cannot take yet; the window bounds it
    }
    void submit(Femtoseconds /*now*/, Address address, std::uint64_t size, bool write, std::uint32_t token) override {
        port_->send(address, size, write, token);
    }
    [[nodiscard]] Femtoseconds next_event() const override { return next_event_time().value_or(kNoEvent); }
    void advance(Femtoseconds now) override { run_until(now); }
    bool take_completion(ReplayCompletion& completion) override { return port_->take(completion); }
    Snapshot settle(Femtoseconds end) override { return soc_.settle(end); }

  private:
    Bytes capacity_;
    TrafficPort* port_ = nullptr;
    Soc soc_;
};

/// Components that send requests and pass none on.
std::vector<std::string> ports_of(const SocConfig& config) {
    std::set<std::string> passed_through;
    for (const auto& [name, slot] : config.components) {
        passed_through.insert(slot.downstream);
    }
    std::vector<std::string> ports;
    for (const auto& [name, slot] : config.components) {
        if (!slot.downstream.empty() && passed_through.count(name) == 0) {
            ports.push_back(name);
        }
    }
    return ports;
}

}  // namespace

std::unique_ptr<ReplayPart> make_soc_replay(const SocConfig& config, const std::string& port, MemoryTag tag) {
    const std::vector<std::string> ports = ports_of(config);
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) {
        throw ConfigError("--port: " + unknown_name("port", port, ports));
    }
    return std::make_unique<SocReplay>(config, port, tag);
}

}  // namespace handset
