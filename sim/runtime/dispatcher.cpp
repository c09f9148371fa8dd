// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/dispatcher.h"

#include <algorithm>
#include <utility>

#include "hw_models/common/address_map.h"
#include "sim/base/errors.h"
#include "sim/engine/process_guard.h"

namespace handset {

Dispatcher::Dispatcher(const sc_core::sc_module_name& name, std::vector<Device*> devices, SchedulerPolicy& policy,
                       KernelLookup kernels, TensorArena& arena, HostCost host, CounterRegistry& counters)
    : sc_module(name),
      devices_(std::move(devices)),
      policy_(policy),
      programs_(std::move(kernels), devices_),
      prepared_(devices_),
      arena_(arena),
      host_(host),
      counters_(this->name()),
      device_states_(devices_.size()),
      decision_due_("decision_due", [this](int) { apply(); }) {
    counters.add(counters_);
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        devices_[i]->on_complete([this, i](OpId op, const ProgramUsage& usage) { complete(DeviceId{i}, op, usage); });
    }
    SC_METHOD(process);
    sensitive << decide_event_;
    dont_initialize();
}

void Dispatcher::run(const OpGraph& graph, const std::string& phase, std::uint32_t step, std::function<void()> done) {
    ensure(graph_ == nullptr, "a graph is already running");
    ensure(graph.op_count() > 0, "an empty graph");
    graph_ = &graph;
    phase_ = phase;
    step_ = step;
    done_ = std::move(done);
    completed_ = 0;
    ready_.clear();
    ops_.assign(graph.op_count(), {});
    gates_.clear();
    for (DeviceState& state : device_states_) {
        state.last.reset();
    }
    addresses_.assign(graph.tensor_count(), std::nullopt);
    uses_left_.assign(graph.tensor_count(), 0);
    check_resident();

    for (const OpId id : graph.topological_order()) {
        count_predecessors(graph.op(id));
    }
    const GraphView view = plan(graph);
    if (graph_started_) {
        graph_started_(view);
    }
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        if (ops_[i].waiting_for == 0) {
            hold_or_release(OpId{i});
        }
    }
}

/// Shows the whole graph to the policy.
GraphView Dispatcher::plan(const OpGraph& graph) {
    GraphView view{{}, {}, device_views()};
    for (const OpId id : graph.topological_order()) {
        const OpNode& op = graph.op(id);
        view.ops.push_back(view_of(graph, op));
        view.successors.push_back(graph.successors(id));
        const auto& cost = view.ops.back().cost;
        if (std::none_of(cost.begin(), cost.end(), [](const auto& c) { return c.has_value(); })) {
            throw ConfigError("no device of this phone can run '" + op.name + "' (" + signature(op) + ")");
        }
    }
    policy_.begin(view);
    return view;
}

void Dispatcher::count_predecessors(const OpNode& op) {
    const std::vector<OpId> before = graph_->predecessors(op.id);
    ops_[op.id.value()].waiting_for = before.size();
    gates_.resize(std::max<std::size_t>(gates_.size(), op.subgraph + 1));
    for (const OpId p : before) {
        gates_[op.subgraph].waiting_for += enters(p, op.id) ? 1 : 0;
    }
    for (const auto* uses : {&op.inputs, &op.outputs}) {
        for (const TensorUse& use : *uses) {
            ++uses_left_[use.tensor.value()];
        }
    }
}

/// Whether the edge leads into a sub-graph.
bool Dispatcher::enters(OpId before, OpId op) const {
    const std::uint32_t subgraph = graph_->op(op).subgraph;
    return subgraph != 0 && graph_->op(before).subgraph != subgraph;
}

/// Weights must have been loaded by an earlier graph or be loaded by this one.
void Dispatcher::check_resident() const {
    std::set<std::uint32_t> written;
    for (const OpId id : graph_->topological_order()) {
        const OpNode& op = graph_->op(id);
        for (const TensorUse& use : op.inputs) {
            const Tensor& tensor = graph_->tensor(use.tensor);
            const bool mapped = pager_ != nullptr && pager_->address_of(tensor.name).has_value();
            const bool in_dram = !tensor.flash_address.has_value() && !mapped;
            ensure(tensor.tag != MemoryTag::weights || !in_dram || written.count(use.tensor.value()) > 0 ||
                       resident_.count(tensor.name) > 0,
                   "'" + op.name + "' reads '" + tensor.name + "', which was never loaded");
        }
        for (const TensorUse& use : op.outputs) {
            written.insert(use.tensor.value());
        }
    }
}

