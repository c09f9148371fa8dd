// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/child.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace handset::testing {

namespace {

constexpr std::chrono::seconds kPatience{300};

void redirect(const std::string& file, int stream) {
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || dup2(fd, stream) < 0) {
        _exit(126);
    }
    close(fd);
}

[[noreturn]] void become(const std::string& program, std::vector<char*>& arguments, const ChildOptions& options,
                         const std::string& out, const std::string& err) {
    redirect(err, STDERR_FILENO);
    if (options.output == StandardOutput::closed) {
        close(STDOUT_FILENO);
    } else {
        redirect(options.output == StandardOutput::file ? out : "/dev/full", STDOUT_FILENO);
    }
    if (chdir(HANDSET_SOURCE_DIR) != 0) {
        _exit(126);
    }
    if (options.largest_file) {
        const rlimit limit{*options.largest_file, *options.largest_file};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (options.address_space) {
        const rlimit limit{*options.address_space, *options.address_space};
        setrlimit(RLIMIT_AS, &limit);
    }
    execv(program.c_str(), arguments.data());
    _exit(127);
}

int wait_for(pid_t child, const ChildOptions& options) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        const bool late = std::chrono::steady_clock::now() > deadline;
        if (late || (options.kill_when && options.kill_when())) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
        usleep(options.kill_when ? 20 : 1000);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const ChildOptions& options) {
    const Workspace streams;
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    const std::string out = streams.write("out", "");
    const std::string err = streams.write("err", "");
    const pid_t child = fork();
    if (child < 0) {
        throw std::runtime_error("cannot fork");
    }
    if (child == 0) {
        become(program, pointers, options, out, err);
    }
    Outcome outcome;
    outcome.code = wait_for(child, options);
    outcome.out = read_text(out);
    outcome.err = read_text(err);
    return outcome;
}

Outcome handset(const std::vector<std::string>& arguments, const ChildOptions& options) {
    return run_program(HANDSET_BINARY, arguments, options);
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw std::runtime_error("cannot read " + file.string());
    }
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    if (!stream.flush()) {
        throw std::runtime_error("cannot write " + file.string());
    }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) {
        throw std::runtime_error("the text to break has no '" + from + "'");
    }
    return text.replace(at, from.size(), to);
}

Workspace::Workspace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "handset-cli-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("cannot make a temporary directory");
    }
    directory_ = pattern;
}

Workspace::~Workspace() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string Workspace::write(const std::string& name, const std::string& text) const {
    write_text(directory_ / name, text);
    return path(name);
}

std::vector<std::string> short_run(std::vector<std::string> more) {
    std::vector<std::string> arguments{
        "run", "--soc", kPhone, "--workload", kWorkload, "--set", "workload.max_tokens=3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace handset::testing
