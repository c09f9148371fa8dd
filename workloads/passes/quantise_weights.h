// SPDX-License-Identifier: Apache-2.0
// Offline conversion of weights to another number format, as an engine's model converter does before deployment. It
// changes the weight table and appends the converted bytes to the flash image; it takes no simulated time.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "workloads/models/weight_image.h"

namespace handset {

enum class WeightFormat : std::uint8_t { as_stored, fp32, fp16, int8, q8_0, q4_0 };
/// Scales of int8 weights: one per output channel (row), or one for the whole matrix.
enum class WeightScale : std::uint8_t { channel, tensor };

std::span<const std::pair<std::string_view, WeightFormat>> enum_names(WeightFormat /*type*/);
std::span<const std::pair<std::string_view, WeightScale>> enum_names(WeightScale /*type*/);

struct WeightConversion {
    WeightFormat format = WeightFormat::as_stored;
    WeightScale scale = WeightScale::channel;
    /// Which matrices to convert; empty: all. Norms and biases are never converted.
    std::function<bool(const Weight&)> chosen = {};
};

/// Matrices that have the format already stay where they are, except for int8 with one scale per tensor. Without
/// `with_data` only addresses and sizes are made. Throws ConfigError naming weights that cannot be stored so.
ModelWeights convert_weights(const ModelWeights& weights, const WeightConversion& conversion, bool with_data);

}  // namespace handset
