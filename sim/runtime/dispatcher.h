// SPDX-License-Identifier: Apache-2.0
// Runs op graphs on devices: asks the policy what to start, charges the host for asking, binds operands to memory,
// prepares static graphs, pages mapped weights in, releases tensors after their last use. One graph at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <systemc>

#include "hw_models/common/device.h"
#include "sim/engine/timed_queue.h"
#include "sim/ir/op_graph.h"
#include "sim/runtime/dispatcher_state.h"
#include "sim/runtime/gather_source.h"
#include "sim/runtime/pager.h"
#include "sim/runtime/prepared_graphs.h"
#include "sim/runtime/program_cache.h"
#include "sim/runtime/tensor_arena.h"
#include "sim/sched/policy.h"
#include "sim/stats/counters.h"
#include "sim/stats/op_record.h"

namespace handset {

class Dispatcher final : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Dispatcher);
    Dispatcher(const sc_core::sc_module_name& name, std::vector<Device*> devices, SchedulerPolicy& policy,
               KernelLookup kernels, TensorArena& arena, HostCost host, CounterRegistry& counters);

    /// Tensors that the pager maps need no load; it must outlive the dispatcher. Call before the first graph.
    void use_pager(Pager& pager) { pager_ = &pager; }
    void use_gather_source(GatherSource source) { gather_source_ = std::move(source); }
    /// Starts a graph, which must outlive its run; `done` is called at its last completion.
    void run(const OpGraph& graph, const std::string& phase, std::uint32_t step, std::function<void()> done);
    /// Builds the static graphs that the policy may use for `graph` and that are not built yet.
    void prepare(const OpGraph& graph, const std::string& phase, std::function<void()> done);

    /// The same before the simulation starts, in no time.
    void make_prepared(const OpGraph& graph, const std::string& phase) { (void)build_graphs(graph, phase); }

    /// Places a persistent tensor as if an earlier graph had loaded it; its bytes are the caller's business. Returns
    /// where it lies. Throws OutOfMemory.
    Address make_resident(const Tensor& tensor);
    /// Forgets what outlives graphs: persistent tensors and static graphs. Call while no graph runs.
    void forget();

    /// Called with what the policy is shown of a graph, before the graph's first op.
    void on_graph_started(std::function<void(const GraphView&)> observer) { graph_started_ = std::move(observer); }
    /// Called at a graph's last completion, while its results still lie where address_of() says.
    void on_graph_finished(std::function<void(const OpGraph&)> observer) { graph_finished_ = std::move(observer); }
    void on_op_finished(std::function<void(const OpRecord&)> observer) { op_finished_ = std::move(observer); }
    [[nodiscard]] Address address_of(TensorId tensor) const;
    [[nodiscard]] const std::vector<OpRecord>& records() const { return records_; }
    /// Ready ops and what runs where, for the watchdog.
    [[nodiscard]] std::string state_text() const;

    /// Test hook: changes programs before they start, to show that wrong programs give wrong numbers.
    void set_program_filter(std::function<void(TileProgram&)> filter) { filter_ = std::move(filter); }

  private:
    void process();
    void decide();
    void apply();
    void start(OpId op, DeviceId device);
    void page_in(OpId op, DeviceId device);
    void start_program(OpId op, DeviceId device);
    void complete(DeviceId device, OpId op, const ProgramUsage& usage);
    GraphView plan(const OpGraph& graph);
    void count_predecessors(const OpNode& op);
    void predecessor_done(OpId before, OpId op);
    [[nodiscard]] bool enters(OpId before, OpId op) const;
    void hold_or_release(OpId op);
    void make_ready(OpId op);
    void bind(const TensorUse& use, Femtoseconds now);
    void check_resident() const;
    void release_after(const OpNode& op);
    void release_tensor(TensorId tensor);
    void finish_graph();
    void preparation_done();
    const OpNode& started(OpId op);
    [[nodiscard]] const PageTable* page_table(DeviceId device) const;
    [[nodiscard]] bool reads_pages(DeviceId device) const;
    [[nodiscard]] bool available(DeviceId device) const;
    [[nodiscard]] bool continues(OpId op, DeviceId device) const;
    [[nodiscard]] bool follows_in_subgraph(OpId op, DeviceId device) const;
    [[nodiscard]] bool resumes(OpId op, DeviceId device) const;
    [[nodiscard]] bool same_session(OpId a, OpId b, DeviceId device) const;
    [[nodiscard]] OpView view_of(const OpGraph& graph, const OpNode& op);
    [[nodiscard]] std::vector<DeviceView> device_views() const;
    Femtoseconds build_graph(const OpGraph& graph, const OpNode& op, DeviceId device);
    std::vector<Femtoseconds> build_graphs(const OpGraph& graph, const std::string& phase);

    std::vector<Device*> devices_;
    SchedulerPolicy& policy_;
    ProgramCache programs_;
    PreparedGraphs prepared_;
    TensorArena& arena_;
    HostCost host_;
    Pager* pager_ = nullptr;
    DispatcherCounters counters_;
    std::function<void(TileProgram&)> filter_;
    std::function<void(const GraphView&)> graph_started_;
    GatherSource gather_source_;
    std::function<void(const OpGraph&)> graph_finished_;
    std::function<void(const OpRecord&)> op_finished_;

    const OpGraph* graph_ = nullptr;
    std::string phase_;
    std::uint32_t step_ = 0;
    std::function<void()> done_;
    std::vector<OpState> ops_;
    std::vector<Gate> gates_;  // by sub-graph; the first is that of ops on their own: open
    std::vector<DeviceState> device_states_;
    std::set<OpId> ready_;
    std::size_t completed_ = 0;
    std::size_t preparations_open_ = 0;
    bool deciding_ = false;
    bool decide_again_ = false;
    std::vector<Dispatch> decided_;

    std::vector<std::optional<Address>> addresses_;  // by tensor of the graph
    std::vector<std::uint32_t> uses_left_;
    std::map<std::string, Address, std::less<>> resident_;  // persistent tensors
    std::vector<Address> graph_memory_;                     // of static graphs
    std::vector<OpRecord> records_;
    sc_core::sc_event decide_event_{"decide_event"};
    TimedQueue<int> decision_due_;
};

}  // namespace handset
