// SPDX-License-Identifier: Apache-2.0
// The flash image of a model: segments of bytes at flash addresses. A model file lies in flash as it is, mapped and
// never copied; converted or synthetic weights are appended behind it. Without data, segments are addresses only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"
#include "workloads/models/model_file.h"
#include "workloads/models/weight_table.h"

namespace handset {

/// A value: copies share the bytes, which never change once added.
class WeightImage {
  public:
    /// Appended segments start at multiples of this (a flash page).
    static constexpr std::uint64_t kAlignment = 4096;

    explicit WeightImage(Address base) : base_(base), end_(base) {}

    /// Appends and returns the address of the first byte.
    Address add_file(std::shared_ptr<const ModelFile> file);
    Address add_bytes(std::vector<std::byte> bytes);
    /// Address space whose bytes were not generated.
    Address reserve(Bytes size);

    [[nodiscard]] Address begin() const { return base_; }
    [[nodiscard]] Address end() const { return end_; }
    /// Whether every segment has bytes.
    [[nodiscard]] bool has_data() const;
    /// Copies bytes out; padding between segments reads as zero. ModelError outside [begin, end) or where there are no
    /// bytes.
    void read(Address address, std::span<std::byte> out) const;

  private:
    struct Segment {
        Address address = 0;
        Bytes size;
        std::span<const std::byte> bytes;   // empty: reserved only
        std::shared_ptr<const void> owner;  // keeps the bytes alive
    };
    Address append(Segment segment);

    Address base_;
    Address end_;
    std::vector<Segment> segments_;  // ascending addresses
};

/// Which weights a model has, and their bytes.
struct ModelWeights {
    WeightTable table;
    WeightImage image;
};

/// Weights as the file stores them. `config` must be decoder_config(*file).
ModelWeights stored_weights(const std::shared_ptr<const ModelFile>& file, const DecoderConfig& config, Address base);

/// Weights of a model that is described by shape alone: matrices in `format`, drawn uniformly with variance
/// 1 / columns from a generator that is a function of (seed, name, row, column); norms are 1, biases small.
/// Without `with_data` no byte is generated. Embedding and output matrix are in `vocabulary_format` if there is one.
/// Throws ConfigError when rows cannot be stored in their format.
ModelWeights synthetic_weights(const DecoderConfig& config, NumberFormat format, std::uint64_t seed, Address base,
                               bool with_data, std::optional<NumberFormat> vocabulary_format = std::nullopt);

}  // namespace handset
