// SPDX-License-Identifier: Apache-2.0
// The ways of a matrix product that a device has, by name, and what arithmetic each asks of it per tile. The numbers
// are the same in all of them: a datapath of another format costs its own time, but operands are not rounded to it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ir/kernel.h"
#include "workloads/kernels/matmul_plan.h"

namespace handset {

/// How weights or activations get into a datapath of another format.
enum class Unpack : std::uint8_t { dequantise, look_up };

struct MatmulStyle {
    std::string_view name;
    MacFormat mac = MacFormat::fp32;
    Unpack unpack = Unpack::dequantise;
    bool pack = false;          ///< activations are copied into micro-panels when they arrive
    bool row_by_row = false;    ///< every row of activations is a product of its own
    bool wave_sums = false;     ///< the lanes of a wave share the contraction and add up their sums at its end
    bool group_folds = false;   ///< every group of the contraction is a product of its own, scaled and added in float
    bool group_scales = false;  ///< integer sums of groups are scaled and added within one product
    std::optional<LoopOrder> order = std::nullopt;
};

std::span<const LoweringInfo> matmul_lowerings();
/// Throws ConfigError when the op names a lowering that the device's kind does not have.
void check_matmul_lowering(const OpNode& op, const DeviceCaps& caps);

/// The styles among which the fastest is taken: all that the device has the datapaths for under "auto", else the named
/// one in its variants. Empty: the device cannot.
std::vector<MatmulStyle> matmul_styles(const OpNode& op, const DeviceCaps& caps);

Work matmul_work(const OpNode& op, const DeviceCaps& caps, const MatmulStyle& style, const MatmulPart& part);

MatmulSizes matmul_sizes(const OpNode& op);

/// The attributes tile.m, tile.n, tile.k and tile.order. Throws ConfigError when k would be cut within a unit.
MatmulLimits matmul_limits(const OpNode& op, const MatmulStyle& style);

}  // namespace handset
