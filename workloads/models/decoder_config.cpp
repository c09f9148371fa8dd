// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "sim/base/text.h"
#include "workloads/kernels/attention_plan.h"
#include "workloads/models/decoder_tensors.h"

namespace handset {

namespace {

constexpr std::array<std::pair<std::string_view, DecoderArchitecture>, 5> kArchitectures{
    {{"llama", DecoderArchitecture::llama},
     {"qwen2", DecoderArchitecture::qwen2},
     {"qwen3", DecoderArchitecture::qwen3},
     {"gemma", DecoderArchitecture::gemma},
     {"phi2", DecoderArchitecture::phi2}}};
constexpr std::array<std::pair<std::string_view, RopePairing>, 2> kPairings{
    {{"interleaved", RopePairing::interleaved}, {"half", RopePairing::half}}};
constexpr std::array<std::pair<std::string_view, NormKind>, 2> kNorms{
    {{"rms", NormKind::rms}, {"layer", NormKind::layer}}};
constexpr std::array<std::pair<std::string_view, GateActivation>, 2> kActivations{
    {{"silu", GateActivation::silu}, {"gelu", GateActivation::gelu}}};

// Beyond any model that exists; small enough that no product of sizes overflows 64 bits.
constexpr std::uint64_t kMostWidth = 1 << 22;
constexpr std::uint64_t kMostLayers = 4096;
constexpr std::uint64_t kMostTokens = 1 << 24;
// Tensors that every layer has.
constexpr std::uint64_t kTensorsPerLayer = 9;

using TensorMap = std::map<std::string_view, const ModelTensor*>;

/// Reads "<architecture>.<key>" and collects problems.
class KeyReader {
  public:
    KeyReader(const Metadata& metadata, std::string architecture, Errors& errors)
        : metadata_(metadata), prefix_(std::move(architecture) + "."), errors_(errors) {}

    /// Value in [1, most]; without a fallback the key must be there.
    std::uint32_t size(std::string_view key, std::uint64_t most, std::optional<std::uint32_t> fallback = {}) {
        const std::string full = prefix_ + std::string(key);
        const auto value = guarded([&] { return metadata_.integer(full); });
        if (!value) {
            if (!fallback) {
                errors_.add(full, "missing from the metadata");
            }
            return fallback.value_or(1);
        }
        if (*value == 0 || *value > most) {
            errors_.add(full, "is " + std::to_string(*value) + ", expected 1 to " + std::to_string(most));
            return 1;
        }
        return static_cast<std::uint32_t>(*value);
    }

    /// 0 when absent.
    std::uint32_t optional_size(std::string_view key, std::uint64_t most) {
        const auto value = guarded([&] { return metadata_.integer(prefix_ + std::string(key)); });
        return value.value_or(0) == 0 ? 0 : size(key, most);
    }

    double number(std::string_view key, double fallback) {
        const std::string full = prefix_ + std::string(key);
        return guarded([&] { return metadata_.number(full); }).value_or(fallback);
    }

    /// A feature that this model builder does not have must not be asked for.
    void reject_unless(std::string_view key, std::string_view harmless) {
        const std::string full = prefix_ + std::string(key);
        const auto value = guarded([&] { return metadata_.text(full); });
        if (value && *value != harmless) {
            errors_.add(full, "'" + *value + "' is not supported");
        }
    }
    void reject_positive(std::string_view key) {
        const std::string full = prefix_ + std::string(key);
        const auto value = guarded([&] { return metadata_.integer(full); });
        if (value && *value > 0) {
            errors_.add(full, "is not supported");
        }
    }

  private:
    template <class Read>
    auto guarded(Read read) -> decltype(read()) {
        try {
            return read();
        } catch (const ConfigError& error) {
            errors_.add("", error.what());
            return std::nullopt;
        }
    }

