// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_bench.h"

#include <algorithm>
#include <array>
#include <optional>

#include "hw_models/cache/cache_config.h"
#include "hw_models/cpu/cpu_config.h"
#include "hw_models/dram/dram_config.h"
#include "hw_models/gpu/gpu_config.h"
#include "hw_models/noc/noc_config.h"
#include "hw_models/npu/npu_config.h"
#include "sim/app/op_check.h"
#include "sim/app/summary.h"
#include "sim/base/text.h"
#include "sim/engine/run_control.h"
#include "sim/results/compare.h"
#include "sim/runtime/dispatcher.h"
#include "sim/sched/affinity.h"
#include "sim/soc/soc.h"
#include "workloads/kernels/catalogue.h"

namespace handset {

namespace {

constexpr const char* kPhase = "op";
constexpr const char* kLeadIn = "lead-in";
/// Between runs: write-backs under way arrive.
constexpr Femtoseconds kPause = 10_us;

Hertz clock_of(const SocConfig& config, const std::string& device) {
    const auto& slot = config.components.at(device).config;
    if (const auto* npu = slot.get_if<NpuConfig>(); npu != nullptr) {
        return npu->clock;
    }
    if (const auto* gpu = slot.get_if<GpuConfig>(); gpu != nullptr) {
        return gpu->clock;
    }
    Hertz fastest;
    if (const auto* cpu = slot.get_if<CpuConfig>(); cpu != nullptr) {
        for (const CpuClusterConfig& cluster : cpu->clusters) {
            fastest = cluster.use > 0 ? std::max(fastest, cluster.clock) : fastest;
        }
    }
    return fastest;
}

Device& named_device(const Soc& soc, const std::string& name) {
    const auto found = std::find_if(soc.devices().begin(), soc.devices().end(),
                                    [&name](const Device* device) { return device->caps().name == name; });
    ensure(found != soc.devices().end(), "the phone lacks its device " + name);
    return **found;
}

bool is_processor(const ComponentSlot& slot) {
    return slot.config.get_if<NpuConfig>() != nullptr || slot.config.get_if<GpuConfig>() != nullptr ||
           slot.config.get_if<CpuConfig>() != nullptr;
}

bool is_memory(const ComponentSlot& slot) {
    return slot.config.get_if<CacheConfig>() != nullptr || slot.config.get_if<NocConfig>() != nullptr ||
           slot.config.get_if<DramConfig>() != nullptr;
}

void check_device(const SocConfig& config, const std::string& device) {
    std::vector<std::string> known;
    for (const auto& [name, slot] : config.components) {
        if (is_processor(slot)) {
            known.push_back(name);
        }
    }
    if (std::find(known.begin(), known.end(), device) == known.end()) {
        throw ConfigError("--device: " + unknown_name("device", device, known));
    }
}

std::vector<std::string> levels_below(const SocConfig& config, const std::string& device) {
    std::vector<std::string> levels;
    for (std::string at = config.components.at(device).downstream; !at.empty();
         at = config.components.at(at).downstream) {
        const auto& slot = config.components.at(at);
        if (slot.config.get_if<NocConfig>() == nullptr) {
            levels.push_back(at);
        }
    }
    return levels;
}

Femtoseconds ideal_compute(const TileProgram& program, const DeviceCaps& caps) {
    std::array<Macs, kMacFormats> macs{};
    for (const Tile& tile : program.tiles) {
        for (const MatmulWork& work : tile.work.matmuls) {
            macs[static_cast<std::size_t>(work.format)] += work.macs();
        }
    }
    Femtoseconds time;
    for (std::size_t i = 0; i < kMacFormats; ++i) {
        if (macs[i] > Macs{} && caps.macs_per_second[i] > 0) {
            time += Femtoseconds{mul_div_ceil(macs[i].count(), kFemtosecondsPerSecond, caps.macs_per_second[i])};
        }
    }
    return time;
}

/// Adds what grew from `before` to `after`.
void accumulate(Snapshot& sums, const Snapshot& after, const Snapshot& before) {
    Snapshot grown = difference(after, before);
    std::erase_if(grown, [](const CounterValue& row) { return row.kind != CounterKind::sum; });
    if (sums.empty()) {
        sums = std::move(grown);
        return;
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i].value += grown[i].value;
    }
}

void check_lowering(const Kernel& kernel, const std::string& lowering) {
    std::vector<std::string> known{"auto"};
    for (const LoweringInfo& entry : kernel.lowerings()) {
        known.emplace_back(entry.name);
    }
    if (std::find(known.begin(), known.end(), lowering) == known.end()) {
        throw ConfigError(unknown_name("lowering of " + std::string(kernel.name()), lowering, known));
    }
}

}  // namespace

