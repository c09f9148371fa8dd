// SPDX-License-Identifier: Apache-2.0
// The parameter reference: Markdown tables generated from the declarations themselves.
#pragma once

#include "sim/config/describe.h"

namespace handset {

/// `title` becomes a level-two heading; each kind of a variant gets a table of its own below the main one.
std::string write_reference(const TypeInfo& type, std::string_view title);

template <Structured Config>
std::string write_reference(std::string_view title) {
    return write_reference(describe<Config>(), title);
}

}  // namespace handset
