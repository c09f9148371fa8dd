// SPDX-License-Identifier: Apache-2.0
#include "sim/app/simulation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <utility>

#include "sim/app/gather_decisions.h"
#include "sim/app/model_setup.h"
#include "sim/app/request.h"
#include "sim/app/request_summary.h"
#include "sim/app/summary.h"
#include "sim/app/version.h"
#include "sim/config/resolved_writer.h"
#include "sim/engine/run_control.h"
#include "sim/runtime/dispatcher.h"
#include "sim/runtime/pager.h"
#include "sim/runtime/session.h"
#include "sim/sched/bounds.h"
#include "sim/sched/catalogue.h"
#include "sim/soc/soc.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/models/prompt_score.h"
#include "workloads/traces/synthetic_tokens.h"

namespace handset {

namespace {

/// Generated tokens of runs with data off follow another sequence than synthetic prompts.
constexpr std::uint64_t kGenerationSeed = 0x67656e;

/// The answers of an earlier run, each as long as it was there.
void take_replay(const Replayed& replay, RequestOptions& request) {
    if (replay.tokens.empty()) {
        throw ConfigError("--replay: the result holds no generated tokens");
    }
    request.known_tokens = replay.tokens;
    const bool one = replay.output_tokens.empty();
    const std::size_t recorded = one ? 1 : replay.output_tokens.size();
    if (recorded != request.turns.size()) {
        throw ConfigError("--replay: the result holds " + std::to_string(recorded) + " requests, the workload has " +
                          std::to_string(request.turns.size()));
    }
    std::size_t taken = 0;
    for (std::size_t i = 0; i < request.turns.size(); ++i) {
        std::uint32_t& tokens = request.turns[i].max_tokens;
        tokens = std::min(tokens, one ? static_cast<std::uint32_t>(replay.tokens.size()) : replay.output_tokens[i]);
        taken += tokens;
    }
    if (taken > replay.tokens.size()) {
        throw ConfigError("--replay: the result holds fewer tokens than its requests generated");
    }
}

RequestOptions request_options(const WorkloadConfig& workload, const PreparedModel& model,
                               const SimulationOptions& options) {
    RequestOptions request;
    request.turns = model.turns;
    request.sampling = {workload.sampling.method, workload.sampling.temperature, workload.sampling.top_k,
                        workload.sampling.top_p};
    request.seed = workload.sampling.seed;
    request.lowerings = workload.lowerings;
    request.prefill = workload.prefill;
    request.split = workload.split;
    request.prepare_ahead = workload.prepare == PrepareTime::ahead;
    request.load = !workload.mmap.has_value() && workload.start == StartState::cold;
    request.score_prompt = workload.score_prompt;
    if (options.data) {
        if (workload.stop_at_eos && model.tokenizer != nullptr) {
            request.eos = model.tokenizer->eos();
        }
    } else if (options.replay.has_value()) {
        take_replay(*options.replay, request);
    } else {
        const SyntheticTokens tokens(workload.model.seed ^ kGenerationSeed, model.model.config().vocab);
        for (const Turn& turn : request.turns) {
            for (std::uint32_t i = 0; i < turn.max_tokens; ++i) {
                request.known_tokens.push_back(tokens.at(request.known_tokens.size()));
            }
        }
    }
    return request;
}

/// All weights, only the shadows, or none.
const PageCacheConfig* mapping(const WorkloadConfig& workload) {
    if (workload.mmap.has_value()) {
        return &*workload.mmap;
    }
    return workload.outliers.has_value() && workload.outliers->mmap.has_value() ? &*workload.outliers->mmap : nullptr;
}

/// Null when all weights are loaded. The mapped file ends with its last weight.
std::unique_ptr<Pager> make_pager(const Inputs& inputs, const WeightTable& weights, Soc& soc, TensorArena& arena) {
    const PageCacheConfig* config = mapping(inputs.workload);
    if (config == nullptr) {
        return nullptr;
    }
    const auto mapped = [&inputs](const Weight& weight) {
        return inputs.workload.mmap.has_value() || weight.role == WeightRole::shadow;
    };
    const auto storage = std::find_if(soc.devices().begin(), soc.devices().end(),
                                      [](const Device* device) { return device->caps().kind == DeviceKind::storage; });
    ensure(storage != soc.devices().end(), "a phone without storage");
    Bytes size;
    for (const Weight& weight : weights.weights()) {
        size = std::max(size, Bytes{weight.flash_address} + weight.size());
    }
    auto pager = std::make_unique<Pager>(*config, size, **storage, find_kernel("load"), arena, inputs.soc.host.power,
                                         soc.counters());
    for (const Weight& weight : weights.weights()) {
        if (mapped(weight)) {
            pager->map(weight.name, weight.flash_address);
        }
    }
    return pager;
}

/// Everything of one run, in order of construction.
class Simulation {
  public:
    Simulation(const Inputs& inputs, const SimulationOptions& options)
        : inputs_(inputs),
          options_(options),
          model_(prepare_model(inputs.workload, memory_sizes(inputs.soc), options.data)),
          soc_(inputs.soc, options.data, options.timeline),
          policy_(make_policy(inputs.workload.policy)),
          arena_(memory_sizes(inputs.soc).dram, soc_.counters()),
          pager_(make_pager(inputs, model_.model.weights(), soc_, arena_)),
          dispatcher_("scheduler", soc_.devices(), *policy_, find_kernel, arena_,
                      {inputs.soc.host.time_per_evaluation, inputs.soc.host.power}, soc_.counters()),
          request_(model_.model, request_options(inputs.workload, model_, options)),
          session_(dispatcher_, request_, token_reader(), pause_run),
          gathers_(token_reader(), options.replay.value_or(Replayed{}).gathers,
                   inputs.workload.outliers.has_value() ? inputs.workload.outliers->seed : 0),
          score_(model_.turns.front().prompt) {
        if (options.data) {
            soc_.attach_flash_image(model_.flash_image);
        }
        if (pager_ != nullptr) {
            dispatcher_.use_pager(*pager_);
            pager_->set_program_filter(options.program_filter);
        }
        if (options.program_filter) {
            dispatcher_.set_program_filter(options.program_filter);
        }
        dispatcher_.on_graph_started([this](const GraphView& graph) {
            bound_ = graph.ops.front().phase == "prefill" ? makespan_bound(graph) : Femtoseconds{};
        });
        dispatcher_.on_op_finished([this](const OpRecord&) { sample_power(); });
        dispatcher_.use_gather_source([this](const GatherQuestion& question) { return gathers_.answer(question); });
        session_.on_results([this](const OpGraph& graph) { score(graph); });
        session_.on_phase([this](const PhaseRecord& phase) { finish_phase(phase); });
    }

