// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_formats.h"

#include <array>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

namespace {

using enum NumberFormat;

// Integer sums leave scaled as fp32; products of half-precision activations leave in their format.
constexpr std::array kProductFormats{
    ProductFormat{"w8a8", int8, int8, fp32, "int8 x int8, a scale per output channel and per token"},
    ProductFormat{"w8a8h", int8, int8, fp16, "the same with fp16 results"},
    ProductFormat{"w8a8g", q8_0, q8_0, fp32, "q8_0 x q8_0: 8 bit in groups of 32, each with its scale"},
    ProductFormat{"w4a8", q4_0, q8_0, fp32, "q4_0 x q8_0: 4 bit weights in groups of 32"},
    ProductFormat{"w8a16", int8, fp16, fp16, "int8 weights with a scale per channel, fp16 activations"},
    ProductFormat{"w8a16g", q8_0, fp16, fp16, "q8_0 weights, fp16 activations"},
    ProductFormat{"w4a16", q4_0, fp16, fp16, "q4_0 weights, fp16 activations"},
    ProductFormat{"w8a32", int8, fp32, fp32, "int8 weights with a scale per channel, fp32 activations"},
    ProductFormat{"w8a32g", q8_0, fp32, fp32, "q8_0 weights, fp32 activations"},
    ProductFormat{"w4a32", q4_0, fp32, fp32, "q4_0 weights, fp32 activations"},
    ProductFormat{"w16a32", fp16, fp32, fp32, "fp16 weights, fp32 activations"},
    ProductFormat{"fp16", fp16, fp16, fp16, "fp16 x fp16"},
    ProductFormat{"bf16", bf16, bf16, bf16, "bf16 x bf16"},
    ProductFormat{"fp32", fp32, fp32, fp32, "fp32 x fp32"},
};

}  // namespace

std::span<const ProductFormat> product_formats() {
    return kProductFormats;
}

const ProductFormat& product_format(std::string_view name) {
    std::vector<std::string> known;
    for (const ProductFormat& format : kProductFormats) {
        if (format.name == name) {
            return format;
        }
        known.emplace_back(format.name);
    }
    throw ConfigError(unknown_name("format", name, known));
}

}  // namespace handset
