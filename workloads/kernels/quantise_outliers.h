// SPDX-License-Identifier: Apache-2.0
// int8 with one scale for the whole tensor in which a few channels (columns) do not count: the `channels` columns of
// largest magnitude, whose values may lie beyond 127 steps of the scale. They are clamped; what clamping and rounding
// took from them is the residual [rows, channels] fp32, beside the columns' indices [1, channels] int32, ascending.
// With the attribute drop = 1 the residual is lost. Source: llm.npu (arXiv 2407.05858, section 3.3), which takes scale
// and threshold from a calibration run; here both are those of the step at hand.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/kernels/quantise_passes.h"

namespace handset {

/// Throws ConfigError unless 1 <= channels < columns.
void check_outliers(const OpNode& op);
/// Outputs after the quantised tensor: residual and indices, or nothing.
std::vector<Shape> outlier_shapes(const OpNode& op);
PassesSpec outlier_passes(const OpNode& op);
void compute_outliers(const OpNode& op, const Tile& tile, std::span<std::byte> local);

}  // namespace handset
