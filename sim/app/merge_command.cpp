// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "sim/app/campaign.h"
#include "sim/app/cli.h"
#include "sim/app/outputs.h"
#include "sim/base/errors.h"
#include "sim/results/sweep_result.h"

namespace handset {

namespace {

struct MergeOptions {
    std::vector<std::string> files;
    std::string output;
};

int merge(const MergeOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    check_outputs(options.files, options.output, "");
    std::vector<SweepResult> shards;
    for (const std::string& file : options.files) {
        shards.push_back(read_sweep_result(file));
        if (shards.back().kind != "sweep") {
            throw ConfigError(file + ": is a " + shards.back().kind + ", only sweeps have shards");
        }
    }
    const SweepResult merged = merge_sweeps(std::move(shards), options.files);
    write_sweep_result(options.output, merged);
    write_host_json(host_json_path(options.output), host_facts(begin));
    std::cout << sweep_text(merged);
    return exit_code_of(merged);
}

}  // namespace

void add_merge(CLI::App& app, Action& action) {
    auto options = std::make_shared<MergeOptions>();
    CLI::App* verb = app.add_subcommand("merge", "the shards of one sweep as one result");
    verb->add_option("shards", options->files, "result files of all shards (HDF5)")->required();
    verb->add_option("-o,--output", options->output, "result file (HDF5)")->required()->check(not_empty());
    verb->footer("Example:\n  handset merge out/a.h5 out/b.h5 -o out/sweep.h5");
    verb->callback([options, &action] { action = [options] { return merge(*options); }; });
}

}  // namespace handset