    RunResult run() {
        if (inputs_.workload.start == StartState::warm) {
            warm_up();
        }
        session_.start();
        run_until_done({.done = [this] { return session_.done(); },
                        .dump = [this] { return dispatcher_.state_text() + soc_.state_text(); },
                        .progress = {}});
        return result();
    }

  private:
    Session::TokenReader token_reader() {
        if (!options_.data) {
            return {};
        }
        return [this](Address address) {
            std::array<std::byte, sizeof(std::uint32_t)> bytes{};
            soc_.dram().read(address, bytes);
            return std::bit_cast<std::uint32_t>(bytes);
        };
    }

    /// Of a graph that computed the logits of a prompt.
    void score(const OpGraph& graph) {
        for (std::size_t i = 0; inputs_.workload.score_prompt && i < graph.tensor_count(); ++i) {
            const Tensor& tensor = graph.tensor(TensorId{i});
            if (!tensor.name.ends_with(DecoderModel::kPromptLogitsTensor)) {
                continue;
            }
            std::vector<float> logits(tensor.shape.cols);
            const Address first = dispatcher_.address_of(tensor.id);
            for (std::uint64_t row = 0; row < tensor.shape.rows; ++row) {
                soc_.dram().read(first + row * logits.size() * sizeof(float),
                                 std::as_writable_bytes(std::span(logits)));
                score_.add(logits);
            }
        }
    }

    /// Power over time, at op boundaries but no finer than this.
    void sample_power() {
        constexpr Femtoseconds kSpacing = 1_ms;
        if (simulated_now() >= last_sample_ + kSpacing) {
            soc_.settle(simulated_now());
            last_sample_ = simulated_now();
        }
    }

    void finish_phase(const PhaseRecord& phase) {
        Femtojoules energy;
        for (const CounterValue& row : soc_.settle(simulated_now())) {
            energy += row.unit == Femtojoules::unit() ? Femtojoules{row.value} : Femtojoules{};
        }
        phases_.push_back({phase, energy_, energy, std::exchange(bound_, {})});
        energy_ = energy;
        if (options_.progress) {
            options_.progress(phase.phase, phase.step);
        }
    }

