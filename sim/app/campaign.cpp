// SPDX-License-Identifier: Apache-2.0
#include "sim/app/campaign.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/app/cli.h"
#include "sim/app/outputs.h"
#include "sim/app/simulation.h"
#include "sim/app/version.h"
#include "sim/base/log.h"
#include "sim/base/text.h"
#include "sim/engine/run_control.h"

namespace handset {

namespace {

constexpr int kSignalBase = 128;  ///< as shells report it

std::string build_name() {
    return std::string(kVersion) + " " + kGitCommit;
}

PointOutcome simulate_point(const CampaignPoint& point, const CampaignOptions& options) {
    const Inputs inputs = point.files->load(point.overrides);
    prepare_kernel();
    SimulationOptions simulation;
    simulation.data = options.data;
    RunResult result = simulate(inputs, simulation);
    PointOutcome outcome;
    outcome.summary = std::move(result.summary);
    if (options.keep_counters) {
        outcome.counters = std::move(result.counters);
    }
    return outcome;
}

/// One problem and how many points have it.
struct SharedProblem {
    std::string text;
    std::string first;
    std::size_t points = 0;
};

std::string problems_text(const std::vector<SharedProblem>& problems, std::size_t total) {
    std::vector<std::string> lines;
    for (const SharedProblem& problem : problems) {
        std::string where = "point " + problem.first;
        if (problem.points > 1) {
            where += fmt::format(" and {} more of {}", problem.points - 1, total);
        }
        lines.push_back(where + ": " + problem.text);
    }
    return join(lines, "\n");
}

}  // namespace

std::string PointKeys::key_of(const Inputs& inputs, bool data) {
    ResolvedOptions options;
    options.mark_defaults = false;
    options.path_name = [this](const std::filesystem::path& path) { return content_of(path); };
    return config_hash(fmt::format("schema {} data {}\n", kResultSchemaVersion, data) + inputs.resolved_yaml(options));
}

const std::string& PointKeys::content_of(const std::filesystem::path& path) {
    constexpr std::size_t kChunk = std::size_t{1} << 20;
    const auto [slot, fresh] = contents_.emplace(path.string(), "");
    if (fresh) {
        std::ifstream stream(path, std::ios::binary);
        std::string chunk(kChunk, '\0');
        while (stream) {
            stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
            const std::string_view got(chunk.data(), static_cast<std::size_t>(stream.gcount()));
            slot->second = config_hash(slot->second.append(got));
        }
    }
    return slot->second;
}

Campaign::Campaign(SweepResult result, std::vector<CampaignPoint> points, CampaignOptions options)
    : result_(std::move(result)), points_(std::move(points)), options_(std::move(options)), build_(build_name()) {
    result_.attributes.insert(result_.attributes.begin(), {{"handset_version", kVersion}, {"git", kGitCommit}});
    result_.attributes.emplace_back("data", options_.data ? "on" : "off");
}

void Campaign::prepare() {
    std::vector<SharedProblem> problems;
    std::map<std::string, std::size_t> known;
    PointKeys keys;
    for (CampaignPoint& point : points_) {
        std::string text;
        try {
            point.row.key = keys.key_of(point.files->load(point.overrides), options_.data);
            continue;
        } catch (const ConfigError& error) {
            text = error.what();
        }
        const auto [slot, fresh] = known.emplace(text, problems.size());
        if (fresh) {
            problems.push_back({text, fmt::format("{} ({})", point.row.index, point.label), 0});
        }
        ++problems[slot->second].points;
    }
    if (!problems.empty()) {
        throw ConfigError(problems_text(problems, points_.size()));
    }
}

void Campaign::take_up_finished() {
    std::map<std::string, PointOutcome> finished;
    if (std::filesystem::exists(options_.output)) {
        SweepResult old = read_sweep_result(options_.output);
        if (attribute_of(old, "handset_version") + " " + attribute_of(old, "git") == build_) {
            finished = std::move(old.outcomes);
        }
    }
    for (auto& [key, stored] : store_->read_all()) {
        host_seconds_[key] = stored.host_seconds;
        finished[key] = std::move(stored.outcome);
    }
    for (const CampaignPoint& point : points_) {
        const auto found = finished.find(point.row.key);
        if (found != finished.end() && found->second.done() &&
            (!options_.keep_counters || !found->second.counters.empty())) {
            result_.outcomes.emplace(point.row.key, found->second);
        }
    }
}

std::vector<PointJob> Campaign::missing_jobs() const {
    std::vector<PointJob> jobs;
    std::set<std::string> seen;
    for (const CampaignPoint& point : points_) {
        if (!result_.outcomes.contains(point.row.key) && seen.insert(point.row.key).second) {
            jobs.push_back({point.row.key, fmt::format("point {} ({})", point.row.index, point.label),
                            [&point, this] { return simulate_point(point, options_); }});
        }
    }
    return jobs;
}

int finish_campaign(Campaign& campaign, const std::function<int(SweepResult&)>& use) {
    try {
        SweepResult result = campaign.run();
        return use(result);
    } catch (const Interrupted& stop) {
        std::cerr << "handset: " << stop.what() << "\n";
        return kSignalBase + stop.signal();
    }
}

SweepResult Campaign::run() {
    const std::string folder = PointStore::folder_of(options_.output);
    const bool left = std::filesystem::exists(folder);
    store_ = std::make_unique<PointStore>(options_.output, build_);
    if (options_.resume) {
        take_up_finished();
    } else if (left && !store_->read_all().empty()) {
        throw ConfigError("'" + folder +
                          "' holds finished points of an interrupted run: --resume takes them up, or remove it");
    }
    const std::vector<PointJob> jobs = missing_jobs();
    if (options_.resume && !options_.quiet) {
        log_info(fmt::format("{} of {} runs are there, {} to do", result_.outcomes.size(),
                             result_.outcomes.size() + jobs.size(), jobs.size()));
    }
    if (!jobs.empty()) {
        const RunnerReport report = run_points(jobs, *store_, {options_.jobs, options_.quiet});
        const std::string kept = fmt::format("{} finished points are kept in '{}', --resume goes on from there",
                                             report.finished + result_.outcomes.size(), folder);
        if (!report.problem.empty()) {
            throw ConfigError(report.problem + "\n" + kept);
        }
        if (report.signal != 0) {
            throw Interrupted(report.signal, "interrupted: " + kept);
        }
    }
    for (const PointJob& job : jobs) {
        std::optional<StoredPoint> stored = store_->read(job.key);
        ensure(stored.has_value(), "a stored point cannot be read back");
        host_seconds_[job.key] = stored->host_seconds;
        result_.outcomes.emplace(job.key, std::move(stored->outcome));
    }
    for (const CampaignPoint& point : points_) {
        result_.points.push_back(point.row);
    }
    return result_;
}

void Campaign::write(const SweepResult& result) {
    write_sweep_result(options_.output, result);
    HostFacts facts = host_facts(begin_);
    for (const auto& [key, seconds] : host_seconds_) {
        if (result.outcomes.contains(key)) {
            facts.point_seconds.emplace_back(key, seconds);
        }
    }
    write_host_json(host_json_path(options_.output), facts);
    store_->remove();
}

int exit_code_of(const SweepResult& result) {
    int code = kDone;
    for (const SweepPoint& point : result.points) {
        const int one = outcome_of(result, point).code;
        code = std::max<int>(code, one > kOutOfMemory ? kBrokenModel : one);
    }
    return code;
}

}  // namespace handset
