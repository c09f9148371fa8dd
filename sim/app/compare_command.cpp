// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <string>

#include "sim/app/cli.h"
#include "sim/results/atomic_file.h"
#include "sim/results/compare.h"
#include "sim/results/hdf5_reader.h"

namespace handset {

namespace {

struct CompareOptions {
    std::string base;
    std::string now;
    std::string junit;
};

int compare_files(const CompareOptions& options) {
    if (!options.junit.empty()) {
        prepare_output(options.junit, "<?xml");
    }
    const Comparison comparison = compare(read_run_result(options.base), read_run_result(options.now));
    if (!options.junit.empty()) {
        write_file_atomically(options.junit, comparison_junit(comparison));
    }
    std::cout << comparison_text(comparison);
    return comparison.passed() ? kDone : kDiffers;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* verb =
        app.add_subcommand("compare", "compare the counters of two results exactly; exit code 1: they differ");
    verb->add_option("base", options->base, "accepted result (HDF5)")->required();
    verb->add_option("new", options->now, "result to judge (HDF5)")->required();
    verb->add_option("--junit", options->junit, "also write the verdict as JUnit XML")->check(not_empty());
    verb->footer("Example:\n  handset compare accepted.h5 out/run.h5 --junit out/compare.xml");
    verb->callback([options, &action] { action = [options] { return compare_files(*options); }; });
}

}  // namespace handset
