// SPDX-License-Identifier: Apache-2.0
// The command line: one file per verb. Results go to stdout, everything else to stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace handset {

/// Documented exit codes.
enum ExitCode : int { kDone = 0, kDiffers = 1, kBadInput = 2, kBrokenModel = 3, kOutOfMemory = 4 };

/// Set by the verb that was parsed.
using Action = std::function<int()>;

void add_run(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_config(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_replay(CLI::App& app, Action& action);
void add_op(CLI::App& app, Action& action);
void add_sweep(CLI::App& app, Action& action);
void add_merge(CLI::App& app, Action& action);
void add_study(CLI::App& app, Action& action);

/// Values an option may take; the message names the nearest.
CLI::Validator one_of(std::vector<std::string> names);
CLI::Validator not_empty();
/// Makes the folder of a result. Throws ConfigError when a file cannot be written there under this name, or when one
/// exists that does not start with `magic`: what is replaced must be a result of the same kind, never an input.
void prepare_output(const std::string& path, std::string_view magic);

/// Parses and runs; turns every error into its exit code and a message on stderr.
int run_command_line(int argc, char** argv);

}  // namespace handset