    /// What was said, turn by turn; an empty line where another conversation begins.
    [[nodiscard]] std::string text() const {
        std::string text;
        std::vector<std::uint32_t> said;
        std::size_t token = 0;
        for (std::size_t i = 0; i < request_.served().size(); ++i) {
            const Turn& turn = request_.turns()[i];
            if (i > 0 && (turn.conversation.empty() || turn.conversation != request_.turns()[i - 1].conversation)) {
                text += model_.tokenizer->decode(said) + "\n\n";
                said.clear();
            }
            said.insert(said.end(), turn.prompt.begin(), turn.prompt.end());
            for (std::uint32_t k = 0; k < request_.served()[i].output_tokens; ++k) {
                said.push_back(request_.tokens()[token++]);
            }
        }
        return text + model_.tokenizer->decode(said);
    }

    /// Weights into DRAM and graphs built ahead, before simulated time begins: what stands for the runs before. The one
    /// place where bytes get into a memory other than by a simulated transfer; everything later moves as ever.
    void warm_up() {
        for (const StepPlan& plan : request_.prepare_ahead()) {
            dispatcher_.make_prepared(plan.graph, plan.phase);
        }
        const OpGraph load = model_.model.build_load_graph();
        for (const OpId id : load.topological_order()) {
            const OpNode& op = load.op(id);
            const Tensor& weight = load.tensor(op.outputs.at(0).tensor);
            const Address address = dispatcher_.make_resident(weight);
            if (options_.data) {
                std::vector<std::byte> bytes(weight.bytes().count());
                model_.flash_image->read(load.tensor(op.inputs.at(0).tensor).flash_address.value(), bytes);
                soc_.dram().write(address, bytes);
            }
        }
    }

    RunResult result() {
        RunResult result;
        result.resolved_yaml = inputs_.resolved_yaml();
        result.attributes = {{"handset_version", kVersion},
                             {"git", kGitCommit},
                             {"soc", inputs_.soc.name},
                             {"workload", inputs_.workload.name},
                             {"model", model_.model.config().name},
                             {"policy", inputs_.workload.policy},
                             {"data", options_.data ? "on" : "off"},
                             {"seed", std::to_string(inputs_.workload.sampling.seed)},
                             {"config_hash", config_hash(result.resolved_yaml)}};
        result.counters = soc_.settle(simulated_now());
        result.ops = dispatcher_.records();
        result.series = soc_.power().series();
        for (const TimeSeries& series : arena_.series()) {
            result.memory.push_back({series.name(), series.samples()});
        }
        for (const Turn& turn : request_.turns()) {
            result.prompt_tokens.insert(result.prompt_tokens.end(), turn.prompt.begin(), turn.prompt.end());
        }
        result.tokens = request_.tokens();
        if (options_.data && model_.tokenizer != nullptr) {
            result.text = text();
        }
        if (inputs_.workload.requests.has_value()) {
            result.requests = request_records(request_.turns(), request_.served(), phases_);
            result.summary = summarise_requests(result.requests, phases_, result.ops, result.counters);
        } else {
            result.summary =
                summarise(phases_, result.ops, result.counters, result.prompt_tokens.size(), result.tokens.size());
        }
        result.gathers = gathers_.records();
        if (!score_.empty()) {
            result.summary.push_back({"prompt_perplexity", "token", score_.perplexity()});
        }
        return result;
    }

    const Inputs& inputs_;
    SimulationOptions options_;
    PreparedModel model_;
    Soc soc_;
    std::unique_ptr<SchedulerPolicy> policy_;
    TensorArena arena_;
    std::unique_ptr<Pager> pager_;
    Dispatcher dispatcher_;
    Request request_;
    Session session_;
    GatherDecisions gathers_;
    PromptScore score_;
    std::vector<PhaseEnergy> phases_;
    Femtojoules energy_;
    Femtoseconds bound_;  // of the running graph
    Femtoseconds last_sample_;
};

}  // namespace

RunResult simulate(const Inputs& inputs, const SimulationOptions& options) {
    Simulation simulation(inputs, options);
    return simulation.run();
}

void elaborate(const Inputs& inputs, bool data) {
    if (inputs.workload_file.empty()) {
        const Soc soc(inputs.soc, data, nullptr);
    } else {
        SimulationOptions options;
        options.data = data;
        const Simulation simulation(inputs, options);
    }
}

}  // namespace handset
