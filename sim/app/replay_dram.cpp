// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "hw_models/dram/dram_core.h"
#include "sim/app/replay_part.h"

namespace handset {

namespace {

class DramReplay final : public ReplayPart {
  public:
    explicit DramReplay(const DramConfig& config) : core_(config) {}

    [[nodiscard]] ReplayRules rules() const override {
        const DramConfig& config = core_.config();
        return {.capacity = config.capacity,
                .clock = config.burst_time(),
                .bytes_per_clock = config.burst_bytes().count() * config.channels,
                .posted_writes = true};
    }
    [[nodiscard]] bool accepts(Address /*address*/, std::uint64_t /*size*/, bool /*write*/) const override {
        return true;
    }
    void submit(Femtoseconds now, Address address, std::uint64_t size, bool write, std::uint32_t token) override {
        done_.push_back({token, core_.schedule(now, address, size, write)});
    }
    [[nodiscard]] Femtoseconds next_event() const override { return kNoEvent; }
    void advance(Femtoseconds now) override { core_.advance(now); }
    bool take_completion(ReplayCompletion& completion) override {
        if (done_.empty()) {
            return false;
        }
        completion = done_.back();
        done_.pop_back();
        return true;
    }
    Snapshot settle(Femtoseconds end) override {
        core_.advance(end);
        const DramActivity activity = core_.take_activity();
        return {{"dram.activations", "1", CounterKind::sum, activity.activations},
                {"dram.row_conflicts", "1", CounterKind::sum, activity.row_conflicts},
                {"dram.row_hits", "1", CounterKind::sum, activity.row_hits},
                {"dram.row_misses", "1", CounterKind::sum, activity.row_misses}};
    }
    [[nodiscard]] Femtoseconds command_clock() const override { return core_.config().burst_time(); }

  private:
    DramCore core_;
    std::vector<ReplayCompletion> done_;
};

}  // namespace

std::unique_ptr<ReplayPart> make_dram_replay(const DramConfig& config) {
    return std::make_unique<DramReplay>(config);
}

}  // namespace handset
