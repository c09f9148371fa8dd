// SPDX-License-Identifier: Apache-2.0
#include "tests/support/handset_process.h"

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

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

int spawn_and_wait(const std::vector<std::string>& arguments, const std::string& out, const std::string& err) {
    std::vector<std::string> words{HANDSET_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = -1;
    const int failed = posix_spawn(&child, HANDSET_BINARY, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0 || waitpid(child, &status, 0) != child) {
        throw std::runtime_error("cannot run " HANDSET_BINARY);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string repository_file(const std::string& name) {
    return std::string(HANDSET_SOURCE_DIR) + "/" + name;
}

std::string phone(const std::string& name) {
    return repository_file("configs/soc/" + name + ".yaml");
}

std::string file_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string HandsetRuns::next_file(const std::string& suffix) {
    return directory_.file(std::to_string(files_++) + suffix);
}

std::string HandsetRuns::workload(const std::string& yaml) {
    const std::string path = next_file(".yaml");
    std::ofstream(path) << yaml;
    return path;
}

std::string HandsetRuns::tiny_workload(const std::string& prompt, unsigned max_tokens, const std::string& more) {
    return workload("name: tiny\nmodel: {file: " + repository_file("configs/models/tiny_handset.gguf") + "}\nprompt: " +
                    quoted(prompt) + "\nmax_tokens: " + std::to_string(max_tokens) + "\nkv: fp32\n" + more);
}

ProcessOutput HandsetRuns::execute(const std::vector<std::string>& arguments) {
    const std::string out = next_file(".out");
    const std::string err = next_file(".err");
    const int code = spawn_and_wait(arguments, out, err);
    return {code, file_bytes(out), file_bytes(err)};
}

std::string HandsetRuns::run_to_file(const std::string& soc, const std::string& workload,
                                     const std::vector<std::string>& more) {
    const std::string result = next_file(".h5");
    std::vector<std::string> arguments{"run", "--soc", soc, "--workload", workload, "-q", "-o", result};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessOutput output = execute(arguments);
    if (output.exit_code != 0) {
        throw std::runtime_error("handset run ended with " + std::to_string(output.exit_code) + ": " + output.err);
    }
    return result;
}

RunResult HandsetRuns::run(const std::string& soc, const std::string& workload, const std::vector<std::string>& more) {
    return read_run_result(run_to_file(soc, workload, more));
}

}  // namespace handset::test
