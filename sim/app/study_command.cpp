// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/app/campaign.h"
#include "sim/app/cli.h"
#include "sim/app/outputs.h"
#include "sim/app/study_config.h"
#include "sim/app/study_figures.h"
#include "sim/base/text.h"
#include "sim/results/atomic_file.h"

namespace handset {

namespace {

struct StudyOptions {
    std::string name;
    std::string folder = "out/studies";
    CampaignOptions campaign;
};

Overrides changes_of(const ChangesConfig& changes, const std::string& origin, const std::filesystem::path& folder) {
    std::vector<std::string> soc;
    soc.reserve(changes.soc.size());
    for (const auto& [path, value] : changes.soc) {
        soc.push_back(join(std::array{path, value}, "="));
    }
    Overrides overrides = sort_overrides(soc, origin + ".soc: ", folder);
    for (const auto& [path, value] : changes.workload) {
        const std::string assignment = join(std::array{path, value}, "=");
        overrides.workload.push_back({assignment, join(std::array{origin, assignment}, ".workload: "), folder});
    }
    return overrides;
}

void append(Overrides& all, const Overrides& more) {
    all.soc.insert(all.soc.end(), more.soc.begin(), more.soc.end());
    all.workload.insert(all.workload.end(), more.workload.begin(), more.workload.end());
}

std::vector<CampaignPoint> points_of(const StudyConfig& study, const std::vector<StudyRun>& runs,
                                     const std::filesystem::path& folder) {
    const auto beside = [&](const std::string& file) { return (folder / file).lexically_normal().generic_string(); };
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const InputFiles>> files;
    std::vector<CampaignPoint> points;
    for (const StudyRun& run : runs) {
        std::shared_ptr<const InputFiles>& pair = files[{run.phone, run.model}];
        if (pair == nullptr) {
            pair = std::make_shared<const InputFiles>(beside(study.phones.at(run.phone)),
                                                      beside(study.models.at(run.model)));
        }
        CampaignPoint& point = points.emplace_back();
        point.row.index = static_cast<std::uint32_t>(points.size() - 1);
        for (const std::string& text : {run.id, run.phone, run.model, run.system, run.scenario}) {
            point.row.values.push_back({0, text});
        }
        point.label = run.id;
        point.files = pair;
        point.overrides = changes_of(study.systems.at(run.system), "systems." + run.system, folder);
        append(point.overrides, changes_of(study.cases.at(run.scenario), "cases." + run.scenario, folder));
    }
    return points;
}

int report(const StudyConfig& study, const SweepResult& result) {
    const auto failed = std::count_if(result.figures.begin(), result.figures.end(), fails);
    const auto deviations = std::count_if(result.figures.begin(), result.figures.end(),
                                          [](const FigureRow& row) { return row.verdict == verdict::kDeviation; });
    std::cout << "study " << study.name << ": " << study.title << "\n\n" << figures_text(result.figures) << "\n";
    std::cout << result.figures.size() << " figures, " << failed << " outside, " << deviations << " known deviations\n";
    for (const SweepPoint& point : result.points) {
        const PointOutcome& outcome = outcome_of(result, point);
        if (!outcome.done()) {
            std::cout << "run " << point.values.front().text << " failed (" << outcome.code << "): " << outcome.error
                      << "\n";
        }
    }
    return failed > 0 ? static_cast<int>(kDiffers) : exit_code_of(result);
}

int study_file(const std::string& file, StudyOptions options) {
    const StudyConfig study = load_study(file);
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    const std::vector<StudyRun> runs = runs_of(study);
    ResolvedOptions relative;
    relative.directory = folder.empty() ? std::filesystem::path(".") : folder;
    SweepResult head;
    head.kind = "study";
    head.name = study.name;
    head.sweep_yaml = write_resolved(study, relative);
    head.total_points = static_cast<std::uint32_t>(runs.size());
    for (const char* axis : {"id", "phone", "model", "system", "case"}) {
        head.axes.push_back({axis, {}, true});
    }
    head.attributes = {{"keep", "counters"}, {"config_hash", config_hash(head.sweep_yaml)}};
    options.campaign.output = options.folder + "/" + study.name + ".h5";
    options.campaign.data = study.data;
    options.campaign.keep_counters = true;
    Campaign campaign(std::move(head), points_of(study, runs, folder), options.campaign);
    campaign.prepare();
    check_outputs({file}, options.campaign.output, "");
    return finish_campaign(campaign, [&](SweepResult& result) {
        result.figures = compare_figures(study, runs, result);
        campaign.write(result);
        write_file_atomically(options.folder + "/" + study.name + ".md", study_markdown(study, result));
        return report(study, result);
    });
}

/// The files of a name, a path or "all".
std::vector<std::string> files_of(const std::string& name) {
    const std::map<std::string, std::string> known = known_studies();
    std::vector<std::string> names;
    std::vector<std::string> files;
    for (const auto& [study, file] : known) {
        names.push_back(study);
        files.push_back(file);
    }
    if (name == "all" && !files.empty()) {
        return files;
    }
    if (const auto found = known.find(name); found != known.end()) {
        return {found->second};
    }
    if (std::filesystem::exists(name)) {
        return {name};
    }
    throw ConfigError(unknown_name("study", name, names));
}

int study(const StudyOptions& options) {
    int code = kDone;
    for (const std::string& file : files_of(options.name)) {
        const int one = study_file(file, options);
        if (one > kOutOfMemory) {
            return one;  // interrupted
        }
        code = std::max(code, one);
    }
    return code;
}

}  // namespace

void add_study(CLI::App& app, Action& action) {
    auto options = std::make_shared<StudyOptions>();
    CLI::App* verb = app.add_subcommand("study", "a published system: its figures beside simulated ones");
    verb->add_option("study", options->name, "name (handset list studies), file, or all")->required();
    verb->add_option("-o,--output", options->folder, "folder of the results, NAME.h5 and NAME.md")
        ->check(not_empty())
        ->capture_default_str();
    verb->add_option("-j,--jobs", options->campaign.jobs, "runs at the same time")
        ->check(CLI::Range(1U, 4096U))
        ->capture_default_str();
    verb->add_flag("--resume", options->campaign.resume,
                   "take up runs that an earlier study with this output finished");
    verb->add_flag("-q,--quiet", options->campaign.quiet, "no progress");
    verb->footer(
        "Example:\n  handset study tiny -j 2 -o out/studies\n"
        "Exit code: 0 when every figure is within its tolerance or a known deviation; 1 when one is not, or agrees "
        "although its note says that it deviates; else the highest code of a failed run.");
    verb->callback([options, &action] { action = [options] { return study(*options); }; });
}

}  // namespace handset
