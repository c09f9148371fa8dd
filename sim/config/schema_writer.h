// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 2020-12) of a config, for editors. It accepts `include` in every map; a map that includes a file
// may lack required keys, because the included file may have them. Ranges of quantities are in the descriptions only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/config/describe.h"

namespace handset {

/// What the files may leave open. part: they are included by others, so that no key is required anywhere. shorthand:
/// their reader takes one element for a list, values of any shape for text in lists and maps, and PATH=VALUE lists for
/// maps.
enum class SchemaUse : std::uint8_t { whole, part, shorthand };

/// Indented JSON text.
std::string write_schema(const TypeInfo& type, std::string_view title, SchemaUse use = SchemaUse::whole);

template <Structured Config>
std::string write_schema(std::string_view title) {
    return write_schema(describe<Config>(), title);
}

}  // namespace handset
