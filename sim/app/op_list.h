// SPDX-License-Identifier: Apache-2.0
// Lists of shapes for `handset op`: a CSV file with the keys of the kernel's shape, or the layer files of SCALE-Sim.
// Source of the latter: SCALE-Sim v2/v3, topologies/*/*.csv and scalesim/topology_utils.py (convolutions as im2col
// products; the input already holds its padding; a last partial window counts).
#pragma once

#include <string>
#include <vector>

#include "sim/app/op_shapes.h"

namespace handset {

struct OpListEntry {
    std::string label;
    ShapeValues shape;
    std::string format;  ///< empty: not said
    std::string where;   ///< "shapes.csv:3", for messages
};

/// Header: shape keys of the recipe, and optionally `name` and `format`. Lines that are blank or start with # are
/// skipped; an empty cell of an optional key is not given. Throws ConfigError with file and line of every problem.
std::vector<OpListEntry> read_op_list(const std::string& file, const OpRecipe& recipe);

/// "Layer, M, N, K," or "Layer name, IFMAP Height, ..., Strides,": products m x k x n. Throws like read_op_list().
std::vector<OpListEntry> read_scalesim_layers(const std::string& file);

}  // namespace handset
