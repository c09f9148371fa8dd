// SPDX-License-Identifier: Apache-2.0
#include "sim/app/inputs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "sim/base/text.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/yaml_reader.h"

namespace handset {

namespace {

constexpr std::string_view kWorkloadPrefix = "workload.";
constexpr std::string_view kComponentsPrefix = "components.";

constexpr std::string_view kPoints = "operating_points";
constexpr std::string_view kPoint = "operating_point";
constexpr std::array<std::string_view, 6> kTop{"name", "description", "components", "host", kPoints, kPoint};

std::string_view first_name(std::string_view path) {
    return path.substr(0, path.find_first_of(".="));
}

bool names_top_level(std::string_view assignment) {
    const std::string_view first = first_name(assignment);
    return std::find(kTop.begin(), kTop.end(), first) != kTop.end();
}

std::string indented(const std::string& text) {
    std::string out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        out += line.empty() ? "\n" : "  " + line + "\n";
    }
    return out;
}

/// Without this a misspelt component would be taken for a new one, and the message would be about its missing keys.
bool names_component(const Node& root, const Override& change, Errors& errors) {
    const std::string_view assignment = change.assignment;
    const Node* components = root.find("components");
    if (assignment.rfind(kComponentsPrefix, 0) != 0 || components == nullptr) {
        return true;
    }
    const std::string_view rest = assignment.substr(kComponentsPrefix.size());
    const std::string_view name = first_name(rest);
    const bool whole_map = rest.substr(name.size()).rfind("={", 0) == 0;
    if (name.empty() || whole_map || components->find(name) != nullptr) {
        return true;
    }
    std::vector<std::string> known;
    for (const Node& component : components->children) {
        known.push_back(component.key);
    }
    known.insert(known.end(), kTop.begin(), kTop.end());
    known.emplace_back("workload");
    errors.add({change.typed, 0, 0}, "",
               name == "workload" ? "expected workload.PATH=VALUE" : unknown_name("component", name, known));
    return false;
}

/// Writes the clocks of the chosen operating point into the components.
void apply_operating_point(Node& root, Errors& errors) {
    const Node* chosen = root.find(kPoint);
    const Node* points = root.find(kPoints);
    if (chosen == nullptr || chosen->scalar.empty()) {
        return;
    }
    const Node* point = points == nullptr ? nullptr : points->find(chosen->scalar);
    if (point == nullptr) {
        std::vector<std::string> known;
        for (const Node& name : points == nullptr ? std::vector<Node>{} : points->children) {
            known.push_back(name.key);
        }
        errors.add(chosen->location(), std::string(kPoint), unknown_name("operating point", chosen->scalar, known));
        return;
    }
    const Node* settings = point->find("set");
    const std::vector<Node> values = settings == nullptr ? std::vector<Node>{} : settings->children;
    for (const Node& value : values) {
        const std::string assignment = value.key + "=" + value.scalar;
        const Override change{std::string(kComponentsPrefix) + assignment, "operating point: " + assignment};
        if (names_component(root, change, errors)) {
            apply_override(root, change.assignment, errors, change.typed);
        }
    }
}

template <class Config>
Config read(const InputFile& file, const std::vector<Override>& overrides) {
    Errors errors = file.errors;
    if (!file.root) {
        errors.throw_if_any();
    }
    Node root = *file.root;
    for (const bool choice : {true, false}) {  // what a point sets can still be overridden
        for (const Override& change : overrides) {
            const bool chooses = first_name(change.assignment).rfind(kPoint, 0) == 0;
            if (chooses == choice && names_component(root, change, errors)) {
                apply_override(root, change.assignment, errors, change.typed, change.directory);
            }
        }
        if (choice) {
            apply_operating_point(root, errors);
        }
    }
    Config config = read_config<Config>(root, errors);
    errors.throw_if_any();
    return config;
}

}  // namespace

Overrides sort_overrides(const std::vector<std::string>& assignments, const std::string& origin,
                         const std::filesystem::path& directory) {
    Overrides overrides;
    for (const std::string& assignment : assignments) {
        const std::string typed = origin + (assignment.empty() ? "''" : assignment);
        if (assignment.rfind(kWorkloadPrefix, 0) == 0) {
            overrides.workload.push_back({assignment.substr(kWorkloadPrefix.size()), typed, directory});
        } else if (names_top_level(assignment)) {
            overrides.soc.push_back({assignment, typed, directory});
        } else {
            overrides.soc.push_back({std::string(kComponentsPrefix) + assignment, typed, directory});
        }
    }
    return overrides;
}

std::string Inputs::resolved_yaml(const ResolvedOptions& options) const {
    return "soc:\n" + indented(write_resolved(soc, options)) + "workload:\n" +
           indented(write_resolved(workload, options));
}

SocConfig load_soc(const std::string& file, const std::vector<Override>& overrides) {
    return read<SocConfig>(InputFile(file), overrides);
}

WorkloadConfig load_workload(const std::string& file, const std::vector<Override>& overrides) {
    return read<WorkloadConfig>(InputFile(file), overrides);
}

InputFile::InputFile(std::string file) : name(std::move(file)), root(load_yaml(name, errors)) {}

InputFiles::InputFiles(std::string soc_file, std::string workload_file) : soc_(std::move(soc_file)) {
    if (!workload_file.empty()) {
        workload_.emplace(std::move(workload_file));
    }
}

Inputs InputFiles::load(const Overrides& overrides) const {
    Inputs inputs;
    inputs.soc_file = soc_.name;
    std::vector<std::string> problems;
    try {
        inputs.soc = read<SocConfig>(soc_, overrides.soc);
    } catch (const ConfigError& error) {
        problems.emplace_back(error.what());
    }
    if (!workload_) {
        if (!overrides.workload.empty()) {
            problems.emplace_back(overrides.workload.front().typed + ": there is no --workload");
        }
    } else {
        inputs.workload_file = workload_->name;
        try {
            inputs.workload = read<WorkloadConfig>(*workload_, overrides.workload);
        } catch (const ConfigError& error) {
            problems.emplace_back(error.what());
        }
    }
    if (!problems.empty()) {
        throw ConfigError(join(problems, "\n"));
    }
    return inputs;
}

Inputs load_inputs(const std::string& soc_file, const std::string& workload_file,
                   const std::vector<std::string>& assignments, const std::string& policy) {
    Overrides overrides = sort_overrides(assignments);
    if (!policy.empty()) {
        overrides.workload.push_back({"policy=" + policy, "--policy " + policy, {}});
    }
    return InputFiles(soc_file, workload_file).load(overrides);
}

}  // namespace handset
