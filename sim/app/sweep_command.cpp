// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/app/campaign.h"
#include "sim/app/cli.h"
#include "sim/app/outputs.h"
#include "sim/app/sweep_points.h"
#include "sim/base/log.h"
#include "sim/base/text.h"

namespace handset {

namespace {

struct SweepOptions {
    std::string file;
    std::string shard = "1/1";
    std::string data = "off";
    bool points = false;  ///< only name them
    CampaignOptions campaign;
};

/// "2/8"; throws ConfigError.
std::pair<std::uint32_t, std::uint32_t> parse_shard(const std::string& text) {
    const auto number = [](std::string_view part) {
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        return error == std::errc{} && end == part.data() + part.size() ? value : 0;
    };
    const std::size_t slash = text.find('/');
    const std::uint32_t shard = number(std::string_view(text).substr(0, slash));
    const std::uint32_t shards = slash == std::string::npos ? 0 : number(std::string_view(text).substr(slash + 1));
    if (shard == 0 || shard > shards) {
        throw ConfigError("--shard " + text + ": expected I/N with I from 1 to N");
    }
    return {shard, shards};
}

std::string label_of(const SweepGrid& grid, const std::vector<std::string>& point) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < point.size(); ++i) {
        parts.push_back(grid.axes[i].path + "=" + point[i]);
    }
    return join(parts, ", ");
}

class SweepPlan {
  public:
    SweepPlan(const SweepOptions& options, SweepConfig config)
        : options_(options), config_(std::move(config)), folder_(std::filesystem::path(options.file).parent_path()) {}

    Campaign make(const SweepGrid& grid) {
        const auto files = std::make_shared<const InputFiles>(beside(config_.soc), beside(config_.workload));
        SweepResult result = head(grid, *files);
        std::vector<CampaignPoint> points;
        for (std::uint32_t index = result.shard - 1; index < result.total_points; index += result.shards) {
            const std::vector<std::string>& texts = grid.points[index];
            CampaignPoint& point = points.emplace_back();
            point.row.index = index;
            for (std::size_t i = 0; i < texts.size(); ++i) {
                point.row.values.push_back(axis_value(grid.axes[i], texts[i]));
            }
            point.label = label_of(grid, texts);
            point.files = files;
            point.overrides = overrides_of(grid.axes, texts);
        }
        return {std::move(result), std::move(points), options_.campaign};
    }

    /// What each point is, for programs that choose among them: names of files as in the sweep file, from whose folder
    /// "handset run --soc .. --workload .. --set .." with the fixed changes and those of a point runs it.
    [[nodiscard]] nlohmann::ordered_json listing(const SweepGrid& grid, const Campaign& campaign) const {
        nlohmann::ordered_json json = {{"name", config_.name},       {"folder", beside(".")},
                                       {"soc", config_.soc},         {"workload", config_.workload},
                                       {"set", fixed_assignments()}, {"metrics", config_.metrics}};
        json["axes"] = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < grid.axes.size(); ++i) {
            json["axes"].push_back(
                {{"path", grid.axes[i].path}, {"unit", grid.axes[i].unit}, {"dimension", grid.dimensions[i]}});
        }
        json["points"] = nlohmann::ordered_json::array();
        for (const CampaignPoint& point : campaign.points()) {
            const std::vector<std::string>& texts = grid.points[point.row.index];
            json["points"].push_back({{"index", point.row.index},
                                      {"key", point.row.key},
                                      {"values", texts},
                                      {"set", axis_assignments(grid.axes, texts)}});
        }
        return json;
    }

  private:
    [[nodiscard]] std::string beside(const std::string& file) const {
        return (folder_ / file).lexically_normal().generic_string();
    }

    [[nodiscard]] std::vector<std::string> fixed_assignments() const {
        std::vector<std::string> assignments;
        assignments.reserve(config_.set.size() + 1);
        for (const auto& [path, value] : config_.set) {
            assignments.push_back(join(std::array{path, value}, "="));
        }
        if (config_.policy) {
            assignments.push_back("workload.policy=" + *config_.policy);
        }
        return assignments;
    }

    static std::vector<std::string> axis_assignments(const std::vector<SweepAxis>& axes,
                                                     const std::vector<std::string>& texts) {
        std::vector<std::string> assignments;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            assignments.push_back(axes[i].path + "=" + texts[i]);
        }
        return assignments;
    }

    [[nodiscard]] Overrides fixed() const { return sort_overrides(fixed_assignments(), "set ", folder_); }

    [[nodiscard]] Overrides overrides_of(const std::vector<SweepAxis>& axes,
                                         const std::vector<std::string>& texts) const {
        Overrides all = fixed();
        const Overrides varied = sort_overrides(axis_assignments(axes, texts), "axis ", folder_);
        all.soc.insert(all.soc.end(), varied.soc.begin(), varied.soc.end());
        all.workload.insert(all.workload.end(), varied.workload.begin(), varied.workload.end());
        return all;
    }

    /// What the points share. The base is the first point without its axes where that is a valid phone, so that
    /// parameters that only an axis gives are no error.
    [[nodiscard]] SweepResult head(const SweepGrid& grid, const InputFiles& files) const {
        ResolvedOptions relative;
        relative.directory = folder_.empty() ? std::filesystem::path(".") : folder_;
        SweepResult result;
        result.name = config_.name;
        result.sweep_yaml = write_resolved(config_, relative);
        result.base_yaml = base_yaml(grid, files, relative);
        std::tie(result.shard, result.shards) = parse_shard(options_.shard);
        result.total_points = static_cast<std::uint32_t>(grid.points.size());
        if (result.shards > result.total_points) {
            throw ConfigError("--shard " + options_.shard + ": the sweep has only " +
                              std::to_string(result.total_points) + " points");
        }
        result.axes = grid.axes;
        result.metrics = config_.metrics;
        result.attributes = {{"keep", config_.keep == KeepChoice::counters ? "counters" : "summary"},
                             {"config_hash", config_hash(result.sweep_yaml + result.base_yaml)}};
        return result;
    }

    [[nodiscard]] std::string base_yaml(const SweepGrid& grid, const InputFiles& files,
                                        const ResolvedOptions& relative) const {
        try {
            return files.load(fixed()).resolved_yaml(relative);
        } catch (const ConfigError&) {
            try {
                return files.load(overrides_of(grid.axes, grid.points.front())).resolved_yaml(relative);
            } catch (const ConfigError&) {
                return {};  // the points will tell
            }
        }
    }

    const SweepOptions& options_;
    SweepConfig config_;
    std::filesystem::path folder_;
};

