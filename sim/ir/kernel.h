// SPDX-License-Identifier: Apache-2.0
// An operator: shape rule, lowering to tiles, and the real numerics tile by tile. Implementations live in
// workloads/kernels, one per file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ir/device_caps.h"
#include "sim/ir/op_graph.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// A named way to cut an op into tiles.
struct LoweringInfo {
    std::string_view name;
    std::string_view doc;
    bool halves = false;  ///< operands pass through fp16: floats agree within its rounding only
};

/// The lowering that the op's attributes name for a kind of device, else "auto".
std::string lowering_name(const OpNode& op, DeviceKind kind);

class Kernel {
  public:
    virtual ~Kernel() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::string_view doc() const = 0;
    /// Shapes of the outputs from inputs and attrs (outputs of `op` are not read). Throws ConfigError on operands
    /// that do not fit together or formats it cannot compute.
    [[nodiscard]] virtual std::vector<Shape> infer_shapes(const OpNode& op) const = 0;
    /// Ways to cut the op that a workload may choose by name (attribute "lowering.<device kind>"); "auto", the kernel's
    /// own choice, is always possible and not listed. Every lowering gives the same numbers (floats: within rounding,
    /// that of fp16 if LoweringInfo::halves).
    [[nodiscard]] virtual std::span<const LoweringInfo> lowerings() const { return {}; }
    /// Whether a device with these capabilities can run the op (datapath for its formats, local store large enough).
    [[nodiscard]] virtual bool supports(const OpNode& op, const DeviceCaps& caps) const = 0;
    /// Throws ConfigError when a tile fits nowhere. Deterministic; depends on signature(op) and caps only.
    [[nodiscard]] virtual TileProgram lower(const OpNode& op, const DeviceCaps& caps) const = 0;
    /// The numbers of one tile, computed in place in the lane's local store. Reads only what loads brought there.
    virtual void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const = 0;
};

/// Runs a program's bytes in tile order against plain memory, without time: the functional reference that kernel
/// conformance tests use. `operands` are the bytes of inputs then outputs (views already applied); scratch is made
/// here.
void interpret(const Kernel& kernel, const OpNode& op, const TileProgram& program,
               std::span<const std::span<std::byte>> operands);

}  // namespace handset