void Dispatcher::predecessor_done(OpId before, OpId op) {
    const bool last = --ops_[op.value()].waiting_for == 0;
    if (enters(before, op)) {
        Gate& gate = gates_[graph_->op(op).subgraph];
        if (--gate.waiting_for == 0) {
            for (const OpId held : std::exchange(gate.held, {})) {
                make_ready(held);
            }
        }
    }
    if (last) {
        hold_or_release(op);
    }
}

void Dispatcher::hold_or_release(OpId op) {
    Gate& gate = gates_[graph_->op(op).subgraph];
    if (gate.waiting_for > 0) {
        gate.held.push_back(op);
    } else {
        make_ready(op);
    }
}

void Dispatcher::make_ready(OpId op) {
    ops_[op.value()].ready_at = simulated_now();
    ready_.insert(op);
    decide_event_.notify(sc_core::SC_ZERO_TIME);
}

void Dispatcher::process() {
    guarded([this] { decide(); });
}

void Dispatcher::decide() {
    if (ready_.empty()) {
        return;
    }
    if (deciding_) {
        decide_again_ = true;
        return;
    }
    SchedulerView view{simulated_now(), {}, device_views()};
    for (const OpId id : ready_) {
        view.ready.push_back(view_of(*graph_, graph_->op(id)));
    }
    Decision decision = policy_.decide(view);
    ++counters_.decisions;
    counters_.evaluations += decision.evaluations;
    const Femtoseconds time = decision.evaluations * host_.time_per_evaluation;
    counters_.decision_time += time;
    counters_.energy_decision += energy(host_.power, time);
    deciding_ = true;
    decided_ = std::move(decision.dispatches);
    decision_due_.schedule(simulated_now() + time, 0);
}

void Dispatcher::apply() {
    deciding_ = false;
    for (const Dispatch& dispatch : decided_) {
        ensure(ready_.erase(dispatch.op) == 1, "the policy dispatched an op that is not ready");
        ensure(available(dispatch.device), "the policy dispatched to a busy device");
        start(dispatch.op, dispatch.device);
    }
    decided_.clear();
    if (decide_again_) {
        decide_again_ = false;
        decide_event_.notify(sc_core::SC_ZERO_TIME);
    }
}

void Dispatcher::start(OpId op, DeviceId device) {
    const OpNode& node = graph_->op(op);
    const LoweredOp& lowered = programs_.lower(node)[device.value()];
    ensure(lowered.program != nullptr, "the policy placed '" + node.name + "' where it cannot run");
    const Femtoseconds now = simulated_now();
    ops_[op.value()].device = device;
    device_states_[device.value()].running = op;
    device_states_[device.value()].expected_free =
        now + (continues(op, device) ? lowered.estimate_continued : lowered.estimate_called);
    ops_[op.value()].record = records_.size();
    records_.push_back({.name = node.name,
                        .kernel = node.kernel,
                        .device = devices_[device.value()]->caps().name,
                        .layer = node.layer,
                        .phase = phase_,
                        .step = step_,
                        .ready = ops_[op.value()].ready_at,
                        .start = now,
                        .end = now,
                        .bytes_read = lowered.program->bytes_loaded(),
                        .bytes_written = lowered.program->bytes_stored(),
                        .macs = lowered.program->macs(),
                        .energy = {},
                        .call_time = {},
                        .matrix_time = {},
                        .vector_time = {},
                        .transfer_time = {},
                        .mapping = lowered.program->mapping});
    const Femtoseconds preparation = build_graph(*graph_, node, device);
    if (preparation == Femtoseconds{}) {
        page_in(op, device);
        return;
    }
    device_states_[device.value()].preparing = true;
    devices_[device.value()]->prepare(op, preparation);
}

void Dispatcher::bind(const TensorUse& use, Femtoseconds now) {
    std::optional<Address>& address = addresses_[use.tensor.value()];
    if (address.has_value()) {
        return;
    }
    const Tensor& tensor = graph_->tensor(use.tensor);
    if (tensor.flash_address.has_value()) {
        address = kFlashBase + *tensor.flash_address;
        return;
    }
    if (pager_ != nullptr && (address = pager_->address_of(tensor.name)).has_value()) {
        return;
    }
    const auto resident = resident_.find(tensor.name);
    if (tensor.persistent && resident != resident_.end()) {
        address = resident->second;
        return;
    }
    address = arena_.allocate(tensor.name, tensor.bytes(), tensor.tag, now);
    if (tensor.persistent) {
        resident_.emplace(tensor.name, *address);
    }
}

