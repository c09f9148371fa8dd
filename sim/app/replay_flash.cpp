// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "hw_models/flash/flash_core.h"
#include "hw_models/flash/flash_counters.h"
#include "sim/app/replay_part.h"

namespace handset {

namespace {

class FlashReplay final : public ReplayPart {
  public:
    explicit FlashReplay(const FlashConfig& config) : core_(config), counters_("flash") { registry_.add(counters_); }

    [[nodiscard]] ReplayRules rules() const override { return {.capacity = core_.config().capacity}; }
    [[nodiscard]] bool accepts(Address /*address*/, std::uint64_t /*size*/, bool /*write*/) const override {
        return true;  // commands beyond the queue's depth wait in the host
    }
    void submit(Femtoseconds now, Address address, std::uint64_t size, bool write, std::uint32_t token) override {
        FlashRequest request;
        request.command = write ? FlashCommand::write : FlashCommand::read;
        request.address = address;
        request.size = size;
        const FlashDone done = core_.submit(now, request);
        done_.push_back({token, done.time, done.status != FtlStatus::ok});
        counters_.refused_requests += done.status == FtlStatus::read_only ? 1 : 0;
        counters_.uncorrectable_requests += done.status == FtlStatus::uncorrectable ? 1 : 0;
        counters_.request(core_, write, size);
    }
    /// The core decides everything when a command is submitted.
    [[nodiscard]] Femtoseconds next_event() const override { return kNoEvent; }
    void advance(Femtoseconds /*now*/) override {}
    bool take_completion(ReplayCompletion& completion) override {
        if (done_.empty()) {
            return false;
        }
        completion = done_.back();
        done_.pop_back();
        return true;
    }
    Snapshot settle(Femtoseconds end) override {
        counters_.settle(core_, end);
        return registry_.snapshot();
    }

  private:
    struct Counters : FlashCounters {
        using FlashCounters::FlashCounters;
        EventCounter refused_requests{*this, "refused_requests", "requests that met a device without spare blocks"};
        EventCounter uncorrectable_requests{*this, "uncorrectable_requests", "requests with pages that ECC gave up"};
    };

    FlashCore core_;
    Counters counters_;
    CounterRegistry registry_;
    std::vector<ReplayCompletion> done_;
};

}  // namespace

std::unique_ptr<ReplayPart> make_flash_replay(const FlashConfig& config) {
    return std::make_unique<FlashReplay>(config);
}

}  // namespace handset
