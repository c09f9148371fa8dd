// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <string>

#include "sim/app/cli.h"
#include "sim/app/study_figures.h"
#include "sim/results/hdf5_reader.h"
#include "sim/results/summary_text.h"
#include "sim/results/sweep_result.h"

namespace handset {

void add_show(CLI::App& app, Action& action) {
    auto file = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("show", "the summary of a result, and where time, energy and memory went");
    verb->add_option("result", *file, "result file (HDF5)")->required();
    verb->footer("Example:\n  handset show out/quickstart/run.h5");
    verb->callback([file, &action] {
        action = [file] {
            if (result_kind(*file) != "run") {
                const SweepResult result = read_sweep_result(*file);
                std::cout << sweep_text(result);
                if (!result.figures.empty()) {
                    std::cout << "\n" << figures_text(result.figures);
                }
                return static_cast<int>(kDone);
            }
            const RunResult result = read_run_result(*file);
            std::cout << (result.text.empty() ? "" : result.text + "\n\n") << show_text(result);
            return static_cast<int>(kDone);
        };
    });
}

}  // namespace handset
