// SPDX-License-Identifier: Apache-2.0
// Runs the built binary as a user would: another process, in the root of the repository, with its streams in files.
// A test that uses this links handset_test_process.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace handset::test {

struct Outcome {
    int code = -1;  ///< exit code; 128 + signal when killed
    std::string out;
    std::string err;
};

enum class StandardOutput { file, closed, full_device };

struct ChildOptions {
    StandardOutput output = StandardOutput::file;
    std::optional<rlim_t> largest_file;
    std::optional<rlim_t> address_space;
    /// SIGKILL after this long.
    std::chrono::seconds patience{300};
    /// SIGKILL as soon as this returns true; asked all the time.
    std::function<bool()> kill_when;
};

/// The `handset` under test with these arguments.
Outcome handset(const std::vector<std::string>& arguments, const ChildOptions& options = {});

/// Any program, for checks of outputs.
Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const ChildOptions& options = {});

}  // namespace handset::test
