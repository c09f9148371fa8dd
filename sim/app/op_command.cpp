// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/app/cli.h"
#include "sim/app/inputs.h"
#include "sim/app/op_bench.h"
#include "sim/app/op_formats.h"
#include "sim/app/op_list.h"
#include "sim/app/op_report.h"
#include "sim/app/outputs.h"
#include "sim/app/progress.h"
#include "sim/app/version.h"
#include "sim/base/log.h"
#include "sim/base/text.h"
#include "sim/config/resolved_writer.h"
#include "sim/engine/run_control.h"
#include "sim/results/atomic_file.h"
#include "sim/results/hdf5_writer.h"

namespace handset {

namespace {

struct OpArguments {
    std::string kernel;
    std::string soc;
    std::string device;
    std::string shape;
    std::string list;
    std::string scalesim;
    std::string format;
    std::string lowering;
    std::string tile;
    std::string dataflow;
    std::vector<std::string> set;
    std::string data = "off";
    std::uint32_t repeat = 1;
    bool warm = false;
    bool chained = false;
    std::string csv;
    std::string output;
    bool quiet = false;

    [[nodiscard]] bool listed() const { return shape.empty(); }
};

struct LabelledCase {
    std::string label;
    std::string where;  ///< of the shape in a list
    OpCase op;
};

struct Dataflow {
    std::string_view name;
    std::string_view value;  ///< of the array's parameter
};
constexpr std::array kDataflows{Dataflow{"ws", "weight_stationary"}, Dataflow{"os", "output_stationary"},
                                Dataflow{"is", "input_stationary"}};

std::vector<std::string> dataflow_names() {
    std::vector<std::string> names;
    names.reserve(std::size(kDataflows));
    for (const Dataflow& dataflow : kDataflows) {
        names.emplace_back(dataflow.name);
    }
    return names;
}

bool is_product(const std::string& kernel) {
    return kernel == "matmul" || kernel == "lm_head";
}

std::vector<OpListEntry> entries_of(const OpArguments& arguments, const OpRecipe& recipe) {
    const std::array<const std::string*, 3> sources{&arguments.shape, &arguments.list, &arguments.scalesim};
    if (std::count_if(sources.begin(), sources.end(), [](const std::string* s) { return !s->empty(); }) != 1) {
        throw ConfigError("exactly one of --shape, --list and --scalesim says what to run");
    }
    if (!arguments.list.empty()) {
        return read_op_list(arguments.list, recipe);
    }
    if (!arguments.scalesim.empty()) {
        if (!is_product(arguments.kernel)) {
            throw ConfigError("--scalesim: layers of SCALE-Sim are products (matmul), not " + arguments.kernel);
        }
        return read_scalesim_layers(arguments.scalesim);
    }
    return {{arguments.kernel, parse_shape(arguments.shape), "", ""}};
}

/// "m=64,n=128,order=mnk" as attributes of the op.
void add_tile(const std::string& text, OpNode& op) {
    const std::vector<std::string> known{"m", "n", "k", "order"};
    for (const std::string& part : text.empty() ? std::vector<std::string>{} : split(text, ',')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string key = part.substr(0, equals);
        const std::string value = part.substr(std::min(equals + 1, part.size()));
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            throw ConfigError("--tile: " + unknown_name("key", key, known));
        }
        if (value.empty()) {
            throw ConfigError("--tile: " + key + " has no value");
        }
        if (key == "order") {
            op.attrs.set("tile.order", value);
        } else {
            op.attrs.set("tile." + key, static_cast<std::int64_t>(parse_shape(part, "--tile").at(key)));
        }
    }
}

std::vector<LabelledCase> cases_of(const OpArguments& arguments) {
    const OpRecipe& recipe = op_recipe(arguments.kernel);
    if (!arguments.tile.empty() && !is_product(arguments.kernel)) {
        throw ConfigError("--tile cuts products (matmul), not " + arguments.kernel);
    }
    std::vector<LabelledCase> cases;
    std::vector<std::string> problems;
    for (const OpListEntry& entry : entries_of(arguments, recipe)) {
        try {
            OpCase made = make_op_case(recipe, entry.shape, entry.format.empty() ? arguments.format : entry.format);
            add_tile(arguments.tile, made.op);
            cases.push_back({entry.label, entry.where, std::move(made)});
        } catch (const ConfigError& error) {
            problems.push_back((entry.where.empty() ? "" : entry.where + ": ") + error.what());
        }
    }
    if (!problems.empty()) {
        throw ConfigError(join(problems, "\n"));
    }
    return cases;
}

SocConfig soc_of(const OpArguments& arguments) {
    std::vector<std::string> set = arguments.set;
    for (const Dataflow& dataflow : kDataflows) {
        if (dataflow.name == arguments.dataflow) {
            set.push_back(arguments.device + ".array.dataflow=" + std::string(dataflow.value));
        }
    }
    if (arguments.dataflow == "os") {  // sums stay in the PEs: what serves the other dataflows is not there
        set.push_back(arguments.device + ".array.load_width=0 B");
        set.push_back(arguments.device + ".array.accumulators=0 B");
    }
    const Overrides overrides = sort_overrides(set);
    if (!overrides.workload.empty()) {
        throw ConfigError(overrides.workload.front().typed + ": an op has no workload");
    }
    return load_soc(arguments.soc, overrides.soc);
}

/// Errors of a list name its line.
OpMeasurement measure(OpBench& bench, const LabelledCase& entry) {
    try {
        return bench.measure(entry.label, entry.op);
    } catch (const ConfigError& error) {
        throw ConfigError((entry.where.empty() ? "" : entry.where + ": ") + error.what());
    } catch (const OutOfMemory& error) {
        throw OutOfMemory((entry.where.empty() ? "" : entry.where + ": ") + error.what());
    }
}

std::vector<std::vector<OpCell>> measure_all(OpBench& bench, const std::vector<LabelledCase>& cases, bool quiet) {
    const OpReportContext context{bench.clock(), bench.memory_levels()};
    ProgressLine progress(quiet || cases.size() == 1);
    std::vector<std::vector<OpCell>> rows;
    for (const LabelledCase& entry : cases) {
        rows.push_back(op_cells(measure(bench, entry), context));
        progress.rewrite(fmt::format("{} of {} shapes", rows.size(), cases.size()));
    }
    return rows;
}

void write_files(const OpArguments& arguments, const SocConfig& config, RunResult result, const std::string& csv,
                 std::chrono::steady_clock::time_point begin) {
    if (!arguments.csv.empty()) {
        write_file_atomically(arguments.csv, csv);
    }
    if (!arguments.output.empty()) {
        result.resolved_yaml = write_resolved(config);
        result.attributes = {
            {"handset_version", kVersion},
            {"git", kGitCommit},
            {"soc", config.name},
            {"device", arguments.device},
            {"kernel", arguments.kernel},
            {"lowering", arguments.lowering.empty() ? "auto" : arguments.lowering},
            {"start", std::string(arguments.warm ? "warm" : "cold") + (arguments.chained ? ", chained" : ", called")},
            {"data", arguments.data},
            {"config_hash", config_hash(result.resolved_yaml)}};
        write_run_result(arguments.output, result);
        write_host_json(host_json_path(arguments.output), host_facts(begin));
    }
    for (const std::string& path : {arguments.csv, arguments.output}) {
        if (!path.empty() && !arguments.quiet) {
            log_info("wrote " + path);
        }
    }
}

/// Also when the name of the CSV file is that of an input.
void check_files(const OpArguments& arguments) {
    const std::vector<std::string> inputs{arguments.soc, arguments.list, arguments.scalesim};
    check_outputs(inputs, arguments.output, "");
    if (arguments.csv.empty()) {
        return;
    }
    std::error_code code;
    for (const std::string& input : inputs) {
        if (!input.empty() && std::filesystem::equivalent(arguments.csv, input, code)) {
            throw ConfigError("cannot write '" + arguments.csv + "': it is an input of this run");
        }
    }
    prepare_output(arguments.csv, "op,kernel,");
}

int run(const OpArguments& arguments) {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<LabelledCase> cases = cases_of(arguments);
    const SocConfig config = soc_of(arguments);
    check_files(arguments);
    prepare_kernel();
    OpBench bench(config, {.device = arguments.device,
                           .lowering = arguments.lowering,
                           .warm = arguments.warm,
                           .chained = arguments.chained,
                           .data = arguments.data == "on",
                           .repeat = arguments.repeat});
    const std::vector<std::vector<OpCell>> rows = measure_all(bench, cases, arguments.quiet);
    write_files(arguments, config, bench.result(), op_csv(rows), begin);
    std::cout << (arguments.listed() ? op_table(rows) : op_block(rows.front()));
    return kDone;
}

std::string footer() {
    std::string text = "Operators and the keys of their shapes (in brackets: optional), and their formats:\n";
    for (const OpRecipe& recipe : op_recipes()) {
        std::vector<std::string> keys;
        for (const ShapeKey& key : recipe.keys) {
            keys.push_back(key.optional ? "[" + std::string(key.name) + "]" : std::string(key.name));
        }
        const std::string formats = is_product(std::string(recipe.kernel)) ? "see below" : join(recipe.formats, " ");
        text += fmt::format("  {:<11} {:<48} {}\n", recipe.kernel, join(keys, ","), formats);
    }
    text += "Formats of products (weights x activations):\n";
    for (const ProductFormat& format : product_formats()) {
        text += fmt::format("  {:<11} {}\n", format.name, format.doc);
    }
    return text +
           "Lists: the header of a --list file names keys of the shape, and optionally name and format.\n"
           "Time counts from the call on the host to the return; the static graph of an NPU is built before it.\n"
           "Example:\n"
           "  handset op matmul --soc configs/soc/phone_8gen3.yaml --device npu0 --shape m=256,n=4096,k=4096 "
           "--format w8a8";
}

void add_choices(CLI::App& verb, OpArguments& arguments) {
    verb.add_option("--shape", arguments.shape, "sizes as KEY=NUMBER,KEY=NUMBER (keys: see below)")->check(not_empty());
    verb.add_option("--list", arguments.list, "CSV file of shapes: a line of results for each")->check(not_empty());
    verb.add_option("--scalesim", arguments.scalesim,
                    "layer file of SCALE-Sim, products or convolutions (lowered by im2col)")
        ->check(not_empty());
    verb.add_option("--format", arguments.format, "number formats, by name (see below; default: the first)");
    verb.add_option("--lowering", arguments.lowering, "how the kernel cuts the op, by NAME (default: its own choice)");
    verb.add_option("--tile", arguments.tile, "impose a product's tile: m=..,n=..,k=..,order=.. (any of them)")
        ->check(not_empty());
    verb.add_option("--dataflow", arguments.dataflow,
                    "which operand stays in an NPU's array: weights, outputs (then without load_width and "
                    "accumulators) or inputs; short for --set "
                    "DEVICE.array.dataflow=..")
        ->check(one_of(dataflow_names()));
    verb.add_flag("--warm", arguments.warm,
                  "the same op ran once before: caches hold what it left there (scratchpads never keep operands from "
                  "one op to the next); without, they start empty");
    verb.add_flag("--chained", arguments.chained,
                  "the op follows another one on the device, as in a model: no call from the host");
}

}  // namespace

