// SPDX-License-Identifier: Apache-2.0
#include "sim/app/point_runner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <new>
#include <optional>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/app/cli.h"
#include "sim/app/progress.h"
#include "sim/base/errors.h"

namespace handset {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNotStored = 90;    ///< exit code of a child whose result could not be written
constexpr int kSignalBase = 128;  ///< as shells report it
constexpr std::size_t kMaxErrorText = 2000;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::string duration_text(double seconds) {
    if (seconds < 100) {
        return fmt::format("{:.{}f} s", seconds, seconds < 10 ? 1 : 0);
    }
    return seconds < 6000 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

/// The signals that the parent waits for instead of being interrupted by them. Children get the old mask back.
class BlockedSignals {
  public:
    BlockedSignals() {
        sigemptyset(&set_);
        for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) {
            sigaddset(&set_, signal);
        }
        sigprocmask(SIG_BLOCK, &set_, &old_);
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals() { restore(); }

    void restore() const { sigprocmask(SIG_SETMASK, &old_, nullptr); }

    /// A signal, or 0 after `milliseconds`.
    [[nodiscard]] int wait(long milliseconds) const {
        const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
        return std::max(sigtimedwait(&set_, nullptr, &time), 0);
    }

  private:
    sigset_t set_{};
    sigset_t old_{};
};

/// What a child prints on stderr: kept in memory, told when it crashed.
class ErrorTail {
  public:
    ErrorTail() : fd_(memfd_create("handset-point", MFD_CLOEXEC)) {}
    ErrorTail(ErrorTail&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ErrorTail& operator=(ErrorTail&&) = delete;
    ErrorTail(const ErrorTail&) = delete;
    ErrorTail& operator=(const ErrorTail&) = delete;
    ~ErrorTail() {
        if (fd_ >= 0) {
            (void)::close(fd_);
        }
    }

    void become_stderr() const { (void)::dup2(fd_, STDERR_FILENO); }

    [[nodiscard]] std::string text() const {
        const off_t size = ::lseek(fd_, 0, SEEK_END);
        if (size <= 0) {
            return {};
        }
        const auto length = std::min(static_cast<std::size_t>(size), kMaxErrorText);
        std::string text(length, '\0');
        const ssize_t got = ::pread(fd_, text.data(), length, size - static_cast<off_t>(length));
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        while (!text.empty() && text.back() == '\n') {
            text.pop_back();
        }
        return text;
    }

  private:
    int fd_;
};

struct Child {
    std::size_t job = 0;
    Clock::time_point begin;
    ErrorTail errors;
};

class Runner {
  public:
    Runner(const std::vector<PointJob>& jobs, PointStore& store, const RunnerOptions& options)
        : jobs_(jobs), store_(store), options_(options), line_(options.quiet) {}

    RunnerReport run() {
        while (true) {
            while (!stopping() && next_ < jobs_.size() && children_.size() < std::max(options_.jobs, 1U)) {
                start(next_++);
            }
            if (children_.empty()) {
                return report_;
            }
            const int signal = signals_.wait(200);
            if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
                report_.signal = signal;
                end_children();
            }
            reap();
            show_progress();
        }
    }

  private:
    [[nodiscard]] bool stopping() const { return report_.signal != 0 || !report_.problem.empty(); }

    void start(std::size_t job) {
        Child child{job, Clock::now(), {}};
        store_.erase(jobs_[job].key);
        std::cout.flush();
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) {
            run_child(child, parent);
        }
        if (pid < 0) {
            store_failure(child, kBrokenModel, "cannot start a process: " + std::generic_category().message(errno));
            return;
        }
        children_.emplace(pid, std::move(child));
    }

    [[noreturn]] void run_child(const Child& child, pid_t parent) {
        // Nobody would collect the results of a child without its parent.
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(kNotStored);
        }
        // A terminal and Slurm signal the whole group; who ends a child, and what that means, is the parent's decision.
        for (const int stop : {SIGINT, SIGTERM, SIGHUP}) {
            (void)std::signal(stop, SIG_IGN);
        }
        signals_.restore();
        store_.forget_lock();
        child.errors.become_stderr();
        if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) {
            (void)::dup2(nowhere, STDOUT_FILENO);
        }
        StoredPoint point;
        try {
            point.outcome = jobs_[child.job].work();
        } catch (...) {
            point.outcome = failed_outcome();
        }
        point.host_seconds = seconds_since(child.begin);
        try {
            store_.write(jobs_[child.job].key, point);
        } catch (const std::exception& error) {
            std::cerr << error.what() << std::flush;
            ::_exit(kNotStored);
        }
        ::_exit(point.outcome.code);
    }

    void end_children() {
        for (const auto& [pid, child] : children_) {
            (void)::kill(pid, SIGKILL);
        }
    }

    void reap() {
        int status = 0;
        for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
            const auto found = children_.find(pid);
            if (found != children_.end()) {
                finish(found->second, status);
                children_.erase(found);
            }
        }
    }

    void finish(const Child& child, int status) {
        if (WIFSIGNALED(status)) {
            const int signal = WTERMSIG(status);
            if (!stopping()) {
                const std::string tail = child.errors.text();
                store_failure(child, kSignalBase + signal,
                              fmt::format("ended by signal {} ({})", signal, ::strsignal(signal)) +
                                  (tail.empty() ? "" : ": " + tail));
            }
            return;
        }
        if (WEXITSTATUS(status) == kNotStored) {
            stop(child.errors.text());
            return;
        }
        if (!store_.holds(jobs_[child.job].key)) {
            store_failure(child, kBrokenModel, fmt::format("ended with code {} but no result", WEXITSTATUS(status)));
            return;
        }
        count(child, WEXITSTATUS(status), {});
    }

    void store_failure(const Child& child, int code, const std::string& error) {
        StoredPoint point;
        point.outcome.code = code;
        point.outcome.error = error;
        point.host_seconds = seconds_since(child.begin);
        try {
            store_.write(jobs_[child.job].key, point);
            count(child, code, error);
        } catch (const std::exception& problem) {
            stop(problem.what());
        }
    }

    void stop(const std::string& problem) {
        report_.problem = problem.empty() ? "a result could not be stored" : problem;
        end_children();
    }

    void count(const Child& child, int code, std::string error) {
        ++report_.finished;
        busy_ += seconds_since(child.begin);
        if (code != 0) {
            ++report_.failed;
            if (error.empty()) {
                const std::optional<StoredPoint> stored = store_.read(jobs_[child.job].key);
                error = stored ? stored->outcome.error : "";
            }
            tell(fmt::format("{} failed ({}): {}", jobs_[child.job].label, code, error.substr(0, error.find('\n'))));
        }
        changed_ = true;
    }

    void tell(const std::string& text) {
        if (!options_.quiet) {
            std::cerr << (line_.terminal() ? "\r\x1b[K" : "") << text << "\n" << std::flush;
        }
    }

    /// On a terminal always, elsewhere at every tenth of the points.
    void show_progress() {
        if (!changed_ && !line_.terminal()) {
            return;
        }
        changed_ = false;
        std::string text = fmt::format("{} of {} points", report_.finished, jobs_.size());
        text += report_.failed > 0 ? fmt::format(", {} failed", report_.failed) : "";
        if (report_.finished > 0 && report_.finished < jobs_.size()) {
            const double each = seconds_since(begin_) / static_cast<double>(report_.finished);
            text +=
                fmt::format(", {} each, about {} left", duration_text(busy_ / static_cast<double>(report_.finished)),
                            duration_text(each * static_cast<double>(jobs_.size() - report_.finished)));
        }
        const std::size_t tenth = report_.finished * 10 / jobs_.size();
        if (line_.terminal()) {
            line_.rewrite(text);
        } else if (tenth != told_) {
            line_.milestone(text);
        }
        told_ = tenth;
    }

    const std::vector<PointJob>& jobs_;
    PointStore& store_;
    RunnerOptions options_;
    BlockedSignals signals_;
    ProgressLine line_;
    std::map<pid_t, Child> children_;
    std::size_t next_ = 0;
    Clock::time_point begin_ = Clock::now();
    double busy_ = 0;
    bool changed_ = false;
    std::size_t told_ = 0;
    RunnerReport report_;
};

}  // namespace

PointOutcome failed_outcome() {
    PointOutcome outcome;
    outcome.code = kBrokenModel;
    try {
        throw;
    } catch (const ConfigError& error) {
        outcome.code = kBadInput;
        outcome.error = error.what();
    } catch (const OutOfMemory& error) {
        outcome.code = kOutOfMemory;
        outcome.error = error.what();
    } catch (const std::bad_alloc&) {
        outcome.error = "this computer ran out of memory";
    } catch (const std::exception& error) {
        outcome.error = error.what();
    } catch (...) {
        outcome.error = "an exception of unknown type";
    }
    return outcome;
}

RunnerReport run_points(const std::vector<PointJob>& jobs, PointStore& store, const RunnerOptions& options) {
    return Runner(jobs, store, options).run();
}

}  // namespace handset
