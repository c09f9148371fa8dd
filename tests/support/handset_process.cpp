// SPDX-License-Identifier: Apache-2.0
#include "tests/support/handset_process.h"

#include <stdexcept>

#include "sim/results/hdf5_reader.h"

namespace handset::test {

namespace {

/// A YAML double-quoted scalar.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' || c == '\\' ? "\\" : "";
        out += c;
    }
    return out + "\"";
}

}  // namespace

std::string repository_file(const std::string& name) {
    return std::string(HANDSET_SOURCE_DIR) + "/" + name;
}

std::string phone(const std::string& name) {
    return repository_file("configs/soc/" + name + ".yaml");
}

double summary_value(const RunResult& result, std::string_view name) {
    for (const SummaryMetric& entry : result.summary) {
        if (entry.name == name) {
            return entry.value;
        }
    }
    throw std::runtime_error("no metric " + std::string(name));
}

Outcome execute(const std::vector<std::string>& arguments) {
    ChildOptions options;
    options.patience = std::chrono::seconds{600};  // some runs are long under a sanitizer: as much as a test may take
    return handset(arguments, options);
}

std::string HandsetRuns::next_file(const std::string& suffix) {
    return directory_.file(std::to_string(files_++) + suffix);
}

std::string HandsetRuns::workload(const std::string& yaml) {
    const std::string path = next_file(".yaml");
    write_text(path, yaml);
    return path;
}

std::string HandsetRuns::tiny_workload(const std::string& prompt, unsigned max_tokens, const std::string& more) {
    return workload("name: tiny\nmodel: {file: " + repository_file("configs/models/tiny_handset.gguf") + "}\nprompt: " +
                    quoted(prompt) + "\nmax_tokens: " + std::to_string(max_tokens) + "\nkv: fp32\n" + more);
}

std::string HandsetRuns::run_to_file(const std::string& soc, const std::string& workload,
                                     const std::vector<std::string>& more) {
    const std::string result = next_file(".h5");
    std::vector<std::string> arguments{"run", "--soc", soc, "--workload", workload, "-q", "-o", result};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome output = execute(arguments);
    if (output.code != 0) {
        throw std::runtime_error("handset run ended with " + std::to_string(output.code) + ": " + output.err);
    }
    return result;
}

RunResult HandsetRuns::run(const std::string& soc, const std::string& workload, const std::vector<std::string>& more) {
    return read_run_result(run_to_file(soc, workload, more));
}

}  // namespace handset::test