/// Metrics that no run has are misspelt.
void warn_of_unknown_metrics(const SweepResult& result) {
    std::vector<std::string> known;
    for (const auto& [key, outcome] : result.outcomes) {
        for (const SummaryMetric& metric : outcome.summary) {
            if (std::find(known.begin(), known.end(), metric.name) == known.end()) {
                known.push_back(metric.name);
            }
        }
    }
    for (const std::string& name : result.metrics) {
        if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
            log_warning("metrics: " + unknown_name("metric", name, known));
        }
    }
}

int sweep(SweepOptions options) {
    SweepConfig config = load_sweep(options.file);
    options.campaign.data = options.data == "on";
    options.campaign.keep_counters = config.keep == KeepChoice::counters;
    const SweepGrid grid = expand(config);
    SweepPlan plan(options, std::move(config));
    Campaign campaign = plan.make(grid);
    campaign.prepare();
    if (options.points) {
        std::cout << plan.listing(grid, campaign).dump() << "\n";
        return kDone;
    }
    check_outputs({options.file}, options.campaign.output, "");
    return finish_campaign(campaign, [&](const SweepResult& result) {
        campaign.write(result);
        warn_of_unknown_metrics(result);
        std::cout << sweep_text(result);
        return exit_code_of(result);
    });
}

}  // namespace

void add_sweep(CLI::App& app, Action& action) {
    auto options = std::make_shared<SweepOptions>();
    CLI::App* verb = app.add_subcommand("sweep", "many runs over chosen parameters, one table");
    verb->add_option("file", options->file, "what is varied (configs/sweeps/*.yaml)")->required();
    verb->add_option("-j,--jobs", options->campaign.jobs, "runs at the same time")
        ->check(CLI::Range(1U, 4096U))
        ->capture_default_str();
    verb->add_option("--shard", options->shard, "only every Nth point, starting with point I: I/N (handset merge)")
        ->capture_default_str();
    verb->add_flag("--resume", options->campaign.resume,
                   "take up what an interrupted or failed sweep with this output has finished");
    verb->add_option("--data", options->data, "on: real bytes and tokens; off: the same programs without bytes")
        ->check(one_of({"on", "off"}))
        ->capture_default_str();
    verb->add_option("-o,--output", options->campaign.output, "result file (HDF5)")->check(not_empty());
    verb->add_flag("--points", options->points, "only check the points and print them as JSON, with what sets each");
    verb->add_flag("-q,--quiet", options->campaign.quiet, "no progress");
    verb->footer(
        "Example:\n  handset sweep configs/sweeps/dram_npu_tiny.yaml -j 2 -o out/sweep.h5\n"
        "Exit code: 0 when all points ran, else the highest of the failed points' codes (a crash counts as 3); their "
        "errors are in the table. 2 as well when the file is wrong: then nothing ran.");
    verb->callback([options, &action] {
        if (!options->points && options->campaign.output.empty()) {
            throw CLI::RequiredError("--output");
        }
        action = [options] { return sweep(*options); };
    });
}

}  // namespace handset
