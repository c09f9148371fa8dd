// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 2020-12) of a config, for editors. It accepts `include` in every map; a map that includes a file
// may lack required keys, because the included file may have them. Ranges of quantities are in the descriptions only.
#pragma once

#include "sim/config/describe.h"

namespace handset {

/// Indented JSON text. A partial schema is for files that others include: it requires no key anywhere.
std::string write_schema(const TypeInfo& type, std::string_view title, bool partial = false);

template <Structured Config>
std::string write_schema(std::string_view title) {
    return write_schema(describe<Config>(), title);
}

}  // namespace handset
