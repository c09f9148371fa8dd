// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_core.h"
#include "hw_models/dram/dram_counters.h"
#include "hw_models/dram/dram_energy.h"
#include "sim/app/replay_part.h"

namespace handset {

namespace {

/// The largest burst a device of the committed phones sends. A request is queued whole, however small the queue.
constexpr std::uint64_t kLargestPiece = 65536;

class DramReplay final : public ReplayPart {
  public:
    explicit DramReplay(const DramConfig& config) : core_(config), energy_(config), counters_("dram") {
        registry_.add(counters_);
    }

    [[nodiscard]] ReplayRules rules() const override {
        const DramConfig& config = core_.config();
        return {.capacity = config.capacity,
                .clock = command_clock(),
                .bytes_per_clock = config.burst_bytes().count() * config.channels,
                .largest = kLargestPiece,
                .posted_writes = true};
    }
    [[nodiscard]] bool accepts(Address address, std::uint64_t size, bool write) const override {
        return core_.accepts({address, size, write, 0});
    }
    void submit(Femtoseconds now, Address address, std::uint64_t size, bool write, std::uint32_t token) override {
        const std::uint64_t queued = core_.queued_bursts();
        core_.submit(now, {address, size, write, token});
        counters_.request(write, size);
        counters_.queue_seen += queued;
        counters_.queue_most.observe(Events{core_.queued_bursts()});
    }
    [[nodiscard]] Femtoseconds next_event() const override { return core_.next_event(); }
    [[nodiscard]] Femtoseconds idle_since() const override { return core_.idle_since(); }
    void advance(Femtoseconds now) override { core_.advance(now); }
    bool take_completion(ReplayCompletion& completion) override {
        DramCompletion done;
        if (!core_.take_completion(done)) {
            return false;
        }
        completion = {done.token, done.time};
        return true;
    }
    Snapshot settle(Femtoseconds end) override {
        core_.advance(end);
        counters_.record(core_, energy_, end);
        return registry_.snapshot();
    }
    [[nodiscard]] Femtoseconds command_clock() const override { return duration(Cycles{1}, core_.config().clock()); }

  private:
    /// Queues are measured here because only here every arrival is seen.
    struct Counters : DramCounters {
        using DramCounters::DramCounters;
        EventCounter queue_seen{*this, "queue_seen", "bursts that waited when a request arrived, summed over requests"};
        PeakCounter<Events> queue_most{*this, "queue_most", "bursts waiting at once"};
    };

    DramCore core_;
    DramEnergy energy_;
    Counters counters_;
    CounterRegistry registry_;
};

}  // namespace

std::unique_ptr<ReplayPart> make_dram_replay(const DramConfig& config) {
    return std::make_unique<DramReplay>(config);
}

}  // namespace handset
