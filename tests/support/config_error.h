// SPDX-License-Identifier: Apache-2.0
// The message of a refusal.
#pragma once

#include <string>

#include "sim/base/errors.h"

namespace handset::test {

/// What the ConfigError of `call` says; "no ConfigError" when it throws none.
template <class Call>
std::string config_error(Call call) {
    try {
        call();
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no ConfigError";
}

}  // namespace handset::test
