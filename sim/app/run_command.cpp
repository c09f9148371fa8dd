// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/app/cli.h"
#include "sim/app/outputs.h"
#include "sim/app/progress.h"
#include "sim/app/simulation.h"
#include "sim/base/log.h"
#include "sim/engine/run_control.h"
#include "sim/results/hdf5_reader.h"
#include "sim/results/hdf5_writer.h"
#include "sim/results/summary_text.h"
#include "sim/results/timeline_writer.h"

namespace handset {

namespace {

struct RunOptions {
    std::string soc;
    std::string workload;
    std::string policy;
    std::vector<std::string> set;
    std::string data = "on";
    std::string replay;
    std::string output;
    std::string timeline;
    bool quiet = false;
};

/// Phases as they finish; generated tokens on a terminal.
class Progress {
  public:
    /// `tokens` at most, of one request; none: there are several.
    Progress(bool quiet, std::optional<std::uint32_t> tokens) : line_(quiet), tokens_(tokens) {}

    void operator()(const std::string& phase, std::uint32_t step) {
        if (phase == "decode" && tokens_.has_value()) {
            line_.rewrite("token " + std::to_string(step + 2) + " of at most " + std::to_string(*tokens_));
            return;
        }
        if (!tokens_.has_value() && (phase == "decode" || phase == "idle")) {
            line_.rewrite("request " + std::to_string(requests_) + ", " + phase);
            return;
        }
        if (!tokens_.has_value() && phase == "prefill") {
            line_.milestone("request " + std::to_string(++requests_) + ": prefill done");
            return;
        }
        // Static graphs are prepared for prefill and decode, that is one phase to people.
        if (phase != phase_) {
            line_.milestone(phase + " done");
        }
        phase_ = phase;
    }

  private:
    ProgressLine line_;
    std::optional<std::uint32_t> tokens_;
    std::uint32_t requests_ = 0;  ///< whose prefill is done
    std::string phase_;
};

int run(const RunOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    const Inputs inputs = load_inputs(options.soc, options.workload, options.set, options.policy);
    check_outputs({options.soc, options.workload, options.replay}, options.output, options.timeline);
    SimulationOptions simulation;
    simulation.data = options.data == "on";
    if (!options.replay.empty()) {
        if (simulation.data) {
            throw ConfigError("--replay goes with --data off");
        }
        RunResult earlier = read_run_result(options.replay);
        simulation.replay = Replayed{std::move(earlier.tokens), {}, std::move(earlier.gathers)};
        for (const RequestRecord& request : earlier.requests) {
            simulation.replay->output_tokens.push_back(request.output_tokens);
        }
    }
    Timeline timeline;
    if (!options.timeline.empty()) {
        simulation.timeline = &timeline;
    }
    prepare_kernel();
    RunResult result;
    {
        Progress progress(options.quiet, inputs.workload.max_tokens);
        simulation.progress = std::ref(progress);
        result = simulate(inputs, simulation);
    }
    if (!options.output.empty()) {
        write_run_result(options.output, result);
        write_host_json(host_json_path(options.output), host_facts(begin));
    }
    if (!options.timeline.empty()) {
        write_timeline(options.timeline, timeline, result.memory);
    }
    if (!result.text.empty()) {
        std::cout << result.text << "\n\n";
    }
    std::cout << summary_text(result);
    for (const std::string& path : {options.output, options.timeline}) {
        if (!path.empty() && !options.quiet) {
            log_info("wrote " + path);
        }
    }
    return kDone;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* verb = app.add_subcommand("run", "simulate the requests of a workload on one phone");
    verb->add_option("--soc", options->soc, "phone (configs/soc/*.yaml)")->required();
    verb->add_option("--workload", options->workload, "what runs (configs/workloads/*.yaml)")->required();
    verb->add_option("--policy", options->policy,
                     "scheduling policy instead of the workload's (handset list policies)");
    verb->add_option("--set", options->set,
                     "change a parameter: PATH=VALUE, such as npu0.array.rows=64 or workload.max_tokens=8")
        ->allow_extra_args(false);
    verb->add_option("--data", options->data, "on: real bytes and tokens; off: the same programs without bytes")
        ->check(one_of({"on", "off"}))
        ->capture_default_str();
    verb->add_option("--replay", options->replay, "with --data off: take the sampled tokens from this result")
        ->check(not_empty());
    verb->add_option("-o,--output", options->output, "result file (HDF5)")->check(not_empty());
    verb->add_option("--timeline", options->timeline, "timeline for Perfetto (Chrome trace JSON)")->check(not_empty());
    verb->add_flag("-q,--quiet", options->quiet, "no progress");
    verb->footer(
        "Example:\n  handset run --soc configs/soc/phone_8gen3.yaml --workload configs/workloads/tiny_story.yaml "
        "--set dram.channels=2 -o out/run.h5");
    verb->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace handset
