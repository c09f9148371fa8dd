// SPDX-License-Identifier: Apache-2.0
// Points in forked processes: what finishes is stored, whatever the others do.
#include "sim/app/point_runner.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>
#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/config_error.h"
#include "tests/support/temporary_directory.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;

PointOutcome figure(double value) {
    return {0, "", {{"time", "s", value}}, {{"npu0.macs", "MAC", CounterKind::sum, 18446744073709551615U}}};
}

class Points : public ::testing::Test {
  protected:
    RunnerReport run(unsigned jobs = 2) { return run_points(jobs_, store_, {jobs, true}); }
    void add(const std::string& key, std::function<PointOutcome()> work) {
        jobs_.push_back({key, key, std::move(work)});
    }
    PointOutcome stored(const std::string& key) const {
        const std::optional<StoredPoint> point = store_.read(key);
        return point ? point->outcome : PointOutcome{-1, "not stored", {}, {}};
    }

    TemporaryDirectory work_;
    PointStore store_{work_.file("x.h5"), "build 1"};
    std::vector<PointJob> jobs_;
};

TEST_F(Points, ComeBackExactly) {
    add("a", [] { return figure(0.1 + 0.2); });
    add("b", [] { return figure(1e-300); });
    const RunnerReport report = run();
    EXPECT_EQ(report.finished, 2U);
    EXPECT_EQ(report.failed, 0U);
    EXPECT_EQ(stored("a"), figure(0.1 + 0.2));
    EXPECT_EQ(stored("b"), figure(1e-300));
}

TEST_F(Points, FailuresAreRecordedWithTheirCodesAndTheOthersRun) {
    add("config", []() -> PointOutcome { throw ConfigError("no such thing"); });
    add("memory", []() -> PointOutcome { throw OutOfMemory("weights"); });
    add("model", []() -> PointOutcome { throw ModelError("stuck"); });
    add("crash", []() -> PointOutcome {
        std::cerr << "last words\n" << std::flush;
        (void)std::signal(SIGABRT, SIG_DFL);
        (void)::kill(::getpid(), SIGKILL);
        return {};
    });
    add("exit", []() -> PointOutcome { ::_exit(0); });
    add("good", [] { return figure(1); });
    const RunnerReport report = run();
    EXPECT_EQ(report.finished, 6U);
    EXPECT_EQ(report.failed, 5U);
    EXPECT_EQ(stored("config").code, 2);
    EXPECT_EQ(stored("config").error, "no such thing");
    EXPECT_EQ(stored("memory").code, 4);
    EXPECT_EQ(stored("model").code, 3);
    EXPECT_EQ(stored("crash").code, 128 + SIGKILL);
    EXPECT_THAT(stored("crash").error, HasSubstr("ended by signal 9"));
    EXPECT_THAT(stored("crash").error, HasSubstr("last words"));
    EXPECT_EQ(stored("exit").code, 3);
    EXPECT_THAT(stored("exit").error, HasSubstr("ended with code 0 but no result"));
    EXPECT_EQ(stored("good"), figure(1));
}

TEST_F(Points, SignalEndsThemAndKeepsWhatFinished) {
    add("first", [] { return figure(1); });
    add("stop", []() -> PointOutcome {
        (void)::kill(::getppid(), SIGTERM);
        ::pause();
        return {};
    });
    add("never", [] { return figure(3); });
    const RunnerReport report = run(1);
    EXPECT_EQ(report.signal, SIGTERM);
    EXPECT_EQ(stored("first"), figure(1));
    EXPECT_FALSE(store_.holds("stop")) << "an interrupted point has not failed";
    EXPECT_FALSE(store_.holds("never"));
}

TEST_F(Points, FullDiskStopsTheRunAndKeepsWhatFinished) {
    add("first", [] { return figure(1); });
    add("large", [] {
        const rlimit limit{100, 100};  // the file of a point has more
        (void)std::signal(SIGXFSZ, SIG_IGN);
        (void)::setrlimit(RLIMIT_FSIZE, &limit);
        return figure(2);
    });
    add("never", [] { return figure(3); });
    const RunnerReport report = run(1);
    EXPECT_THAT(report.problem, HasSubstr("cannot write"));
    EXPECT_THAT(report.problem, HasSubstr("File too large"));
    EXPECT_EQ(stored("first"), figure(1));
    EXPECT_FALSE(store_.holds("large"));
    EXPECT_FALSE(store_.holds("never"));
}

TEST_F(Points, OfAnotherBuildOrDamagedAreNotTakenUp) {
    store_.write("a", {figure(1), 0.5});
    store_.write("b", {figure(1), 0.5});
    EXPECT_EQ(store_.read_all().size(), 2U);
    write_text(PointStore::folder_of(work_.file("x.h5")) + "/b.json", "{\"handset_point\": 1");
    EXPECT_EQ(store_.read_all().size(), 1U);
    store_.forget_lock();
    const PointStore other(work_.file("x.h5"), "build 2");
    EXPECT_TRUE(other.read_all().empty());
}

TEST_F(Points, FolderBelongsToOneProcessAtATime) {
    EXPECT_THAT(config_error([&] { const PointStore second(work_.file("x.h5"), "build 1"); }),
                HasSubstr("another handset works on"));
}

}  // namespace
}  // namespace handset::test
