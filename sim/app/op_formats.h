// SPDX-License-Identifier: Apache-2.0
// The one table of number formats that a matrix product may be asked for by name: "w8a8" and its relatives.
#pragma once

#include <span>
#include <string_view>

#include "sim/ir/number_format.h"

namespace handset {

struct ProductFormat {
    std::string_view name;
    NumberFormat weights;
    NumberFormat activations;
    NumberFormat output;
    std::string_view doc;
};

std::span<const ProductFormat> product_formats();
/// Throws ConfigError that lists the known names.
const ProductFormat& product_format(std::string_view name);

}  // namespace handset
