// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/outliers.h"

#include <algorithm>
#include <cmath>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/passes/weight_rows.h"

namespace handset {

namespace {

std::vector<std::byte> transposed(const WeightImage& image, const Weight& from, const Weight& shadow) {
    const std::uint64_t columns = shadow.shape.cols;
    std::vector<float> values(shadow.shape.rows * columns);
    WeightRows source(image, from);
    for (std::uint64_t out = 0; out < columns; ++out) {
        const std::span<const float> row = source.row(out);
        for (std::uint64_t in = 0; in < row.size(); ++in) {
            values[in * columns + out] = row[in];
        }
    }
    const std::uint64_t stride = row_bytes(shadow.format, columns).count();
    std::vector<std::byte> bytes(shadow.shape.rows * stride);
    for (std::uint64_t in = 0; in < shadow.shape.rows; ++in) {
        encode_row(shadow.format, std::span<const float>(values).subspan(in * columns, columns),
                   std::span(bytes).subspan(in * stride, stride));
    }
    return bytes;
}

}  // namespace

std::vector<bool> kept_layers(std::uint32_t layers, double pruned) {
    ensure(pruned >= 0.0 && pruned <= 1.0, "a share of layers");
    const auto dropped = static_cast<std::uint32_t>(std::lround(pruned * layers));
    const std::uint32_t kept = layers - std::min(dropped, layers);
    std::vector<bool> out(layers);
    for (std::uint32_t i = 0; i < kept; ++i) {
        out[i % 2 == 0 ? i / 2 : layers - 1 - i / 2] = true;
    }
    return out;
}

void add_shadows(ModelWeights& weights, const ModelWeights& source, const std::vector<bool>& kept, bool with_data) {
    const std::vector<Weight> stored = weights.table.weights();
    for (const Weight& weight : stored) {
        const int layer = layer_of(weight.name);
        const bool chosen =
            layer >= 0 && static_cast<std::size_t>(layer) < kept.size() && kept[static_cast<std::size_t>(layer)];
        if (!chosen || weight.role != WeightRole::matrix || weight.format != NumberFormat::int8) {
            continue;
        }
        Weight shadow{.name = shadow_name(weight.name),
                      .shape = {.rows = weight.shape.cols, .cols = weight.shape.rows},
                      .format = NumberFormat::int8,
                      .role = WeightRole::shadow,
                      .flash_address = 0};
        const Bytes size = shadow.size();
        shadow.flash_address =
            with_data ? weights.image.add_bytes(transposed(source.image, source.table.at(weight.name), shadow))
                      : weights.image.reserve(size);
        weights.table.add(std::move(shadow));
    }
}

}  // namespace handset