void Dispatcher::page_in(OpId op, DeviceId device) {
    if (pager_ == nullptr) {
        start_program(op, device);
        return;
    }
    pager_->page_in(*graph_, started(op), [this, op, device](const std::optional<OpRecord>& paging) {
        if (paging.has_value()) {
            records_[ops_[op.value()].record].start = paging->end;
            OpRecord& record = records_.emplace_back(*paging);
            record.phase = phase_;
            record.step = step_;
            record.ready = ops_[op.value()].ready_at;
            if (op_finished_) {
                op_finished_(record);
            }
        }
        start_program(op, device);
    });
}

void Dispatcher::start_program(OpId op, DeviceId device) {
    const OpNode& node = started(op);
    const LoweredOp& lowered = programs_.lower(node)[device.value()];
    Launch launch{
        &node, lowered.kernel, lowered.program, {}, continues(op, device), resumes(op, device), page_table(device), {}};
    for (const auto* uses : {&node.inputs, &node.outputs}) {
        for (const TensorUse& use : *uses) {
            const Bytes reach = arena_.reach();
            bind(use, simulated_now());
            launch.operand_base.push_back(*addresses_[use.tensor.value()] + use.offset.count());
            // Engines clear what persists (weights, caches) when they start; only results are written into new memory.
            const bool written = uses == &node.outputs && !graph_->tensor(use.tensor).persistent;
            launch.first_touched += written ? arena_.reach() - reach : Bytes{};
        }
    }
    if (lowered.program->scratch > Bytes{}) {
        const Bytes reach = arena_.reach();
        const Address scratch =
            arena_.allocate("scratch of " + node.name, lowered.program->scratch, MemoryTag::scratch, simulated_now());
        ops_[op.value()].scratch = scratch;
        launch.operand_base.push_back(scratch);
        launch.first_touched += arena_.reach() - reach;
    }
    if (filter_) {
        TileProgram changed = *lowered.program;
        filter_(changed);
        launch.program = std::make_shared<const TileProgram>(std::move(changed));
    }
    ++counters_.dispatched;
    devices_[device.value()]->start(std::move(launch));
}

void Dispatcher::complete(DeviceId device, OpId op, const ProgramUsage& usage) {
    if (reads_pages(device)) {
        pager_->read_done(usage.energy);
        return;
    }
    DeviceState& on = device_states_[device.value()];
    if (!op.valid()) {
        preparation_done();
        return;
    }
    if (on.preparing) {
        on.preparing = false;
        page_in(op, device);
        return;
    }
    ensure(on.running == op, "a device completed an op it did not run");
    on.running.reset();
    on.last = op;
    OpRecord& record = records_[ops_[op.value()].record];
    record.end = simulated_now();
    record.energy = usage.energy;
    record.call_time = usage.call;
    record.matrix_time = usage.matrix;
    record.vector_time = usage.vector;
    record.transfer_time = usage.transfer;
    if (op_finished_) {
        op_finished_(record);
    }
    release_after(graph_->op(op));
    if (const auto& scratch = ops_[op.value()].scratch; scratch.has_value()) {
        arena_.release(*scratch, simulated_now());
    }
    if (pager_ != nullptr) {
        pager_->release(op);
    }
    ++completed_;
    for (const OpId successor : graph_->successors(op)) {
        predecessor_done(op, successor);
    }
    if (completed_ == ops_.size()) {
        finish_graph();
    } else {
        decide_event_.notify(sc_core::SC_ZERO_TIME);
    }
}

void Dispatcher::release_after(const OpNode& op) {
    for (const auto* uses : {&op.inputs, &op.outputs}) {
        for (const TensorUse& use : *uses) {
            std::uint32_t& left = uses_left_[use.tensor.value()];
            --left;
            const bool read_by_host = uses == &op.outputs;  // written last, read by no op: a result of the graph
            if (left == 0 && !read_by_host) {
                release_tensor(use.tensor);
            }
        }
    }
}

void Dispatcher::release_tensor(TensorId tensor) {
    const Tensor& t = graph_->tensor(tensor);
    if (!t.persistent && !t.flash_address.has_value()) {
        arena_.release(*addresses_[tensor.value()], simulated_now());
        addresses_[tensor.value()].reset();
    }
}

/// The observer reads results while they still have their addresses.
void Dispatcher::finish_graph() {
    const OpGraph* graph = graph_;
    if (graph_finished_) {
        graph_finished_(*graph);
    }
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
        if (addresses_[i].has_value()) {
            release_tensor(TensorId{i});
        }
    }
    graph_ = nullptr;
    const std::function<void()> done = std::move(done_);
    done();
}

}  // namespace handset
