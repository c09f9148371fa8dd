// SPDX-License-Identifier: Apache-2.0
// What the row-wise operators share: operand checks with uniform messages, and a base class that turns a RowwiseSpec
// into the whole lowering. Knows no operator.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ir/kernel.h"
#include "workloads/kernels/tiling.h"

namespace handset {

/// Throws ConfigError "<kernel> '<op>': <reason>" unless `condition`.
void require(const OpNode& op, bool condition, std::string_view reason);
void require_inputs(const OpNode& op, std::size_t least, std::size_t most);
/// "input 1 (weight) must be fp32, is q8_0"
void require_format(const OpNode& op, std::size_t input, std::string_view role, NumberFormat format);
void require_shape(const OpNode& op, std::size_t input, std::string_view role, Shape shape);
/// Input 0 is fp32 and has elements.
void require_fp32_rows(const OpNode& op);
/// An attribute that must be an integer of at least 1 and below 2^31.
std::uint32_t positive_attribute(const OpNode& op, std::string_view name);
std::string to_text(Shape shape);

/// Elements per smallest unit of an elementwise split: one 64-byte line of fp32.
inline constexpr std::uint64_t kElementMultiple = 16;

/// An operator whose rows are independent: a RowwiseSpec says how it is cut, compute() sees {first row, rows}.
class RowwiseKernel : public Kernel {
  public:
    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override;
    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override;

  protected:
    /// Throws ConfigError when the outputs do not fit what infer_shapes says.
    [[nodiscard]] virtual RowwiseSpec spec(const OpNode& op) const = 0;

    /// Output 0 has the inferred shape and format `format`.
    void require_output(const OpNode& op, NumberFormat format) const;
    /// Output 0 has the inferred shape.
    void require_output_shape(const OpNode& op) const;
};

/// An fp32 operator in which output element i depends on elements i of its fp32 inputs; all have the same shape.
class ElementwiseKernel : public RowwiseKernel {
  public:
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override;
    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override;

  protected:
    [[nodiscard]] RowwiseSpec spec(const OpNode& op) const override;

    [[nodiscard]] virtual std::size_t input_count() const = 0;
    /// Attributes that the operator needs, beyond equal shapes.
    virtual void check(const OpNode& /*op*/) const {}
    [[nodiscard]] virtual Work work_per_element(const OpNode& op) const = 0;
    virtual void apply(const OpNode& op, std::span<const std::span<const float>> inputs,
                       std::span<float> out) const = 0;
};

/// The tile's part of operand `operand`: `count` floats.
std::span<float> tile_floats(const Tile& tile, std::span<std::byte> local, std::size_t operand, std::uint64_t count);
std::span<std::byte> tile_bytes(const Tile& tile, std::span<std::byte> local, std::size_t operand, std::uint64_t count);

}  // namespace handset
