// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_shapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sim/app/op_formats.h"
#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/kernels/catalogue.h"

namespace handset {

namespace {

constexpr std::uint64_t kLargest = (std::uint64_t{1} << 31) - 1;

[[noreturn]] void fail_range(const std::string& kernel, const std::string& key, std::uint64_t value) {
    throw ConfigError("the shape of " + kernel + ": " + key + "=" + std::to_string(value) + " is out of range (1 to " +
                      std::to_string(kLargest) + ")");
}

/// "n=64"
std::pair<std::string, std::uint64_t> parse_pair(const std::string& part, const std::string& option) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw ConfigError(option + ": expected KEY=NUMBER, found '" + part + "'");
    }
    const std::string key = part.substr(0, equals);
    const std::string digits = part.substr(equals + 1);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        throw ConfigError(option + ": " + key + " must be a whole number, not '" + digits + "'");
    }
    return {key, value};
}

/// Of a gather: each is a transfer of its own.
constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 20;

// Of operators whose constants do not change their cost.
constexpr double kEpsilon = 1e-5;
constexpr double kRopeBase = 10000.0;

void add_input(OpCase& out, std::string_view name, Shape shape, NumberFormat format,
               MemoryTag tag = MemoryTag::activations) {
    Tensor tensor;
    tensor.name = name;
    tensor.shape = shape;
    tensor.format = format;
    tensor.tag = tag;
    out.op.inputs.push_back(
        {.tensor = TensorId{out.tensors.size()}, .shape = shape, .format = format, .offset = {}, .tag = tag});
    out.tensors.push_back(std::move(tensor));
}

/// After all inputs and attributes: the shape follows from them.
void add_output(OpCase& out, NumberFormat format = NumberFormat::fp32) {
    const Shape shape = find_kernel(out.op.kernel).infer_shapes(out.op).at(0);
    Tensor tensor;
    tensor.name = "out";
    tensor.shape = shape;
    tensor.format = format;
    out.op.outputs.push_back({.tensor = TensorId{out.tensors.size()}, .shape = shape, .format = format, .offset = {}});
    out.tensors.push_back(std::move(tensor));
}

std::uint64_t value_or(const ShapeValues& shape, std::string_view key, std::uint64_t fallback) {
    const auto found = shape.find(key);
    return found == shape.end() ? fallback : found->second;
}

Shape rows_cols(const ShapeValues& shape) {
    return {shape.find("rows")->second, shape.find("cols")->second};
}

void build_product(const ShapeValues& shape, std::string_view format, OpCase& out) {
    const ProductFormat& formats = product_format(format);
    const std::uint64_t k = shape.find("k")->second;
    add_input(out, "a", {shape.find("m")->second, k}, formats.activations);
    add_input(out, "w", {shape.find("n")->second, k}, formats.weights, MemoryTag::weights);
    add_output(out, formats.output);
}

void build_attention(const ShapeValues& shape, std::string_view format, OpCase& out) {
    const std::uint64_t rows = shape.find("rows")->second;
    const std::uint64_t heads = shape.find("heads")->second;
    const std::uint64_t kv_heads = value_or(shape, "kv_heads", heads);
    const std::uint64_t head_dim = shape.find("head_dim")->second;
    const std::uint64_t kv = value_or(shape, "kv", rows);
    out.op.attrs.set("heads", static_cast<std::int64_t>(heads))
        .set("kv_heads", static_cast<std::int64_t>(kv_heads))
        .set("head_dim", static_cast<std::int64_t>(head_dim));
    if (shape.count("window") > 0) {
        out.op.attrs.set("window", static_cast<std::int64_t>(shape.find("window")->second));
    }
    add_input(out, "q", {rows, heads * head_dim}, NumberFormat::fp32);
    add_input(out, "keys", {kv, kv_heads * head_dim}, number_format(format), MemoryTag::kv);
    add_input(out, "values", {kv, kv_heads * head_dim}, number_format(format), MemoryTag::kv);
    add_output(out);
}

template <std::size_t kParameters>
void build_norm(const ShapeValues& shape, std::string_view /*format*/, OpCase& out) {
    constexpr std::array<std::string_view, 2> kNames{"weight", "bias"};
    const Shape x = rows_cols(shape);
    out.op.attrs.set("eps", kEpsilon);
    add_input(out, "x", x, NumberFormat::fp32);
    for (std::size_t i = 0; i < kParameters; ++i) {
        add_input(out, kNames[i], {1, x.cols}, NumberFormat::fp32, MemoryTag::weights);
    }
    add_output(out);
}

template <std::size_t kInputs>
void build_elementwise(const ShapeValues& shape, std::string_view /*format*/, OpCase& out) {
    for (const std::string_view name : std::array<std::string_view, 2>{"x", "y"}) {
        if (out.op.inputs.size() < kInputs) {
            add_input(out, name, rows_cols(shape), NumberFormat::fp32);
        }
    }
    add_output(out);
}

