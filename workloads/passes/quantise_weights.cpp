// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/quantise_weights.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/passes/weight_rows.h"

namespace handset {

namespace {

constexpr std::array<std::pair<std::string_view, WeightFormat>, 6> kFormats{{{"as_stored", WeightFormat::as_stored},
                                                                             {"fp32", WeightFormat::fp32},
                                                                             {"fp16", WeightFormat::fp16},
                                                                             {"int8", WeightFormat::int8},
                                                                             {"q8_0", WeightFormat::q8_0},
                                                                             {"q4_0", WeightFormat::q4_0}}};
constexpr std::array<std::pair<std::string_view, WeightScale>, 2> kScales{
    {{"channel", WeightScale::channel}, {"tensor", WeightScale::tensor}}};

NumberFormat number_format_of(WeightFormat format) {
    const auto* row =
        std::find_if(kFormats.begin(), kFormats.end(), [format](const auto& entry) { return entry.second == format; });
    return number_format(row->first);
}

float tensor_scale(WeightRows& source, std::uint64_t rows) {
    constexpr float kMostCode = 127.0F;
    float largest = 0.0F;
    for (std::uint64_t r = 0; r < rows; ++r) {
        for (const float value : source.row(r)) {
            largest = std::max(largest, std::abs(value));
        }
    }
    return largest / kMostCode;
}

std::vector<std::byte> convert(const WeightImage& image, const Weight& from, const Weight& to, WeightScale scale) {
    WeightRows source(image, from);
    const std::uint64_t rows = to.shape.rows;
    const std::uint64_t stride = row_bytes(to.format, to.shape.cols).count();
    const bool per_tensor = to.format == NumberFormat::int8 && scale == WeightScale::tensor;
    const float common = per_tensor ? tensor_scale(source, rows) : 0.0F;
    std::vector<std::byte> bytes(rows * stride);
    for (std::uint64_t r = 0; r < rows; ++r) {
        const std::span<std::byte> row = std::span(bytes).subspan(r * stride, stride);
        if (per_tensor) {
            encode_int8_row(source.row(r), common, row);
        } else {
            encode_row(to.format, source.row(r), row);
        }
    }
    return bytes;
}

bool is_chosen(const Weight& weight, const WeightConversion& conversion) {
    return weight.role == WeightRole::matrix && (!conversion.chosen || conversion.chosen(weight));
}

}  // namespace

std::span<const std::pair<std::string_view, WeightFormat>> enum_names(WeightFormat /*type*/) {
    return kFormats;
}
std::span<const std::pair<std::string_view, WeightScale>> enum_names(WeightScale /*type*/) {
    return kScales;
}

ModelWeights convert_weights(const ModelWeights& weights, const WeightConversion& conversion, bool with_data) {
    if (conversion.format == WeightFormat::as_stored) {
        return weights;
    }
    const NumberFormat target = number_format_of(conversion.format);
    ModelWeights out{.table = {}, .image = weights.image};
    for (const Weight& stored : weights.table.weights()) {
        Weight weight = stored;
        const bool rescale = target == NumberFormat::int8 && conversion.scale == WeightScale::tensor;
        if (is_chosen(stored, conversion) && (stored.format != target || rescale)) {
            weight.format = target;
            try {
                const Bytes size = weight.size();
                weight.flash_address =
                    with_data ? out.image.add_bytes(convert(weights.image, stored, weight, conversion.scale))
                              : out.image.reserve(size);
            } catch (const ConfigError& error) {
                throw ConfigError(weight.name + ": " + error.what());
            }
        }
        out.table.add(std::move(weight));
    }
    return out;
}

}  // namespace handset
