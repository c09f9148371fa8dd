// SPDX-License-Identifier: Apache-2.0
#include "sim/app/model_setup.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/app/request_setup.h"
#include "sim/base/errors.h"
#include "workloads/models/decoder_tensors.h"
#include "workloads/models/weight_image.h"
#include "workloads/passes/outliers.h"
#include "workloads/passes/plant_outliers.h"

namespace handset {

namespace {

/// The weight image as what lies in flash; nothing writes to it.
class ImageStore final : public Store {
  public:
    explicit ImageStore(WeightImage image) : image_(std::move(image)) {}

    [[nodiscard]] Bytes size() const override { return Bytes{image_.end()}; }
    void read(Address address, std::span<std::byte> bytes) const override { image_.read(address, bytes); }
    void write(Address /*address*/, std::span<const std::byte> /*bytes*/) override {
        throw ModelError("the model image in flash is read only");
    }

  private:
    WeightImage image_;
};

NumberFormat stored_format(WeightFormat format) {
    switch (format) {
        case WeightFormat::as_stored:
        case WeightFormat::fp16:
            return NumberFormat::fp16;
        case WeightFormat::fp32:
            return NumberFormat::fp32;
        case WeightFormat::int8:
            return NumberFormat::int8;
        case WeightFormat::q8_0:
            return NumberFormat::q8_0;
        case WeightFormat::q4_0:
            return NumberFormat::q4_0;
    }
    throw ModelError("a weight format without storage");
}

struct Source {
    DecoderConfig config;
    ModelWeights weights;
    std::unique_ptr<Tokenizer> tokenizer;
};

/// The model lies in flash as a whole.
void check_flash(const ModelWeights& weights, const MemorySizes& sizes) {
    const auto text = [](std::uint64_t bytes) {
        return std::to_string(div_ceil<std::uint64_t>(bytes, 1 << 20)) + " MiB";
    };
    if (weights.image.end() > sizes.flash.count()) {
        throw ConfigError("the model needs " + text(weights.image.end()) + " of flash, the phone has " +
                          text(sizes.flash.count()));
    }
}

WeightFormat vocabulary_format(const WorkloadConfig& workload) {
    return workload.vocabulary_weights.value_or(workload.weights);
}

ModelWeights converted(const ModelWeights& stored, const WorkloadConfig& workload, bool data) {
    if (!workload.vocabulary_weights.has_value()) {
        return convert_weights(stored, {workload.weights, workload.weight_scale, {}}, data);
    }
    const auto vocabulary = [](const Weight& weight) { return is_vocabulary(weight.name); };
    const auto layers = [](const Weight& weight) { return !is_vocabulary(weight.name); };
    const ModelWeights first = convert_weights(stored, {workload.weights, workload.weight_scale, layers}, data);
    return convert_weights(first, {vocabulary_format(workload), workload.weight_scale, vocabulary}, data);
}

OutlierHandling outlier_handling(const WorkloadConfig& workload, const DecoderConfig& config) {
    if (!workload.outliers.has_value()) {
        return {};
    }
    const OutlierConfig& outliers = *workload.outliers;
    OutlierHandling out{outliers.channels, kept_layers(config.layers, outliers.pruned_layers),
                        outliers.mmap.has_value()};
    if (!outliers.kept_layers.empty()) {
        out.kept.assign(config.layers, false);
    }
    for (const std::uint32_t layer : outliers.kept_layers) {
        if (layer >= config.layers) {
            throw ConfigError("outliers.kept_layers: there is no layer " + std::to_string(layer) + " of " +
                              std::to_string(config.layers));
        }
        out.kept[layer] = true;
    }
    return out;
}

/// In the formats of the workload, with shadows where outliers are kept.
ModelWeights deployed(const ModelWeights& stored, const WorkloadConfig& workload, const DecoderConfig& config,
                      bool data) {
    const ModelWeights source = workload.plant_outliers.has_value()
                                    ? plant_outliers(stored,
                                                     {workload.plant_outliers->channels,
                                                      workload.plant_outliers->factor, workload.plant_outliers->seed},
                                                     data)
                                    : stored;
    ModelWeights weights = converted(source, workload, data);
    add_shadows(weights, source, outlier_handling(workload, config).kept, data);
    return weights;
}

Source open_file(const WorkloadConfig& workload, const MemorySizes& sizes, bool data) {
    auto file =
        std::make_shared<ModelFile>(open_model(workload.model.file.string(), workload.model.tokenizer.string()));
    const DecoderConfig config = decoder_config(*file);
    std::unique_ptr<Tokenizer> tokenizer;
    if (!file->tokenizer.model.empty()) {
        tokenizer = make_tokenizer(file->tokenizer);
    }
    const ModelWeights stored = stored_weights(std::move(file), config, 0);
    check_flash(deployed(stored, workload, config, false), sizes);
    return {config, deployed(stored, workload, config, data), std::move(tokenizer)};
}

Source open_shape(const WorkloadConfig& workload, const MemorySizes& sizes, bool data) {
    const DecoderConfig& config = *workload.model.shape;
    const NumberFormat format = stored_format(workload.weights);
    const NumberFormat vocabulary = stored_format(vocabulary_format(workload));
    const std::uint64_t seed = workload.model.seed;
    const std::vector<bool> kept = outlier_handling(workload, config).kept;
    ModelWeights planned = synthetic_weights(config, format, seed, 0, false, vocabulary);
    add_shadows(planned, planned, kept, false);
    check_flash(planned, sizes);
    if (data && planned.table.size() > sizes.dram) {  // the run would say so after generating all of it
        throw OutOfMemory("the synthetic weights need " + std::to_string(planned.table.size().count()) +
                          " B, the simulated DRAM has " + std::to_string(sizes.dram.count()) + " B");
    }
    ModelWeights weights = synthetic_weights(config, format, seed, 0, data, vocabulary);
    add_shadows(weights, weights, kept, data);
    return {config, std::move(weights), nullptr};
}

}  // namespace

PreparedModel prepare_model(const WorkloadConfig& workload, const MemorySizes& sizes, bool data) {
    if (workload.score_prompt && !data) {
        throw ConfigError(workload.name + ": score_prompt needs a run with data on");
    }
    Source source =
        workload.model.shape.has_value() ? open_shape(workload, sizes, data) : open_file(workload, sizes, data);
    std::vector<Turn> turns = turns_of(workload, source.config.vocab, source.tokenizer.get());
    const std::uint64_t wanted = context_of(workload, turns, source.config.context);
    source.config.context = static_cast<std::uint32_t>(wanted);
    const StepFormats formats{workload.activations, workload.activation_scale,
                              workload.kv == KvFormat::fp16 ? NumberFormat::fp16 : NumberFormat::fp32,
                              workload.static_kv, outlier_handling(workload, source.config)};
    std::shared_ptr<const Store> image;
    if (data) {
        image = std::make_shared<ImageStore>(source.weights.image);
    }
    return {DecoderModel(source.config, std::move(source.weights.table), formats), std::move(image),
            std::move(source.tokenizer), std::move(turns)};
}

}  // namespace handset