void build_gated(const ShapeValues& shape, std::string_view format, OpCase& out) {
    out.op.attrs.set("activation", std::string("silu"));
    build_elementwise<2>(shape, format, out);
}

void build_rope(const ShapeValues& shape, std::string_view format, OpCase& out) {
    const Shape x = rows_cols(shape);
    const std::uint64_t head_dim = value_or(shape, "head_dim", x.cols);
    if (x.cols % head_dim != 0) {
        throw ConfigError("rope: cols=" + std::to_string(x.cols) +
                          " is not a multiple of head_dim=" + std::to_string(head_dim));
    }
    out.op.attrs.set("heads", static_cast<std::int64_t>(x.cols / head_dim))
        .set("head_dim", static_cast<std::int64_t>(head_dim))
        .set("base", kRopeBase)
        .set("pairing", std::string("interleaved"));
    out.op.runtime.set("position", std::int64_t{0});
    add_input(out, "x", x, NumberFormat::fp32);
    add_output(out, number_format(format));
}

void build_quantise(const ShapeValues& shape, std::string_view format, OpCase& out) {
    out.op.attrs.set("format", std::string(format));
    add_input(out, "x", rows_cols(shape), NumberFormat::fp32);
    add_output(out, number_format(format));
}

void build_dequantise(const ShapeValues& shape, std::string_view format, OpCase& out) {
    add_input(out, "x", rows_cols(shape), number_format(format));
    add_output(out);
}

void build_copy(const ShapeValues& shape, std::string_view format, OpCase& out) {
    add_input(out, "x", rows_cols(shape), number_format(format));
    add_output(out, number_format(format));
}

/// Tokens spread over the whole table.
void build_embedding(const ShapeValues& shape, std::string_view format, OpCase& out) {
    const std::uint64_t rows = shape.find("rows")->second;
    const std::uint64_t vocab = shape.find("vocab")->second;
    if (rows > kMostTokens) {
        throw ConfigError("embedding: rows=" + std::to_string(rows) + " are more than " + std::to_string(kMostTokens));
    }
    for (std::uint64_t i = 0; i < rows; ++i) {
        out.op.gather.push_back(static_cast<std::uint32_t>(i * vocab / rows));
    }
    add_input(out, "table", {vocab, shape.find("cols")->second}, number_format(format), MemoryTag::weights);
    add_output(out);
}

/// Channels spread over the whole width.
void build_outlier_matmul(const ShapeValues& shape, std::string_view format, OpCase& out) {
    const std::uint64_t width = shape.find("k")->second;
    const std::uint64_t channels = shape.find("channels")->second;
    for (std::uint64_t i = 0; i < channels && channels <= width; ++i) {
        out.op.gather.push_back(static_cast<std::uint32_t>(i * width / channels));
    }
    out.op.attrs.set("gather_from", std::int64_t{2});
    add_input(out, "weights", {width, shape.find("n")->second}, number_format(format), MemoryTag::weights);
    add_input(out, "residual", {shape.find("m")->second, channels}, NumberFormat::fp32);
    add_input(out, "indices", {1, channels}, NumberFormat::int32);
    add_output(out);
}

void build_sample(const ShapeValues& shape, std::string_view /*format*/, OpCase& out) {
    add_input(out, "logits", {1, shape.find("cols")->second}, NumberFormat::fp32);
    add_output(out, NumberFormat::int32);
}

constexpr std::array kProductKeys{ShapeKey{"m", "rows of activations (tokens)"},
                                  ShapeKey{"n", "output channels (rows of weights)"},
                                  ShapeKey{"k", "contracted dimension"}};
constexpr std::array kRowsCols{ShapeKey{"rows", "rows (tokens)"}, ShapeKey{"cols", "elements of a row"}};
constexpr std::array kRopeKeys{ShapeKey{"rows", "rows (tokens)"}, ShapeKey{"cols", "elements of a row"},
                               ShapeKey{"head_dim", "elements of a head; default: cols", true}};
constexpr std::array kAttentionKeys{ShapeKey{"rows", "query rows (tokens)"},
                                    ShapeKey{"kv", "keys, the last ones those of the rows; default: rows", true},
                                    ShapeKey{"heads", "query heads"},
                                    ShapeKey{"kv_heads", "key and value heads; default: heads", true},
                                    ShapeKey{"head_dim", "elements of a head"},
                                    ShapeKey{"window", "keys a row sees at most; default: all", true}};
constexpr std::array kEmbeddingKeys{ShapeKey{"rows", "tokens"}, ShapeKey{"vocab", "rows of the table"},
                                    ShapeKey{"cols", "elements of a row"}};
constexpr std::array kOutlierKeys{ShapeKey{"m", "rows of activations (tokens)"}, ShapeKey{"n", "output channels"},
                                  ShapeKey{"k", "input channels (rows of weights)"},
                                  ShapeKey{"channels", "input channels that are outliers"}};
constexpr std::array kSampleKeys{ShapeKey{"cols", "logits"}};

