// SPDX-License-Identifier: Apache-2.0
// What sweeps and studies have in common: points with their inputs, checked together, run in forked processes, resumed
// and collected into one result.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/app/inputs.h"
#include "sim/app/point_runner.h"
#include "sim/results/sweep_result.h"

namespace handset {

/// One run to make.
struct CampaignPoint {
    SweepPoint row;     ///< index and values; the key is filled in by prepare()
    std::string label;  ///< "npu0.array.rows=64, dram.channels=2"
    std::shared_ptr<const InputFiles> files;
    Overrides overrides;
};

struct CampaignOptions {
    std::string output;
    unsigned jobs = 1;
    bool resume = false;
    bool quiet = false;
    bool data = false;
    bool keep_counters = false;
};

class Campaign {
  public:
    /// `result` holds everything but points and outcomes.
    Campaign(SweepResult result, std::vector<CampaignPoint> points, CampaignOptions options);

    /// Reads the inputs of every point; throws ConfigError with every problem and the points that have it.
    void prepare();
    [[nodiscard]] const std::vector<CampaignPoint>& points() const { return points_; }
    /// Runs what is missing and returns the complete result. Throws ConfigError when results cannot be stored and
    /// Interrupted when a signal asked to stop; what finished is kept for --resume.
    SweepResult run();
    /// Writes the result and its host facts; the points are in it then and their folder goes.
    void write(const SweepResult& result);

  private:
    void take_up_finished();
    [[nodiscard]] std::vector<PointJob> missing_jobs() const;

    SweepResult result_;
    std::vector<CampaignPoint> points_;
    CampaignOptions options_;
    std::string build_;
    std::unique_ptr<PointStore> store_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::map<std::string, double> host_seconds_;
};

/// A signal ended the work early.
class Interrupted : public std::runtime_error {
  public:
    Interrupted(int signal, const std::string& what) : std::runtime_error(what), signal_(signal) {}
    [[nodiscard]] int signal() const { return signal_; }

  private:
    int signal_;
};

/// Keys of points: hashes of everything that decides the result of a run: both configurations with the content of the
/// files they name, data on or off, and the layout of results. Not of file names: a moved folder has the same keys.
class PointKeys {
  public:
    std::string key_of(const Inputs& inputs, bool data);

  private:
    const std::string& content_of(const std::filesystem::path& path);

    std::map<std::string, std::string> contents_;  ///< by path: large files are read once
};

/// Runs the campaign and hands its result to `use`; returns that exit code, or 128 + signal when interrupted.
int finish_campaign(Campaign& campaign, const std::function<int(SweepResult&)>& use);

/// 0 when all points ran, else the highest exit code of a failed one, a crash counting as 3.
int exit_code_of(const SweepResult& result);

}  // namespace handset