    const Metadata& metadata_;
    std::string prefix_;
    Errors& errors_;
};

DecoderArchitecture architecture_of(const Metadata& metadata) {
    const std::string name = metadata.text("general.architecture").value_or("");
    std::vector<std::string> known;
    for (const auto& [text, value] : kArchitectures) {
        if (text == name) {
            return value;
        }
        known.emplace_back(text);
    }
    throw ConfigError(unknown_name("model architecture", name, known));
}

TensorMap by_name(const std::vector<ModelTensor>& tensors) {
    TensorMap map;
    for (const ModelTensor& tensor : tensors) {
        map.emplace(tensor.name, &tensor);
    }
    return map;
}

std::string text_of(const Shape& shape) {
    return std::to_string(shape.rows) + " x " + std::to_string(shape.cols);
}

void check_tensors(const DecoderConfig& config, TensorMap present, Errors& errors) {
    for (const DecoderTensor& expected : decoder_tensors(config)) {
        const auto found = present.find(expected.name);
        if (found == present.end()) {
            errors.add(expected.name, "tensor is missing");
            continue;
        }
        const ModelTensor& tensor = *found->second;
        if (tensor.shape != expected.shape) {
            errors.add(expected.name,
                       "tensor is " + text_of(tensor.shape) + ", the model needs " + text_of(expected.shape));
        }
        if (expected.role == WeightRole::vector && tensor.format != NumberFormat::fp32) {
            errors.add(expected.name, "tensor is " + std::string(info(tensor.format).name) + ", fp32 expected");
        }
        present.erase(found);
    }
    for (const auto& [name, tensor] : present) {
        errors.add(name, "tensor is not part of this architecture");
    }
}

/// What files do not say because it is the same in every model of the family.
void apply_family(DecoderConfig& config) {
    config.rope_pairing =
        config.architecture == DecoderArchitecture::llama ? RopePairing::interleaved : RopePairing::half;
    if (config.architecture == DecoderArchitecture::gemma) {
        config.activation = GateActivation::gelu;
        config.scaled_embedding = true;
    }
    if (config.architecture == DecoderArchitecture::phi2) {
        config.norm = NormKind::layer;
        config.activation = GateActivation::gelu;
        config.ffn_gated = false;
        config.parallel_block = true;
    }
}

DecoderConfig read_keys(const ModelFile& file, const TensorMap& tensors, Errors& errors) {
    DecoderConfig config;
    config.architecture = architecture_of(file.metadata);
    const auto arch = std::string(kArchitectures.at(static_cast<std::size_t>(config.architecture)).first);
    KeyReader keys(file.metadata, arch, errors);
    config.name = file.metadata.text("general.name").value_or(arch);
    config.hidden = keys.size("embedding_length", kMostWidth);
    config.layers = keys.size("block_count", kMostLayers);
    config.heads = keys.size("attention.head_count", kMostLayers);
    config.kv_heads = keys.size("attention.head_count_kv", kMostLayers, config.heads);
    config.head_dim = keys.size("attention.key_length", kMostWidth, std::max(config.hidden / config.heads, 1U));
    config.ffn = keys.size("feed_forward_length", kMostWidth);
    config.context = keys.size("context_length", kMostTokens);
    config.rope_base = keys.number("rope.freq_base", 10000.0);
    config.rope_dims = keys.size("rope.dimension_count", kMostWidth, config.head_dim);
    config.rope_factors = tensors.contains("rope_freqs.weight");
    config.linear_bias = tensors.contains("blk.0.ffn_up.bias");
    config.qkv_bias = !config.linear_bias && tensors.contains("blk.0.attn_q.bias");
    config.qk_norm = tensors.contains("blk.0.attn_q_norm.weight");
    config.tied_embeddings = !tensors.contains("output.weight");
    config.window = keys.optional_size("attention.sliding_window", kMostTokens);
    apply_family(config);
    config.norm_eps = keys.number(
        config.norm == NormKind::rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", 1e-5);
    if (keys.size("attention.value_length", kMostWidth, config.head_dim) != config.head_dim) {
        errors.add(arch + ".attention.value_length", "must equal the key length");
    }
    keys.reject_unless("rope.scaling.type", "none");
    keys.reject_positive("expert_count");
    const auto embedding = tensors.find("token_embd.weight");
    config.vocab = 1;
    if (embedding == tensors.end()) {
        errors.add("token_embd.weight", "tensor is missing");
    } else {
        config.vocab = static_cast<std::uint32_t>(std::min(embedding->second->shape.rows, kMostTokens));
    }
    return config;
}

}  // namespace

std::span<const std::pair<std::string_view, DecoderArchitecture>> enum_names(DecoderArchitecture /*type*/) {
    return kArchitectures;
}
std::span<const std::pair<std::string_view, RopePairing>> enum_names(RopePairing /*type*/) {
    return kPairings;
}
std::span<const std::pair<std::string_view, NormKind>> enum_names(NormKind /*type*/) {
    return kNorms;
}
std::span<const std::pair<std::string_view, GateActivation>> enum_names(GateActivation /*type*/) {
    return kActivations;
}

std::uint32_t DecoderConfig::first_key(std::uint32_t position) const {
    if (window == 0 || position < window) {
        return 0;
    }
    const std::uint32_t first = position - window + 1;
    return first - first % static_cast<std::uint32_t>(kAttentionBlock);
}

void DecoderConfig::check(Errors& errors) const {
    if (heads == 0 || kv_heads == 0 || hidden == 0) {
        errors.add("heads", "hidden, heads and kv_heads must be positive");
        return;
    }
    if (heads % kv_heads != 0) {
        errors.add("kv_heads",
                   std::to_string(heads) + " heads cannot share " + std::to_string(kv_heads) + " key-value heads");
    }
    if (head_dim == 0 && hidden % heads != 0) {
        errors.add("heads", "hidden size " + std::to_string(hidden) + " is not a multiple of " + std::to_string(heads) +
                                " heads, and head_dim is not given");
    }
    if (rotated() % 2 != 0 || rotated() > head_size()) {
        errors.add("rope_dims", std::to_string(rotated()) + " rotated elements, expected an even number up to " +
                                    std::to_string(head_size()));
    }
    if (std::uint64_t{heads} * head_size() > kMostWidth) {
        errors.add("head_dim", "heads * head_dim is above " + std::to_string(kMostWidth));
    }
    if (norm == NormKind::layer && qk_norm) {
        errors.add("qk_norm", "goes with norm: rms, LayerNorm of heads is not known");
    }
    if (parallel_block && post_norms) {
        errors.add("post_norms", "do not go with parallel_block, whose halves share one sum");
    }
    if (qkv_bias && linear_bias) {
        errors.add("qkv_bias", "is part of linear_bias, give one of them");
    }
    if (!std::isfinite(rope_base) || rope_base < 1.0) {
        errors.add("rope_base", "must be a finite number of at least 1");
    }
    if (!std::isfinite(norm_eps) || norm_eps < 0.0 || norm_eps > 1.0) {
        errors.add("norm_eps", "must be a number from 0 to 1");
    }
}

DecoderConfig decoder_config(const ModelFile& file) {
    Errors errors;
    const TensorMap tensors = by_name(file.tensors);
    DecoderConfig config;
    try {
        config = read_keys(file, tensors, errors);
    } catch (const ConfigError& error) {
        throw ConfigError(file.path + ": " + error.what());
    }
    // A claimed layer count is believed only as far as the file has tensors for it.
    if (config.layers > file.tensors.size() / kTensorsPerLayer) {
        errors.add("block_count", std::to_string(config.layers) + " layers need " +
                                      std::to_string(config.layers * kTensorsPerLayer) + " tensors, the file has " +
                                      std::to_string(file.tensors.size()));
    }
    if (errors.empty()) {
        config.check(errors);
    }
    if (errors.empty()) {
        check_tensors(config, tensors, errors);
    }
    if (!errors.empty()) {
        throw ConfigError(file.path + ": not a model that can run:\n" + join(errors.problems(), "\n"));
    }
    const std::size_t pieces = file.tokenizer.pieces.size();
    if (pieces > config.vocab) {
        throw ConfigError(file.path + ": the tokenizer has " + std::to_string(pieces) +
                          " tokens, token_embd.weight has " + std::to_string(config.vocab) + " rows");
    }
    return config;
}

}  // namespace handset
