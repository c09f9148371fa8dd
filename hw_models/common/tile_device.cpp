// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/tile_device.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "hw_models/common/address_map.h"
#include "sim/base/errors.h"

namespace handset {

namespace {

/// Bytes in flight of each lane.
std::vector<Bytes> lane_limits(const ComputeCore& core, const PortConfig& port) {
    std::vector<Bytes> limits;
    for (std::uint32_t i = 0; i < core.caps().worker_count(); ++i) {
        const Bytes own = core.lane_outstanding(i);
        limits.push_back(own == Bytes{} ? port.lane_outstanding : own);
    }
    return limits;
}

}  // namespace

TileDevice::TileDevice(const sc_core::sc_module_name& name, const ComponentContext& context,
                       std::unique_ptr<ComputeCore> core, const PortConfig& port)
    : Component(name),
      core_(std::move(core)),
      port_(port),
      context_(context),
      counters_(this->name()),
      link_("memory"),
      due_("due", [this](const Due& due) { handle(due); }),
      transfers_(port_, lane_limits(*core_, port)) {
    context_.counters.add(counters_);
    link_.on_response([this](const Burst& burst) { burst_done(burst); });
    const std::size_t lanes = core_->caps().worker_count();
    ensure(lanes <= 256, core_->caps().name + ": a burst tells 256 lanes apart");
    lanes_.resize(lanes);
    if (context_.timeline != nullptr) {
        const std::string process = this->name();
        op_track_ = context_.timeline->add_track(process, "ops");
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::string suffix = lanes > 1 ? " " + std::to_string(i) : "";
            load_tracks_.push_back(context_.timeline->add_track(process, "loads" + suffix));
            compute_tracks_.push_back(context_.timeline->add_track(process, "compute" + suffix));
        }
    }
}

Femtoseconds TileDevice::estimate(const TileProgram& program, bool continues) const {
    std::vector<Femtoseconds> workers(lanes_.size());
    std::vector<std::uint32_t> worker_of(caps().lane_speed.size(), kNone);
    for (const Tile& tile : program.tiles) {
        std::uint32_t& worker = worker_of.at(tile.lane);
        if (worker == kNone) {  // lanes beyond the workers are chunks: the least loaded takes the next
            const auto least = std::min_element(workers.begin(), workers.end());
            worker =
                worker_of.size() == workers.size() ? tile.lane : static_cast<std::uint32_t>(least - workers.begin());
        }
        workers[worker] += core_->tile_time(tile.work, worker).total;
    }
    const Femtoseconds compute = *std::max_element(workers.begin(), workers.end());
    const Femtoseconds memory = duration(program.bytes_loaded() + program.bytes_stored(), port_.expected_rate);
    return core_->launch_time(program, continues) + std::max(compute, memory) + core_->completion_time(program);
}

Preparation TileDevice::preparation(const TileProgram& program, Bytes weight_bytes) const {
    return core_->preparation(program, weight_bytes);
}

void TileDevice::prepare(OpId op, Femtoseconds time) {
    ensure(idle(), std::string(name()) + ": prepare on a busy device");
    busy_ = true;
    preparing_ = op;
    started_ = simulated_now();
    counters_.prepare_time += time;
    due_.schedule(started_ + time, {Event::prepared, 0});
}

void TileDevice::start(Launch launch) {
    ensure(idle(), std::string(name()) + ": start on a busy device");
    const TileProgram& program = *launch.program;
    validate(program, launch.operand_base.size() - (program.scratch > Bytes{} ? 1 : 0), caps().lane_speed.size());
    ensure(program.local_bytes <= caps().local_bytes + caps().accumulator_bytes,
           std::string(name()) + ": program exceeds the local store");
    busy_ = true;
    started_ = simulated_now();
    usage_ = {};
    launch_ = std::move(launch);
    sequencer_.begin(program, caps().lane_speed.size(), lanes_.size());
    transfers_.begin(program);
    for (auto& progress : progress_) {
        progress.assign(program.tiles.size(), {});
    }
    compute_started_.assign(program.tiles.size(), {});
    for (Lane& lane : lanes_) {
        lane.finished = false;
        lane.load_track_end = {};
        lane.computed = {};
        if (context_.data && lane.local.size() < program.local_bytes.count()) {
            lane.local.resize(program.local_bytes.count());
        }
    }
    ++counters_.programs;
    const bool resumes = launch_.resumes && !launch_.continues;
    const Femtoseconds overhead =
        (resumes ? core_->resume_time(program) : core_->launch_time(program, launch_.continues)) +
        core_->touch_time(program, launch_.first_touched);
    counters_.call_time += overhead;
    usage_.call += overhead;
    if (!launch_.continues && !resumes) {
        ++counters_.calls;
    }
    if (context_.timeline != nullptr) {
        op_name_ = context_.timeline->add_name(launch_.op->name);
    }
    due_.schedule(started_ + overhead, {Event::first_load, 0});
}

