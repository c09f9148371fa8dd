// SPDX-License-Identifier: Apache-2.0
#include "tests/support/child_process.h"

#include <csignal>
#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_directory.h"

namespace handset::test {

namespace {

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
    const auto deadline = std::chrono::steady_clock::now() + options.patience;
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
    const TemporaryDirectory streams;
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

}  // namespace handset::test
