// SPDX-License-Identifier: Apache-2.0
// Tensors are matrices of contiguous rows in simulated memory; higher ranks are folded into rows by the builder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/ids.h"
#include "sim/ir/number_format.h"

namespace handset {

/// What a piece of memory holds; footprint is reported by tag and caches may treat tags differently.
enum class MemoryTag : std::uint8_t { weights, kv, activations, graphs, scratch };
inline constexpr std::size_t kMemoryTags = 5;
std::string_view memory_tag_name(MemoryTag tag);

struct Shape {
    std::uint64_t rows = 0;
    std::uint64_t cols = 0;

    friend bool operator==(const Shape&, const Shape&) = default;
};

struct Tensor {
    TensorId id;
    std::string name;  ///< unique in a graph; persistent tensors of equal name are one tensor across graphs
    Shape shape;
    NumberFormat format = NumberFormat::fp32;
    MemoryTag tag = MemoryTag::activations;
    bool persistent = false;               ///< outlives the graph (weights, KV cache)
    std::optional<Address> flash_address;  ///< where its bytes start in flash (weights)

    [[nodiscard]] Bytes bytes() const { return shape.rows * row_bytes(format, shape.cols); }
};

/// A view of whole rows of a tensor, as an operand of an op.
struct TensorUse {
    TensorId tensor;
    Shape shape;
    NumberFormat format = NumberFormat::fp32;
    Bytes offset;  ///< of the first row, from the tensor's start
    MemoryTag tag = MemoryTag::activations;

    [[nodiscard]] Bytes bytes() const { return shape.rows * row_bytes(format, shape.cols); }
};

}  // namespace handset
