// SPDX-License-Identifier: Apache-2.0
#include "sim/app/outputs.h"

#include <array>
#include <ctime>
#include <filesystem>
#include <set>
#include <string_view>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include "sim/app/cli.h"
#include "sim/base/errors.h"

namespace handset {

HostFacts host_facts(std::chrono::steady_clock::time_point begin) {
    HostFacts facts;
    facts.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    facts.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    facts.date = date.data();
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    facts.host = host.data();
    return facts;
}

void check_outputs(const std::vector<std::string>& inputs, const std::string& result, const std::string& timeline) {
    struct Output {
        std::string path;
        std::string_view magic;
    };
    std::vector<Output> outputs;
    if (!result.empty()) {
        outputs.push_back({result, "\x89HDF"});
        outputs.push_back({host_json_path(result), "{"});
    }
    if (!timeline.empty()) {
        outputs.push_back({timeline, "{"});
    }
    std::error_code code;
    std::set<std::filesystem::path> names;
    for (const Output& output : outputs) {
        for (const std::string& input : inputs) {
            if (!input.empty() && std::filesystem::equivalent(output.path, input, code)) {
                throw ConfigError("cannot write '" + output.path + "': it is an input of this run");
            }
        }
        if (!names.insert(std::filesystem::weakly_canonical(output.path, code)).second) {
            throw ConfigError("-o and --timeline name the same file '" + output.path + "'");
        }
        prepare_output(output.path, output.magic);
    }
}

}  // namespace handset
