// SPDX-License-Identifier: Apache-2.0
// Builds the node tree of one YAML text from yaml-cpp's parser events. Does not know `include:`.
#pragma once

#include <cstddef>
#include <optional>

#include "sim/config/yaml_document.h"

namespace handset::detail {

/// Duplicate keys, anchors and tags are reported and skipped; anything that leaves the tree incomplete is reported and
/// returns nothing. `node_budget` is decreased by the nodes made.
std::optional<Node> build_tree(std::string_view text, const std::shared_ptr<const YamlSource>& source,
                               std::size_t& node_budget, Errors& errors);

}  // namespace handset::detail