class OpBench::Impl {
  public:
    Impl(const SocConfig& config, OpBenchOptions options)
        : config_(config),
          options_(std::move(options)),
          clock_(clock_of(config, options_.device)),
          levels_(levels_below(config, options_.device)),
          soc_(config, options_.data, nullptr),
          device_(named_device(soc_, options_.device)),
          policy_([](const OpView&) { return std::vector<DeviceKind>{}; }),
          arena_(memory_sizes(config).dram, soc_.counters()),
          // With one device there is nothing to decide, and deciding costs nothing.
          dispatcher_("scheduler", {&device_}, policy_, find_kernel, arena_, HostCost{}, soc_.counters()) {
        dispatcher_.on_op_finished([this](const OpRecord& record) {
            if (record.name == kLeadIn) {
                before_ = soc_.settle(simulated_now());
            }
        });
        dispatcher_.on_graph_finished([this](const OpGraph&) { read_output(); });
    }

    OpMeasurement measure(const std::string& label, const OpCase& op_case) {
        OpMeasurement out;
        out.label = label;
        out.shape = op_case.shape;
        out.format = op_case.format;
        place(op_case);
        OpCase measured = op_case;
        measured.op.name = label;
        if (!options_.lowering.empty()) {
            check_lowering(find_kernel(measured.op.kernel), options_.lowering);
            measured.op.attrs.set("lowering." + std::string(device_kind_name(device_.caps().kind)), options_.lowering);
        }
        describe_program(measured, out);
        const OpGraph called = graph_of(measured, false);
        const OpGraph chained = graph_of(measured, true);
        const OpGraph& graph = options_.chained ? chained : called;
        prepare(called, out);
        prepare_rest(graph);
        if (options_.warm) {
            run(called);
            pause();
        }
        for (std::uint32_t i = 0; i < options_.repeat; ++i) {
            run_measured(graph, out);
        }
        if (options_.data) {
            out.numbers = check_numbers(op_case, inputs_, output_);
        }
        dispatcher_.forget();
        soc_.empty_caches();
        pause();
        return out;
    }

    RunResult result() {
        RunResult result;
        result.counters = counters_;
        result.ops = ops_;
        result.series = soc_.power().series();
        for (const TimeSeries& series : arena_.series()) {
            result.memory.push_back({series.name(), series.samples()});
        }
        Femtoseconds total;
        for (const OpRecord& op : ops_) {
            total += op.end - op.start;
        }
        result.summary = {{std::string(metric::kTotalTime), "s", to_seconds(total)},
                          {std::string(metric::kEnergy), "J", to_joules(total_energy(counters_))}};
        return result;
    }

    [[nodiscard]] Hertz clock() const { return clock_; }
    [[nodiscard]] const std::vector<std::string>& levels() const { return levels_; }