std::vector<std::string> product_format_names() {
    std::vector<std::string> names;
    for (const ProductFormat& format : product_formats()) {
        names.emplace_back(format.name);
    }
    return names;
}

std::string key_list(const OpRecipe& recipe) {
    std::vector<std::string> names;
    for (const ShapeKey& key : recipe.keys) {
        names.push_back(key.optional ? "[" + std::string(key.name) + "]" : std::string(key.name));
    }
    return join(names, ", ");
}

void check_shape(const OpRecipe& recipe, const ShapeValues& shape) {
    const std::string kernel(recipe.kernel);
    std::vector<std::string> known;
    for (const ShapeKey& key : recipe.keys) {
        known.emplace_back(key.name);
        if (!key.optional && shape.count(key.name) == 0) {
            throw ConfigError("the shape of " + kernel + " lacks '" + std::string(key.name) +
                              "' (keys: " + key_list(recipe) + ")");
        }
    }
    for (const auto& [key, value] : shape) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            throw ConfigError(unknown_name("shape key of " + kernel, key, known));
        }
        if (value == 0 || value > kLargest) {
            fail_range(kernel, key, value);
        }
    }
}

std::string shape_text(const OpRecipe& recipe, const ShapeValues& shape) {
    std::vector<std::string> parts;
    for (const ShapeKey& key : recipe.keys) {
        if (const auto found = shape.find(key.name); found != shape.end()) {
            parts.push_back(found->first + "=" + std::to_string(found->second));
        }
    }
    return join(parts, ",");
}

}  // namespace

std::span<const OpRecipe> op_recipes() {
    static const std::vector<std::string> kPlain{"fp32"};
    static const std::vector<std::string> kProducts = product_format_names();
    static const std::vector<std::string> kStored{"q4_0", "q8_0", "int8", "fp16", "bf16", "fp32"};
    static const std::array kRecipes{
        OpRecipe{"matmul", kProductKeys, kProducts, build_product},
        OpRecipe{"lm_head", kProductKeys, kProducts, build_product},
        OpRecipe{"attention", kAttentionKeys, {"fp16", "fp32"}, build_attention},
        OpRecipe{"rmsnorm", kRowsCols, kPlain, build_norm<1>},
        OpRecipe{"layernorm", kRowsCols, kPlain, build_norm<2>},
        OpRecipe{"softmax", kRowsCols, kPlain, build_elementwise<1>},
        OpRecipe{"silu", kRowsCols, kPlain, build_elementwise<1>},
        OpRecipe{"gelu", kRowsCols, kPlain, build_elementwise<1>},
        OpRecipe{"gated", kRowsCols, kPlain, build_gated},
        OpRecipe{"add", kRowsCols, kPlain, build_elementwise<2>},
        OpRecipe{"mul", kRowsCols, kPlain, build_elementwise<2>},
        OpRecipe{"rope", kRopeKeys, {"fp32", "fp16"}, build_rope},
        OpRecipe{"quantise", kRowsCols, {"int8", "q8_0"}, build_quantise},
        OpRecipe{"dequantise", kRowsCols, {"int8", "q8_0", "q4_0", "fp16", "bf16"}, build_dequantise},
        OpRecipe{"copy", kRowsCols, {"fp32", "fp16", "bf16", "int8", "q8_0", "q4_0"}, build_copy},
        OpRecipe{"embedding", kEmbeddingKeys, kStored, build_embedding},
        OpRecipe{"outlier_matmul", kOutlierKeys, {"int8", "fp16", "bf16", "fp32"}, build_outlier_matmul},
        OpRecipe{"sample", kSampleKeys, kPlain, build_sample},
    };
    return kRecipes;
}

const OpRecipe& op_recipe(std::string_view kernel) {
    std::vector<std::string> known;
    for (const OpRecipe& recipe : op_recipes()) {
        if (recipe.kernel == kernel) {
            return recipe;
        }
        known.emplace_back(recipe.kernel);
    }
    throw ConfigError(unknown_name("operator", kernel, known));
}

ShapeValues parse_shape(std::string_view text, const std::string& option) {
    ShapeValues shape;
    for (const std::string& part : split(text, ',')) {
        if (!shape.insert(parse_pair(part, option)).second) {
            throw ConfigError(option + ": " + part.substr(0, part.find('=')) + " is given twice");
        }
    }
    return shape;
}

OpCase make_op_case(const OpRecipe& recipe, const ShapeValues& shape, std::string_view format) {
    check_shape(recipe, shape);
    OpCase out;
    out.format = format.empty() ? recipe.formats.front() : std::string(format);
    if (std::find(recipe.formats.begin(), recipe.formats.end(), out.format) == recipe.formats.end()) {
        throw ConfigError(unknown_name("format of " + std::string(recipe.kernel), out.format, recipe.formats));
    }
    out.op.kernel = recipe.kernel;
    out.op.name = recipe.kernel;
    out.shape = shape_text(recipe, shape);
    recipe.build(shape, out.format, out);
    return out;
}

}  // namespace handset
