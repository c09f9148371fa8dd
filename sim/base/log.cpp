// SPDX-License-Identifier: Apache-2.0
#include "sim/base/log.h"

#include <cstdio>

namespace handset {

namespace {

LogLevel g_level = LogLevel::info;

void write_line(std::string_view prefix, std::string_view message) {
    std::fprintf(stderr, "%.*s%.*s\n", static_cast<int>(prefix.size()), prefix.data(), static_cast<int>(message.size()),
                 message.data());
}

}  // namespace

void set_log_level(LogLevel level) {
    g_level = level;
}

void log_info(std::string_view message) {
    if (g_level >= LogLevel::info) {
        write_line("", message);
    }
}

void log_warning(std::string_view message) {
    write_line("warning: ", message);
}

void log_debug(std::string_view message) {
    if (g_level >= LogLevel::debug) {
        write_line("debug: ", message);
    }
}

}  // namespace handset
