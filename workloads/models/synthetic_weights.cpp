// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "sim/base/errors.h"
#include "sim/base/splitmix.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/models/decoder_tensors.h"
#include "workloads/models/weight_image.h"

namespace handset {

namespace {

constexpr float kBiasRange = 0.01F;

/// FNV-1a: the same on every host, unlike std::hash.
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 0xCBF29CE484222325U;
    for (const char c : text) {
        value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
    }
    return value;
}

/// Uniform in [-1, 1), exact in fp32: 24 random bits.
float uniform(std::uint64_t key, std::uint64_t counter) {
    const std::uint64_t bits = mix64(key + (counter + 1) * kSplitMixStep) >> 40;
    return static_cast<float>(static_cast<std::int32_t>(bits) - (1 << 23)) / static_cast<float>(1 << 23);
}

bool is_bias(const Weight& weight) {
    return weight.name.ends_with(".bias");
}

std::vector<std::byte> generate(const Weight& weight, std::uint64_t seed) {
    const std::uint64_t key = mix64(seed ^ hash(weight.name));
    const std::uint64_t cols = weight.shape.cols;
    const std::uint64_t stride = row_bytes(weight.format, cols).count();
    const float range = is_bias(weight) ? kBiasRange : std::sqrt(3.0F / static_cast<float>(cols));
    std::vector<std::byte> bytes(weight.size().count());
    std::vector<float> row(cols, 1.0F);
    for (std::uint64_t r = 0; r < weight.shape.rows; ++r) {
        if (weight.role == WeightRole::matrix || is_bias(weight)) {
            for (std::uint64_t c = 0; c < cols; ++c) {
                row[c] = range * uniform(key, r * cols + c);
            }
        }
        encode_row(weight.format, row, std::span(bytes).subspan(r * stride, stride));
    }
    return bytes;
}

}  // namespace

ModelWeights synthetic_weights(const DecoderConfig& config, NumberFormat format, std::uint64_t seed, Address base,
                               bool with_data, std::optional<NumberFormat> vocabulary_format) {
    ModelWeights weights{.table = {}, .image = WeightImage(base)};
    for (const DecoderTensor& tensor : decoder_tensors(config)) {
        const NumberFormat matrix = is_vocabulary(tensor.name) ? vocabulary_format.value_or(format) : format;
        Weight weight{.name = tensor.name,
                      .shape = tensor.shape,
                      .format = tensor.role == WeightRole::matrix ? matrix : NumberFormat::fp32,
                      .role = tensor.role,
                      .flash_address = 0};
        try {
            const Bytes size = weight.size();
            weight.flash_address =
                with_data ? weights.image.add_bytes(generate(weight, seed)) : weights.image.reserve(size);
        } catch (const ConfigError& error) {
            throw ConfigError(weight.name + ": " + error.what());
        }
        weights.table.add(std::move(weight));
    }
    return weights;
}

}  // namespace handset
