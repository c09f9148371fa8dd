// SPDX-License-Identifier: Apache-2.0
#include "sim/config/describe.h"

namespace handset {

void Describer::variant(std::string_view key, AnyConfig& /*member*/, std::span<const ConfigKind> kinds,
                        std::string_view doc) {
    info_.kind_key = key;
    info_.kind_doc = doc;
    for (const ConfigKind& kind : kinds) {
        Describer describer;
        kind.make()->describe(describer);
        info_.kinds.push_back({std::string(kind.name), std::string(kind.doc), std::move(describer.info_.fields)});
    }
}

}  // namespace handset
