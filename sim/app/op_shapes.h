// SPDX-License-Identifier: Apache-2.0
// The one table of what `handset op` can build: each kernel with the keys of its --shape, its formats, and how its
// operands follow from them. Operands lie in DRAM; graphs, devices and time are not known here.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ir/kernel.h"
#include "sim/ir/op_graph.h"

namespace handset {

/// "m=256,n=4096": values by key.
using ShapeValues = std::map<std::string, std::uint64_t, std::less<>>;

struct ShapeKey {
    std::string_view name;
    std::string_view doc;
    bool optional = false;
};

/// One op by itself: its operands are tensors of their own.
struct OpCase {
    OpNode op;  ///< uses are views of whole tensors, by position: inputs, then outputs
    std::vector<Tensor> tensors;
    /// Shape and format as text: "m=256,n=4096,k=4096" and "w8a8", with defaults filled in.
    std::string shape;
    std::string format;
};

struct OpRecipe {
    std::string_view kernel;
    std::span<const ShapeKey> keys;
    std::vector<std::string> formats;  ///< the first is the default
    void (*build)(const ShapeValues& shape, std::string_view format, OpCase& out);
};

std::span<const OpRecipe> op_recipes();
/// Throws ConfigError that lists the known kernels.
const OpRecipe& op_recipe(std::string_view kernel);

/// Throws ConfigError, which names the option: a pair without '=', a value that is not a whole number, a key given
/// twice.
ShapeValues parse_shape(std::string_view text, const std::string& option = "--shape");

/// Throws ConfigError: unknown or missing keys (known ones are listed), sizes out of [1, 2^31), an unknown format, a
/// shape that the kernel refuses. An empty format means the recipe's default.
OpCase make_op_case(const OpRecipe& recipe, const ShapeValues& shape, std::string_view format);

}  // namespace handset