void TileDevice::handle(const Due& due) {
    switch (due.event) {
        case Event::first_load:
            advance();
            for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
                close_lane(lane);  // lanes without work sleep
            }
            break;
        case Event::compute_end:
            finish_compute(due.tile);
            break;
        case Event::queue_ready:
            pump();
            break;
        case Event::completion:
            complete_program();
            break;
        case Event::prepared:
            busy_ = false;
            counters_.busy_time += simulated_now() - started_;
            completion_(preparing_, {});
            break;
    }
}

void TileDevice::advance() {
    steps_.clear();
    sequencer_.collect(steps_);
    const std::vector<TileSequencer::Step> steps = steps_;
    for (const TileSequencer::Step& step : steps) {
        if (step.action == TileSequencer::Action::compute) {
            start_compute(step.tile);
            continue;
        }
        const bool store = step.action == TileSequencer::Action::store;
        progress_[store ? 1 : 0][step.tile].started = simulated_now();
        transfers_.add(step.tile, store, sequencer_.worker_of(step.tile));
    }
    pump();
    if (sequencer_.finished()) {
        finish_program();
    }
}

void TileDevice::start_compute(std::uint32_t tile) {
    const Tile& t = launch_.program->tiles[tile];
    const std::uint32_t worker = sequencer_.worker_of(tile);
    const TileTime time = core_->tile_time(t.work, worker);
    TileTime& lane = lanes_[worker].computed;
    lane.matrix += time.matrix;
    lane.vector += time.vector;
    lane.overhead += time.overhead;
    lane.total += time.total;
    compute_started_[tile] = simulated_now();
    counters_.compute_time += time.total;
    due_.schedule(simulated_now() + time.total, {Event::compute_end, tile});
}

void TileDevice::finish_compute(std::uint32_t tile) {
    const Tile& t = launch_.program->tiles[tile];
    const std::uint32_t worker = sequencer_.worker_of(tile);
    if (context_.data) {
        launch_.kernel->compute(*launch_.op, t, lanes_[worker].local);
    }
    ++counters_.tiles;
    counters_.macs += t.work.macs();
    counters_.vector_elements += Events{t.work.vector_elements()};
    const Femtojoules energy = core_->tile_energy(t.work, worker);
    counters_.energy_compute += energy;
    usage_.energy += energy;
    if (context_.timeline != nullptr) {
        record_slice(compute_tracks_[worker], compute_started_[tile], simulated_now());
    }
    sequencer_.compute_done(tile);
    close_lane(worker);
    advance();
}

void TileDevice::transfers_done(std::uint32_t tile, bool store) {
    const std::uint32_t lane = sequencer_.worker_of(tile);
    if (store) {
        sequencer_.stores_done(tile);
        close_lane(lane);
    } else {
        if (context_.timeline != nullptr) {
            const Femtoseconds begin = std::max(progress_[0][tile].started, lanes_[lane].load_track_end);
            lanes_[lane].load_track_end = simulated_now();
            record_slice(load_tracks_[lane], begin, simulated_now());
        }
        sequencer_.loads_done(tile);
    }
}

/// A lane draws its power until its last tile is complete.
void TileDevice::close_lane(std::uint32_t lane) {
    if (lanes_[lane].finished || !sequencer_.worker_finished(lane)) {
        return;
    }
    lanes_[lane].finished = true;
    const Femtojoules drawn = energy(core_->lane_power(lane), simulated_now() - started_);
    counters_.energy_active += drawn;
    usage_.energy += drawn;
}

void TileDevice::finish_program() {
    const Femtoseconds overhead = core_->completion_time(*launch_.program);
    counters_.call_time += overhead;
    usage_.call += overhead;
    due_.schedule(simulated_now() + overhead, {Event::completion, 0});
}

void TileDevice::complete_program() {
    const Femtoseconds time = simulated_now() - started_;
    counters_.busy_time += time;
    const Femtojoules active = energy(port_.active_power, time);
    const Femtojoules port =
        (launch_.program->bytes_loaded() + launch_.program->bytes_stored()).count() * port_.energy_per_byte;
    counters_.energy_active += active;
    counters_.energy_port += port;
    if (context_.timeline != nullptr) {
        record_slice(op_track_, started_, simulated_now());
    }
    busy_ = false;
    usage_.energy += active + port;
    const auto longest = std::max_element(
        lanes_.begin(), lanes_.end(), [](const Lane& a, const Lane& b) { return a.computed.total < b.computed.total; });
    usage_.call += longest->computed.overhead;
    usage_.matrix = longest->computed.matrix;
    usage_.vector = longest->computed.vector;
    completion_(launch_.op->id, usage_);
}

void TileDevice::record_slice(std::uint32_t track, Femtoseconds begin, Femtoseconds end) {
    context_.timeline->add_slice(track, op_name_, begin, end);
}

