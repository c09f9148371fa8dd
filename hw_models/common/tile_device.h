// SPDX-License-Identifier: Apache-2.0
// The shell that NPU, CPU, GPU and storage share: runs a tile program over one memory port with per-lane limits on
// bytes in flight. Loads copy bytes into the lane's local store when their transfer completes, computes read only that,
// stores read it when their transfer completes; so a slot reused too early gives wrong numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hw_models/common/component.h"
#include "hw_models/common/compute_core.h"
#include "hw_models/common/port_config.h"
#include "hw_models/common/tile_sequencer.h"
#include "hw_models/common/transfer_queues.h"
#include "sim/engine/timed_queue.h"

namespace handset {

class TileDevice : public Component, public Device {
  public:
    TileDevice(const sc_core::sc_module_name& name, const ComponentContext& context, std::unique_ptr<ComputeCore> core,
               const PortConfig& port);

    Device* device() override { return this; }
    LinkInitiator* downstream() override { return &link_; }
    void settle(Femtoseconds now) override;
    [[nodiscard]] std::string state_text() const override;

    [[nodiscard]] const DeviceCaps& caps() const override { return core_->caps(); }
    [[nodiscard]] bool idle() const override { return !busy_; }
    [[nodiscard]] Femtoseconds estimate(const TileProgram& program, bool continues) const override;
    [[nodiscard]] Preparation preparation(const TileProgram& program, Bytes weight_bytes) const override;
    void prepare(OpId op, Femtoseconds time) override;
    void start(Launch launch) override;
    void on_complete(Completion completion) override { completion_ = std::move(completion); }

  protected:
    /// Sends one request towards memory; storage overrides it for reads of its own medium.
    virtual void issue(const Burst& burst) { link_.send(burst); }
    /// Every issued burst ends here.
    void burst_done(const Burst& burst);

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter programs{*this, "programs", "programs run"};
        EventCounter tiles{*this, "tiles", "tiles computed"};
        EventCounter calls{*this, "calls", "programs that needed a call from the host"};
        Counter<Macs> macs{*this, "macs", "multiply-accumulates"};
        Counter<Events> vector_elements{*this, "vector_elements", "elements through the vector unit"};
        Counter<Bytes> bytes_read{*this, "bytes_read", "bytes loaded through the port"};
        Counter<Bytes> bytes_written{*this, "bytes_written", "bytes stored through the port"};
        EventCounter requests{*this, "requests", "memory requests sent"};
        Counter<Femtoseconds> busy_time{*this, "busy_time", "from start of a program or preparation to its completion"};
        Counter<Femtoseconds> compute_time{*this, "compute_time", "compute units busy, summed over lanes"};
        Counter<Femtoseconds> call_time{*this, "call_time", "launch and completion overheads"};
        Counter<Femtoseconds> prepare_time{*this, "prepare_time", "static-graph preparation"};
        Counter<Femtojoules> energy_compute{*this, "energy_compute", "arithmetic and local store"};
        Counter<Femtojoules> energy_port{*this, "energy_port", "bytes through the port"};
        Counter<Femtojoules> energy_active{*this, "energy_active", "active power of device and lanes"};
        Counter<Femtojoules> energy_idle{*this, "energy_idle", "idle power"};
    };
    struct Lane {
        Femtoseconds load_track_end;
        TileTime computed;  // sum over the tiles of the program
        std::vector<std::byte> local;
        std::size_t next_queue = 0;
        bool finished = false;
    };
    struct InFlight {
        std::uint32_t tile = 0;
        bool store = false;
        std::uint32_t transfer = 0;
        std::uint32_t next_free = 0;
    };
    struct TileProgress {
        std::uint32_t bursts_open = 0;
        bool all_issued = false;
        Femtoseconds started;
    };
    enum class Event : std::uint8_t { first_load, compute_end, queue_ready, completion, prepared };
    struct Due {
        Event event = Event::compute_end;
        std::uint32_t tile = 0;
    };

    void handle(const Due& due);
    void advance();
    void start_compute(std::uint32_t tile);
    void finish_compute(std::uint32_t tile);
    void transfers_done(std::uint32_t tile, bool store);
    void finish_program();
    void complete_program();
    void pump();
    bool pump_lane(std::uint32_t lane);
    bool pump_queue(std::uint32_t lane, std::size_t queue);
    [[nodiscard]] Burst next_burst(const TransferQueues::Cursor& cursor) const;
    std::uint32_t open_slot(const TransferQueues::Cursor& cursor);
    void close_lane(std::uint32_t lane);
    void record_slice(std::uint32_t track, Femtoseconds begin, Femtoseconds end);

    std::unique_ptr<ComputeCore> core_;
    PortConfig port_;
    ComponentContext context_;
    Counters counters_;
    LinkInitiator link_;
    TimedQueue<Due> due_;
    TileSequencer sequencer_;
    TransferQueues transfers_;
    Completion completion_;

    bool busy_ = false;
    Launch launch_;
    OpId preparing_;
    Femtoseconds started_;
    Femtoseconds settled_;
    ProgramUsage usage_;
    Femtoseconds transfer_started_;
    std::vector<Lane> lanes_;
    std::vector<TileProgress> progress_[2];  // loads, stores
    std::vector<Femtoseconds> compute_started_;
    std::vector<InFlight> in_flight_;
    std::uint32_t free_slot_ = kNone;
    std::uint32_t next_lane_ = 0;
    std::vector<TileSequencer::Step> steps_;

    std::uint32_t op_track_ = 0;
    std::vector<std::uint32_t> load_tracks_;
    std::vector<std::uint32_t> compute_tracks_;
    std::uint32_t op_name_ = 0;
};

}  // namespace handset