void add_op(CLI::App& app, Action& action) {
    auto arguments = std::make_shared<OpArguments>();
    CLI::App* verb = app.add_subcommand("op", "run one operator on one device: time, bound, bytes, energy");
    verb->add_option("kernel", arguments->kernel, "the operator (see below)")->required();
    verb->add_option("--soc", arguments->soc, "phone (configs/soc/*.yaml)")->required()->check(not_empty());
    verb->add_option("--device", arguments->device, "the device that runs it, such as npu0")->required();
    add_choices(*verb, *arguments);
    verb->add_option("--set", arguments->set, "change a parameter: PATH=VALUE, such as npu0.array.rows=64")
        ->allow_extra_args(false);
    verb->add_option("--repeat", arguments->repeat, "measure each shape N times and tell the mean")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_option("--data", arguments->data,
                     "on: operands hold random numbers, and the results are checked; off: no bytes move")
        ->check(one_of({"on", "off"}))
        ->capture_default_str();
    verb->add_option("--csv", arguments->csv, "write all columns, in base units, to this CSV file")->check(not_empty());
    verb->add_option("-o,--output", arguments->output, "result file (HDF5), for handset show and compare")
        ->check(not_empty());
    verb->add_flag("-q,--quiet", arguments->quiet, "no progress on stderr");
    verb->footer(footer());
    verb->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace handset
