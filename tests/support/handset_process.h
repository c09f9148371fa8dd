// SPDX-License-Identifier: Apache-2.0
// Runs of the built `handset` program, for tests that compare them: SystemC elaborates once per process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/results/run_result.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace handset::test {

/// A file of the repository, such as "configs/soc/phone_8gen3.yaml".
std::string repository_file(const std::string& name);
/// "configs/soc/<name>.yaml".
std::string phone(const std::string& name = "phone_8gen3");

/// Of a metric of the summary; throws std::runtime_error when there is none.
double summary_value(const RunResult& result, std::string_view name);

/// `handset <arguments>`, whatever its exit code.
Outcome execute(const std::vector<std::string>& arguments);

/// Runs of one test case and the files they leave, in a folder of their own.
class HandsetRuns {
  public:
    /// Writes a workload file and returns its path.
    std::string workload(const std::string& yaml);
    /// The committed model on a prompt, everything in fp32 apart from the stored Q8_0 weights; `more` lines of YAML.
    std::string tiny_workload(const std::string& prompt, unsigned max_tokens, const std::string& more = {});

    /// `handset run` into a result file; throws std::runtime_error with its stderr when it fails.
    std::string run_to_file(const std::string& soc, const std::string& workload,
                            const std::vector<std::string>& more = {});
    RunResult run(const std::string& soc, const std::string& workload, const std::vector<std::string>& more = {});

  private:
    std::string next_file(const std::string& suffix);

    TemporaryDirectory directory_;
    unsigned files_ = 0;
};

}  // namespace handset::test
