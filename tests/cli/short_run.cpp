// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/short_run.h"

#include <stdexcept>

namespace handset::test {

std::vector<std::string> short_run(std::vector<std::string> more) {
    std::vector<std::string> arguments{
        "run", "--soc", kPhone, "--workload", kWorkload, "--set", "workload.max_tokens=3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) {
        throw std::runtime_error("the text to break has no '" + from + "'");
    }
    return text.replace(at, from.size(), to);
}

}  // namespace handset::test
