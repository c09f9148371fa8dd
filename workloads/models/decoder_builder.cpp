// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_builder.h"

#include <algorithm>
#include <array>

#include "sim/base/errors.h"
#include "workloads/models/decoder_step.h"

namespace handset {

namespace {

constexpr std::array<std::pair<std::string_view, ActivationMode>, 3> kModes{
    {{"fp32", ActivationMode::fp32}, {"q8_0", ActivationMode::q8_0}, {"int8", ActivationMode::int8}}};
constexpr std::array<std::pair<std::string_view, ActivationScale>, 2> kScales{
    {{"row", ActivationScale::row}, {"tensor", ActivationScale::tensor}}};
constexpr std::array<std::pair<std::string_view, SampleMethod>, 2> kMethods{
    {{"greedy", SampleMethod::greedy}, {"sample", SampleMethod::sample}}};

void check_weights(const DecoderConfig& config, const WeightTable& weights, ActivationMode mode, Errors& errors) {
    for (const DecoderTensor& expected : decoder_tensors(config)) {
        const Weight* weight = weights.find(expected.name);
        if (weight == nullptr) {
            errors.add(expected.name, "weight is missing");
            continue;
        }
        if (weight->shape != expected.shape) {
            errors.add(expected.name, "weight has another shape than the model");
        }
        if (expected.role == WeightRole::vector) {
            continue;
        }
        try {
            row_bytes(weight->format, weight->shape.cols);
            row_bytes(matmul_input_format(*weight, mode), weight->shape.cols);
        } catch (const ConfigError& error) {
            errors.add(expected.name, error.what());
        }
    }
}

/// Sum over the rows of the keys each sees: position + 1, position + 2 ..., at most a window.
std::uint64_t keys_seen(const DecoderConfig& config, std::uint64_t position, std::uint64_t rows) {
    std::uint64_t growing = rows;
    if (config.window != 0) {
        growing = config.window > position ? std::min<std::uint64_t>(rows, config.window - position) : 0;
    }
    return growing * position + growing * (growing + 1) / 2 + (rows - growing) * config.window;
}

}  // namespace

std::span<const std::pair<std::string_view, ActivationMode>> enum_names(ActivationMode /*type*/) {
    return kModes;
}
std::span<const std::pair<std::string_view, ActivationScale>> enum_names(ActivationScale /*type*/) {
    return kScales;
}
std::span<const std::pair<std::string_view, SampleMethod>> enum_names(SampleMethod /*type*/) {
    return kMethods;
}

StepMacs macs_of_step(const DecoderConfig& config, std::uint32_t rows, std::uint32_t kv_len, bool sample) {
    ensure(rows <= kv_len, "a step's rows are part of the cache");
    const std::uint64_t m = rows;
    const std::uint64_t layers = config.layers;
    const std::uint64_t per_row = std::uint64_t{2} * config.hidden * (config.q_width() + config.kv_width()) +
                                  std::uint64_t{config.ffn_gated ? 3U : 2U} * config.hidden * config.ffn;
    const std::uint64_t head = sample ? std::uint64_t{config.hidden} * config.vocab : 0;
    const std::uint32_t position = kv_len - rows;
    const std::uint64_t per_key = std::uint64_t{2} * config.q_width() * layers;
    return {.linear = Macs{m * layers * per_row + head},
            .attention = Macs{per_key * keys_seen(config, position, rows)},
            .attention_unmasked = Macs{per_key * m * (kv_len - config.first_key(position))}};
}

DecoderModel::DecoderModel(DecoderConfig config, WeightTable weights, StepFormats formats)
    : config_(std::move(config)), weights_(std::move(weights)), formats_(std::move(formats)) {
    Errors errors;
    config_.check(errors);
    if (formats_.outliers.channels > 0 && formats_.activations != ActivationMode::int8) {
        errors.add("outliers", "go with int8 activations");
    }
    if (formats_.kv != NumberFormat::fp32 && formats_.kv != NumberFormat::fp16) {
        errors.add("kv", "the cache can be fp32 or fp16, not " + std::string(info(formats_.kv).name));
    }
    if (errors.empty()) {
        check_weights(config_, weights_, formats_.activations, errors);
    }
    errors.throw_if_any();
}

OpGraph DecoderModel::build_load_graph() const {
    OpGraph graph;
    for (const Weight& weight : weights_.weights()) {
        if (weight.role == WeightRole::shadow && formats_.outliers.mapped) {
            continue;
        }
        Tensor tensor;
        tensor.name = weight.name;
        tensor.shape = weight.shape;
        tensor.format = weight.format;
        tensor.tag = MemoryTag::weights;
        tensor.persistent = true;
        Tensor stored = tensor;
        stored.name += "@flash";
        stored.flash_address = weight.flash_address;
        OpNode node;
        node.name = "load." + weight.name;
        node.kernel = "load";
        node.layer = layer_of(weight.name);
        node.inputs = {graph.whole(graph.add_tensor(std::move(stored)))};
        node.outputs = {graph.whole(graph.add_tensor(std::move(tensor)))};
        graph.add_op(std::move(node));
    }
    return graph;
}

void DecoderModel::check_step(const StepInput& input) const {
    if (input.tokens.empty()) {
        throw ConfigError("a step needs at least one token");
    }
    for (const std::uint32_t token : input.tokens) {
        if (token >= config_.vocab) {
            throw ConfigError("token " + std::to_string(token) + " is outside the vocabulary of " +
                              std::to_string(config_.vocab));
        }
    }
    const std::uint64_t end = std::uint64_t{input.position} + input.tokens.size();
    if (end > config_.context) {
        throw ConfigError(std::to_string(end) + " tokens exceed the context of " + std::to_string(config_.context));
    }
    ensure(input.padding < input.tokens.size(), "a chunk of padding alone");
}

OpGraph DecoderModel::build_step(const StepInput& input) const {
    return build_prompt({&input, 1});
}

OpGraph DecoderModel::build_prompt(std::span<const StepInput> chunks) const {
    ensure(!chunks.empty(), "a prompt without chunks");
    DecoderStep step(*this);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const StepInput& chunk = chunks[i];
        check_step(chunk);
        ensure(i == 0 || chunk.position == chunks[i - 1].position + chunks[i - 1].tokens.size(),
               "chunks of a prompt follow one another");
        ensure(i + 1 == chunks.size() || (!chunk.sample && chunk.padding == 0),
               "only the last chunk of a prompt samples or is padded");
        step.add(chunk, static_cast<int>(i));
    }
    return std::move(step).graph();
}

Bytes DecoderModel::kv_cache_size() const {
    return std::uint64_t{2} * config_.layers * config_.context * row_bytes(formats_.kv, config_.kv_width());
}

}  // namespace handset
