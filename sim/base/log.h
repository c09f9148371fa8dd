// SPDX-License-Identifier: Apache-2.0
// Progress and warnings go to stderr, so that stdout carries results only. Not thread safe: one simulation, one thread.
#pragma once

#include <string_view>

namespace handset {

enum class LogLevel { quiet, info, debug };

void set_log_level(LogLevel level);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_debug(std::string_view message);

}  // namespace handset