Burst TileDevice::next_burst(const TransferQueues::Cursor& cursor) const {
    const Transfer& transfer = launch_.program->transfers[cursor.transfer];
    std::uint64_t offset = transfer.offset + cursor.row * transfer.row_stride + cursor.done;
    if (transfer.gather != kNone) {
        offset += launch_.op->gather.at(transfer.gather) * transfer.row_stride;
    }
    const std::uint64_t local = transfer.local + cursor.row * transfer.row_bytes + cursor.done;
    Burst burst;
    burst.address = launch_.operand_base[transfer.operand] + offset;
    std::uint64_t left = transfers_.left_in_row(cursor);
    const std::uint64_t largest = transfers_.burst(cursor).count();
    if (launch_.pages != nullptr && burst.address >= kFlashBase) {
        const PageTable::Run run = launch_.pages->lookup(burst.address, std::min(left, largest));
        burst.address = run.address;
        left = std::min(left, run.bytes);
    }
    burst.size = static_cast<std::uint32_t>(std::min(largest - burst.address % largest, left));
    burst.write = cursor.store;
    burst.priority = static_cast<std::uint8_t>(port_.priority);
    burst.stream = static_cast<std::uint8_t>(operand_tag(*launch_.op, transfer.operand));
    burst.initiator = context_.initiator;
    burst.lane = static_cast<std::uint8_t>(cursor.lane);
    if (context_.data) {
        burst.data = const_cast<std::byte*>(lanes_[cursor.lane].local.data()) + local;  // NOLINT
    }
    return burst;
}

void TileDevice::pump() {
    std::uint32_t idle_lanes = 0;
    while (idle_lanes < lanes_.size()) {
        idle_lanes = pump_lane(next_lane_) ? 0 : idle_lanes + 1;
        next_lane_ = next_lane_ + 1 == lanes_.size() ? 0 : next_lane_ + 1;
    }
}

/// Sends one request of the lane's next queue in turn that may.
bool TileDevice::pump_lane(std::uint32_t lane) {
    if (transfers_.rests(lane)) {
        return false;
    }
    const std::size_t queues = transfers_.queues_per_lane();
    for (std::size_t i = 0; i < queues; ++i) {
        const std::size_t queue = (lanes_[lane].next_queue + i) % queues;
        if (pump_queue(lane, queue)) {
            lanes_[lane].next_queue = (queue + 1) % queues;
            return true;
        }
    }
    transfers_.settle(lane);
    return false;
}

bool TileDevice::pump_queue(std::uint32_t lane, std::size_t queue) {
    std::optional<Femtoseconds> wake;
    const TransferQueues::Cursor* cursor = transfers_.ready(lane, queue, simulated_now(), wake);
    if (wake.has_value()) {
        due_.schedule(*wake, {Event::queue_ready, 0});
    }
    if (cursor == nullptr) {
        return false;
    }
    Burst burst = next_burst(*cursor);
    const std::uint32_t unused = port_.unused(burst.address, burst.size);
    if (!transfers_.fits(*cursor, burst.size + unused)) {
        return false;
    }
    if (transfers_.bytes_in_flight() == 0) {
        transfer_started_ = simulated_now();
    }
    burst.token = open_slot(*cursor);
    TileProgress& progress = progress_[cursor->store ? 1 : 0][cursor->tile];
    ++progress.bursts_open;
    progress.all_issued = transfers_.sent(lane, queue, burst.size, simulated_now(), unused);
    ++counters_.requests;
    (burst.write ? counters_.bytes_written : counters_.bytes_read) += Bytes{burst.size};
    issue(burst);
    return true;
}

std::uint32_t TileDevice::open_slot(const TransferQueues::Cursor& cursor) {
    const InFlight opened{cursor.tile, cursor.store, cursor.transfer, kNone};
    if (free_slot_ == kNone) {
        in_flight_.push_back(opened);
        return static_cast<std::uint32_t>(in_flight_.size() - 1);
    }
    const std::uint32_t slot = free_slot_;
    free_slot_ = in_flight_[slot].next_free;
    in_flight_[slot] = opened;
    return slot;
}

void TileDevice::burst_done(const Burst& burst) {
    InFlight& slot = in_flight_[burst.token];
    const std::uint32_t tile = slot.tile;
    const bool store = slot.store;
    slot.next_free = free_slot_;
    free_slot_ = burst.token;
    transfers_.arrived(sequencer_.worker_of(tile), slot.transfer, burst.size + port_.unused(burst.address, burst.size));
    if (transfers_.bytes_in_flight() == 0) {
        usage_.transfer += simulated_now() - transfer_started_;
    }
    TileProgress& progress = progress_[store ? 1 : 0][tile];
    --progress.bursts_open;
    if (progress.bursts_open == 0 && progress.all_issued) {
        transfers_done(tile, store);
        advance();
    } else {
        pump();
    }
}

void TileDevice::settle(Femtoseconds now) {
    counters_.energy_idle += energy(port_.idle_power, now - settled_);
    settled_ = now;
}

std::string TileDevice::state_text() const {
    std::string text = std::string(name()) + ": ";
    if (!busy_) {
        return text + "idle";
    }
    text += "busy";
    if (launch_.op != nullptr) {
        text += " with '" + launch_.op->name + "'";
    }
    return text + ", " + std::to_string(transfers_.bytes_in_flight()) + " B in flight";
}

}  // namespace handset
