// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include "sim/app/cli.h"
#include "sim/results/atomic_file.h"
#include "sim/results/comparison_report.h"
#include "sim/results/hdf5_reader.h"

namespace handset {

namespace {

constexpr std::string_view kHdf5Magic = "\x89HDF";

struct CompareOptions {
    std::string base;
    std::string now;
    std::string tolerances;
    std::string junit;
    std::string markdown;
    bool accept = false;
};

/// Reports replace nothing but reports, and never each other.
void check_reports(const CompareOptions& options) {
    if (!options.junit.empty()) {
        prepare_output(options.junit, "<?xml");
    }
    if (!options.markdown.empty()) {
        prepare_output(options.markdown, "### handset compare");
    }
    if (!options.junit.empty() && options.junit == options.markdown) {
        throw ConfigError("'" + options.junit + "' cannot hold both --junit and --markdown");
    }
}

void write_reports(const CompareOptions& options, const Comparison& comparison) {
    if (!options.junit.empty()) {
        write_file_atomically(options.junit, comparison_junit(comparison));
    }
    if (!options.markdown.empty()) {
        write_file_atomically(options.markdown, comparison_markdown(comparison, options.base, options.now));
    }
}

/// The new result becomes the baseline, to the byte.
void accept(const CompareOptions& options) {
    std::ifstream in(options.now, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in) {
        throw ConfigError("cannot read " + options.now);
    }
    write_file_atomically(options.base, content);
    std::cerr << "accepted " << options.now << " as " << options.base << "\n";
}

/// There is nothing to compare with yet.
int accept_first(const CompareOptions& options) {
    const RunResult now = read_run_result(options.now);
    std::cout << "no baseline yet: " << now.counters.size() << " counters are new\n";
    accept(options);
    return kDone;
}

int compare_files(const CompareOptions& options) {
    std::error_code error;
    if (options.accept) {
        prepare_output(options.base, kHdf5Magic);
        if (std::filesystem::equivalent(options.base, options.now, error)) {
            throw ConfigError("'" + options.base + "' and '" + options.now + "' are the same file");
        }
        if (!std::filesystem::exists(options.base, error)) {
            return accept_first(options);
        }
    }
    check_reports(options);
    const Tolerances tolerances = options.tolerances.empty() ? Tolerances() : load_tolerances(options.tolerances);
    const Comparison comparison = compare(read_run_result(options.base), read_run_result(options.now), tolerances);
    write_reports(options, comparison);
    std::cout << comparison_text(comparison);
    if (options.accept) {
        std::cout.flush();
        accept(options);
        return kDone;
    }
    return comparison.passed() ? kDone : kDiffers;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* verb = app.add_subcommand(
        "compare",
        "judge the counters of a run against an accepted one, exactly or within tolerances; exit code 1: outside");
    verb->add_option("base", options->base, "accepted result of a run (HDF5)")->required();
    verb->add_option("new", options->now, "result to judge (HDF5)")->required();
    verb->add_option("--tolerances", options->tolerances,
                     "YAML with rules of how far a value may lie (handset config schema tolerances)")
        ->check(not_empty());
    verb->add_option("--junit", options->junit, "also write the verdict as JUnit XML")->check(not_empty());
    verb->add_option("--markdown", options->markdown, "also write a summary for a pull-request comment")
        ->check(not_empty());
    verb->add_flag("--accept", options->accept, "after the summary, make the new result the accepted one; exit code 0");
    verb->footer(
        "Example:\n  handset compare accepted.h5 out/run.h5 --tolerances tolerances.yaml --junit out/compare.xml");
    verb->callback([options, &action] { action = [options] { return compare_files(*options); }; });
}

}  // namespace handset
