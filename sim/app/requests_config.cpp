// SPDX-License-Identifier: Apache-2.0
#include "sim/app/requests_config.h"

#include <system_error>

namespace handset {

void RequestConfig::check(Errors& errors) const {
    if (prompt.has_value() == (prompt_tokens > 0)) {
        errors.add("prompt", "give either a prompt text or 'prompt_tokens'");
    }
}

void RequestsConfig::check(Errors& errors) const {
    if (list.empty() == file.empty()) {
        errors.add("", "give either 'list' or 'file'");
    }
    std::error_code code;
    if (!file.empty() && !std::filesystem::exists(file, code)) {
        errors.add("file", "there is no file '" + file.string() + "'");
    }
    if (file.empty() && (from > 0 || limit > 0 || scale_arrivals != 1.0)) {
        errors.add("", "'from', 'limit' and 'scale_arrivals' go with 'file'");
    }
    std::optional<Femtoseconds> last;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (last.has_value() && list[i].arrival.has_value() && *list[i].arrival < *last) {
            errors.add("list." + std::to_string(i) + ".arrival", "the request arrives before one above it");
        }
        last = list[i].arrival.has_value() ? list[i].arrival : last;
    }
}

}  // namespace handset
