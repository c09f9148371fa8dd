// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/app/cli.h"
#include "sim/app/inputs.h"
#include "sim/app/op_bench.h"
#include "sim/app/op_formats.h"
#include "sim/app/op_report.h"
#include "sim/app/outputs.h"
#include "sim/app/progress.h"
#include "sim/app/version.h"
#include "sim/base/log.h"
#include "sim/base/text.h"
#include "sim/config/resolved_writer.h"
#include "sim/engine/run_control.h"
#include "sim/results/hdf5_writer.h"

namespace handset {

namespace {

struct OpArguments {
    std::string kernel;
    std::string soc;
    std::string device;
    std::string shape;
    std::string format;
    std::string lowering;
    std::string dataflow;
    std::vector<std::string> set;
    std::string data = "off";
    std::uint32_t repeat = 1;
    bool warm = false;
    bool chained = false;
    std::string csv;
    std::string output;
    bool quiet = false;
};

struct LabelledCase {
    std::string label;
    OpCase op;
};

std::vector<LabelledCase> cases_of(const OpArguments& arguments) {
    const OpRecipe& recipe = op_recipe(arguments.kernel);
    return {{arguments.kernel, make_op_case(recipe, parse_shape(arguments.shape), arguments.format)}};
}

SocConfig soc_of(const OpArguments& arguments) {
    std::vector<std::string> set = arguments.set;
    if (!arguments.dataflow.empty()) {
        const std::string name = arguments.dataflow == "ws"   ? "weight_stationary"
                                 : arguments.dataflow == "os" ? "output_stationary"
                                                              : "input_stationary";
        set.push_back(arguments.device + ".array.dataflow=" + name);
    }
    const Overrides overrides = sort_overrides(set);
    if (!overrides.workload.empty()) {
        throw ConfigError(overrides.workload.front().typed + ": an op has no workload");
    }
    return load_soc(arguments.soc, overrides.soc);
}

int run(const OpArguments& arguments) {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<LabelledCase> cases = cases_of(arguments);
    const SocConfig config = soc_of(arguments);
    check_outputs({arguments.soc}, arguments.output, "");
    prepare_kernel();
    OpBench bench(config, {.device = arguments.device,
                           .lowering = arguments.lowering,
                           .warm = arguments.warm,
                           .chained = arguments.chained,
                           .data = arguments.data == "on",
                           .repeat = arguments.repeat});
    const OpReportContext context{bench.clock(), bench.memory_levels()};
    std::vector<std::vector<OpCell>> rows;
    for (const LabelledCase& entry : cases) {
        rows.push_back(op_cells(bench.measure(entry.label, entry.op), context));
    }
    if (!arguments.output.empty()) {
        RunResult result = bench.result();
        result.resolved_yaml = write_resolved(config);
        result.attributes = {{"handset_version", kVersion},
                             {"git", kGitCommit},
                             {"soc", config.name},
                             {"device", arguments.device},
                             {"kernel", arguments.kernel},
                             {"data", arguments.data},
                             {"config_hash", config_hash(result.resolved_yaml)}};
        write_run_result(arguments.output, result);
        write_host_json(host_json_path(arguments.output), host_facts(begin));
    }
    std::cout << op_block(rows.front());
    return kDone;
}

}  // namespace

void add_op(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<OpArguments>();
    CLI::App* verb = app.add_subcommand("op", "run one operator on one device: time, bound, bytes, energy");
    verb->add_option("kernel", arguments->kernel, "operator")->required();
    verb->add_option("--soc", arguments->soc, "phone (configs/soc/*.yaml)")->required();
    verb->add_option("--device", arguments->device, "where it runs, such as npu0")->required();
    verb->add_option("--shape", arguments->shape, "sizes: KEY=NUMBER,...");
    verb->add_option("--format", arguments->format, "number formats");
    verb->add_option("--lowering", arguments->lowering, "how the op is cut, by name");
    verb->add_option("--dataflow", arguments->dataflow, "of the NPU's array")->check(one_of({"ws", "os", "is"}));
    verb->add_option("--set", arguments->set, "change a parameter: PATH=VALUE")->allow_extra_args(false);
    verb->add_flag("--warm", arguments->warm, "run once before measuring: caches are warm");
    verb->add_flag("--chained", arguments->chained, "the op follows another one on the device: no call from the host");
    verb->add_option("--data", arguments->data, "on: real numbers")->check(one_of({"on", "off"}));
    verb->add_option("--repeat", arguments->repeat, "measure N times and tell the mean")->check(CLI::Range(1, 1000000));
    verb->add_option("-o,--output", arguments->output, "result file (HDF5)")->check(not_empty());
    verb->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace handset
