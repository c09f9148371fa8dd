// SPDX-License-Identifier: Apache-2.0
#include "sim/app/inputs.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "sim/base/text.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/yaml_reader.h"

namespace handset {

namespace {

constexpr std::string_view kWorkloadPrefix = "workload.";

bool names_top_level(std::string_view assignment) {
    static constexpr std::array<std::string_view, 4> kTop{"name", "description", "components", "host"};
    const std::string_view first = assignment.substr(0, assignment.find_first_of(".="));
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

}  // namespace

Overrides sort_overrides(const std::vector<std::string>& assignments) {
    Overrides overrides;
    for (const std::string& assignment : assignments) {
        if (assignment.rfind(kWorkloadPrefix, 0) == 0) {
            overrides.workload.push_back(assignment.substr(kWorkloadPrefix.size()));
        } else {
            overrides.soc.push_back(names_top_level(assignment) ? assignment : "components." + assignment);
        }
    }
    return overrides;
}

std::string Inputs::resolved_yaml() const {
    return "soc:\n" + indented(write_resolved(soc)) + "workload:\n" + indented(write_resolved(workload));
}

Inputs load_inputs(const std::string& soc_file, const std::string& workload_file,
                   const std::vector<std::string>& assignments) {
    const Overrides overrides = sort_overrides(assignments);
    Inputs inputs;
    inputs.soc_file = soc_file;
    inputs.workload_file = workload_file;
    std::vector<std::string> problems;
    try {
        inputs.soc = load_config<SocConfig>(soc_file, overrides.soc);
    } catch (const ConfigError& error) {
        problems.emplace_back(error.what());
    }
    if (workload_file.empty()) {
        if (!overrides.workload.empty()) {
            problems.emplace_back("--set workload." + overrides.workload.front() + ": there is no --workload");
        }
    } else {
        try {
            inputs.workload = load_config<WorkloadConfig>(workload_file, overrides.workload);
        } catch (const ConfigError& error) {
            problems.emplace_back(error.what());
        }
    }
    if (!problems.empty()) {
        throw ConfigError(join(problems, "\n"));
    }
    return inputs;
}

}  // namespace handset