  private:
    /// Operands into DRAM, before anything else looks at their sizes: the first error is that they do not fit.
    void place(const OpCase& op_case) {
        addresses_.clear();
        for (Tensor tensor : op_case.tensors) {
            tensor.persistent = true;
            addresses_.push_back(dispatcher_.make_resident(tensor));
        }
        output_.clear();
        if (options_.data) {
            inputs_ = random_inputs(op_case);
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                soc_.dram().write(addresses_[i], inputs_[i]);
            }
            output_.resize(op_case.tensors.back().bytes().count());
        }
    }

    /// What is known of a run without running. Throws ConfigError with the kernel's reason when it cannot.
    void describe_program(const OpCase& op_case, OpMeasurement& out) const {
        const Kernel& kernel = find_kernel(op_case.op.kernel);
        const TileProgram program = kernel.lower(op_case.op, device_.caps());
        if (!kernel.supports(op_case.op, device_.caps())) {
            throw ConfigError(options_.device + " cannot run " + op_case.op.kernel + " " + op_case.shape + " in " +
                              op_case.format);
        }
        out.tiles = program.tiles.size();
        out.ideal_compute = ideal_compute(program, device_.caps());
        for (const Tensor& tensor : op_case.tensors) {
            out.compulsory += tensor.name == "table" ? op_case.op.outputs[0].bytes() : tensor.bytes();
        }
    }

    /// The op alone, or behind a copy of one row to its output: then it continues a chain on the device.
    static OpGraph graph_of(const OpCase& op_case, bool chained) {
        OpGraph graph;
        OpNode op = op_case.op;
        std::vector<TensorId> ids;
        for (Tensor tensor : op_case.tensors) {
            tensor.persistent = true;
            ids.push_back(graph.add_tensor(std::move(tensor)));
        }
        if (chained) {
            const TensorUse& out = op.outputs.at(0);
            Tensor row;
            row.name = kLeadIn;
            row.shape = {1, out.shape.cols};
            row.format = out.format;
            row.tag = MemoryTag::scratch;
            OpNode lead;
            lead.name = kLeadIn;
            lead.kernel = "copy";
            lead.inputs = {graph.whole(graph.add_tensor(std::move(row)))};
            lead.outputs = {out};
            lead.outputs[0].tensor = ids.back();
            lead.outputs[0].shape.rows = 1;
            graph.add_op(std::move(lead));
        }
        graph.add_op(std::move(op));
        return graph;
    }

    void prepare(const OpGraph& graph, OpMeasurement& out) {
        const Femtoseconds begin = simulated_now();
        const Bytes held = arena_.in_use(MemoryTag::graphs);
        prepare_rest(graph);
        out.preparation = simulated_now() - begin;
        out.graph_memory = arena_.in_use(MemoryTag::graphs) - held;
    }

    void prepare_rest(const OpGraph& graph) {
        wait_for([&](const std::function<void()>& done) { dispatcher_.prepare(graph, kPhase, done); });
    }

    void run(const OpGraph& graph) {
        wait_for([&](const std::function<void()>& done) { dispatcher_.run(graph, kPhase, 0, done); });
    }

    void run_measured(const OpGraph& graph, OpMeasurement& out) {
        if (!options_.warm) {
            soc_.empty_caches();
        }
        pause();
        before_ = soc_.settle(simulated_now());
        run(graph);
        const Snapshot after = soc_.settle(simulated_now());
        const OpRecord& op = dispatcher_.records().back();
        const Femtoseconds time = op.end - op.start;
        if (out.runs == 0) {
            out.first = op;
            out.shortest = time;
        }
        ++out.runs;
        out.time += time;
        out.shortest = std::min(out.shortest, time);
        out.longest = std::max(out.longest, time);
        out.call_time += op.call_time;
        out.matrix_time += op.matrix_time;
        out.vector_time += op.vector_time;
        out.transfer_time += op.transfer_time;
        ops_.push_back(op);
        accumulate(out.counters, after, before_);
        accumulate(counters_, after, before_);
        add_energy(after, out);
    }

    void add_energy(const Snapshot& after, OpMeasurement& out) const {
        for (const CounterValue& row : difference(after, before_)) {
            if (row.unit != Femtojoules::unit() || row.kind != CounterKind::sum) {
                continue;
            }
            const std::string component(component_of(row.path));
            const auto slot = config_.components.find(component);
            out.phone_energy += Femtojoules{row.value};
            if (component == options_.device) {
                out.device_energy += Femtojoules{row.value};
            } else if (slot != config_.components.end() && is_memory(slot->second)) {
                out.memory_energy += Femtojoules{row.value};
            }
        }
    }

    template <class Start>
    void wait_for(Start start) {
        bool done = false;
        bool waiting = false;
        start([&] {
            done = true;
            if (waiting) {
                pause_run();
            }
        });
        waiting = true;
        if (!done) {
            run_until_done({.done = [&] { return done; },
                            .dump = [this] { return dispatcher_.state_text() + soc_.state_text(); },
                            .progress = {}});
        }
    }

    void pause() { run_until(simulated_now() + kPause); }

    void read_output() {
        if (options_.data) {
            soc_.dram().read(addresses_.back(), output_);
        }
    }

    const SocConfig& config_;
    OpBenchOptions options_;
    Hertz clock_;
    std::vector<std::string> levels_;
    Soc soc_;
    Device& device_;
    AffinityPolicy policy_;
    TensorArena arena_;
    Dispatcher dispatcher_;
    std::vector<Address> addresses_;  ///< of the placed operands: inputs, then the output
    OperandBytes inputs_;
    std::vector<std::byte> output_;
    Snapshot before_;
    Snapshot counters_;
    std::vector<OpRecord> ops_;
};

OpBench::OpBench(const SocConfig& config, OpBenchOptions options) {
    check_device(config, options.device);
    impl_ = std::make_unique<Impl>(config, std::move(options));
}

OpBench::~OpBench() = default;

OpMeasurement OpBench::measure(const std::string& label, const OpCase& op_case) {
    return impl_->measure(label, op_case);
}

RunResult OpBench::result() {
    return impl_->result();
}

Hertz OpBench::clock() const {
    return impl_->clock();
}

const std::vector<std::string>& OpBench::memory_levels() const {
    return impl_->levels();
}

}  // namespace handset
