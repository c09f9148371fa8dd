// SPDX-License-Identifier: Apache-2.0
// The promise: under the final name there is a complete file or none, whatever happens to disk or process.
#include "sim/results/atomic_file.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/results/hdf5_reader.h"
#include "sim/results/hdf5_writer.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/results/sample_result.h"

namespace handset {
namespace {

using test::TemporaryDirectory;

std::string write_error(const std::string& path) {
    try {
        write_run_result(path, test::sample_result());
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

/// Limits the size of files that this process may write; restores the limit at the end.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST(AtomicFile, FullDiskIsReportedAndLeavesNothing) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("run.h5");
    // /dev/full answers every write with ENOSPC.
    std::filesystem::create_symlink("/dev/full", path + ".part");
    EXPECT_EQ(write_error(path), "cannot write " + path + ": No space left on device");
    EXPECT_TRUE(directory.empty());
}

TEST(AtomicFile, DiskThatFillsInTheMiddleKeepsTheOldResult) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("run.h5");
    write_run_result(path, test::sample_result(1));
    {
        const FileSizeLimit limit(8192);
        EXPECT_EQ(write_error(path), "cannot write " + path + ": File too large");
    }
    EXPECT_FALSE(std::filesystem::exists(path + ".part"));
    EXPECT_EQ(read_run_result(path).tokens.size(), 1U);
}

TEST(AtomicFile, WrongPathsAreNamedWithTheReason) {
    const TemporaryDirectory directory;
    const std::string missing = directory.file("no/such/run.h5");
    EXPECT_EQ(write_error(missing), "cannot write " + missing + ": No such file or directory");
    const std::string taken = directory.file("taken.h5");
    std::filesystem::create_directory(taken);
    EXPECT_EQ(write_error(taken), "cannot write " + taken + ": Is a directory");
    EXPECT_FALSE(std::filesystem::exists(taken + ".part"));
}

TEST(AtomicFile, LeftoverOfAKilledRunIsReplaced) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("run.h5");
    std::ofstream(path + ".part") << std::string(1 << 20, 'x');
    write_run_result(path, test::sample_result(1));
    EXPECT_EQ(read_run_result(path).tokens.size(), 1U);
}

TEST(AtomicFile, LargeAndSmallPiecesArriveInOrder) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("text");
    std::string expected;
    AtomicFile file(path);
    for (std::size_t size : {1U, 70'000U, 3U, 65'535U, 65'536U, 2U}) {
        const std::string piece(size, static_cast<char>('a' + size % 26));
        file.write(piece);
        expected += piece;
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "before commit";
    file.commit();
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    EXPECT_EQ(out.str(), expected);
}

/// Writes results until it is killed; sends a byte when it begins and one after the first result is complete.
[[noreturn]] void write_for_ever(const std::string& path, int progress) {
    const RunResult result = test::sample_result(2);
    (void)!::write(progress, "b", 1);
    write_run_result(path, result);
    (void)!::write(progress, "c", 1);
    for (;;) {
        write_run_result(path, result);
    }
}

std::chrono::microseconds time_of_one_write(const std::string& path) {
    const auto begin = std::chrono::steady_clock::now();
    write_run_result(path, test::sample_result(2));
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
}

/// Starts a writer, waits for `bytes` of its progress and then for `delay`, kills it.
void write_and_kill(const std::string& path, int bytes, std::chrono::microseconds delay) {
    int progress[2];
    ASSERT_EQ(::pipe(progress), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        write_for_ever(path, progress[1]);
    }
    char byte = 0;
    for (int i = 0; i < bytes; ++i) {
        ASSERT_EQ(::read(progress[0], &byte, 1), 1);
    }
    std::this_thread::sleep_for(delay);  // the moment of death is the input of this test
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(progress[0]);
    ::close(progress[1]);
}

TEST(AtomicFile, KillAtAnyMomentLeavesACompleteFileOrNone) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("run.h5");
    const auto one_write = time_of_one_write(path);
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        std::filesystem::remove(path);
        const bool first_complete = round % 2 == 1;
        const auto delay = one_write * (random() % 1000) / 500;
        ASSERT_NO_FATAL_FAILURE(write_and_kill(path, first_complete ? 2 : 1, delay));
        if (first_complete) {
            EXPECT_TRUE(std::filesystem::exists(path)) << "a later write took the earlier result away";
        }
        if (std::filesystem::exists(path)) {
            EXPECT_NO_THROW((void)read_run_result(path));
        }
    }
}

}  // namespace
}  // namespace handset
