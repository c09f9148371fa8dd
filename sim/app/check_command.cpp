// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "sim/app/cli.h"
#include "sim/app/simulation.h"
#include "sim/engine/run_control.h"

namespace handset {

namespace {

struct CheckOptions {
    std::string soc;
    std::string workload;
    std::vector<std::string> set;
};

int check(const CheckOptions& options) {
    const Inputs inputs = load_inputs(options.soc, options.workload, options.set);
    prepare_kernel();
    elaborate(inputs, false);
    std::cout << inputs.soc.name << ": ok, " << inputs.soc.components.size() << " components\n";
    if (!options.workload.empty()) {
        std::cout << inputs.workload.name << ": ok\n";
    }
    return kDone;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* verb = app.add_subcommand("check", "parse and elaborate a phone, and a workload for it, then stop");
    verb->add_option("--soc", options->soc, "phone (configs/soc/*.yaml)")->required();
    verb->add_option("--workload", options->workload, "what would run (configs/workloads/*.yaml)");
    verb->add_option("--set", options->set, "change a parameter: PATH=VALUE")->allow_extra_args(false);
    verb->footer("Example:\n  handset check --soc configs/soc/phone_8gen2.yaml");
    verb->callback([options, &action] { action = [options] { return check(*options); }; });
}

}  // namespace handset
