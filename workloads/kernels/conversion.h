// SPDX-License-Identifier: Apache-2.0
// Vector work of moving numbers and of changing their format. A conversion is counted in the wider of its two formats:
// as many registers must be filled or emptied, however few hold the narrow side. Does not know what an instruction
// costs; the devices' tables do.
#pragma once

#include <cstdint>

#include "sim/ir/number_format.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// What registers hold of elements that are stored so; codes of all widths up to a byte take a byte.
ElementFormat element_format(NumberFormat stored);
/// What a datapath takes its activations in.
ElementFormat element_format(MacFormat datapath);

/// Between widths: narrowing is VectorOp::quantise, else VectorOp::dequantise.
void add_conversion(Work& work, ElementFormat from, ElementFormat to, std::uint64_t count);
/// Between stored formats, none when they are equal. Codes become other codes by way of fp32.
void add_conversion(Work& work, NumberFormat from, NumberFormat to, std::uint64_t count);

}  // namespace handset
