// SPDX-License-Identifier: Apache-2.0
// What runs on the phone: one or more requests to one model, with the formats and the policy it uses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/app/model_choice.h"
#include "sim/app/outlier_config.h"
#include "sim/app/requests_config.h"
#include "sim/base/errors.h"
#include "sim/runtime/page_cache_config.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/passes/choose_lowerings.h"
#include "workloads/passes/chunk_prompt.h"
#include "workloads/passes/quantise_weights.h"
#include "workloads/passes/split_products.h"

namespace handset {

enum class KvFormat : std::uint8_t { fp32, fp16 };
/// When static graphs (NPU) are built: before the request, or when an op first needs one.
enum class PrepareTime : std::uint8_t { ahead, first_use };
/// What lies in DRAM when simulated time begins: nothing, or the weights and the static graphs built ahead.
enum class StartState : std::uint8_t { cold, warm };

std::span<const std::pair<std::string_view, KvFormat>> enum_names(KvFormat /*type*/);
std::span<const std::pair<std::string_view, PrepareTime>> enum_names(PrepareTime /*type*/);
std::span<const std::pair<std::string_view, StartState>> enum_names(StartState /*type*/);

struct WorkloadConfig {
    std::string name;
    ModelChoice model;
    std::optional<std::string> prompt;
    std::uint32_t prompt_tokens = 0;
    std::optional<std::uint32_t> max_tokens;
    std::optional<RequestsConfig> requests;
    std::uint32_t context = 0;
    bool stop_at_eos = true;
    WeightFormat weights = WeightFormat::as_stored;
    std::optional<WeightFormat> vocabulary_weights;
    WeightScale weight_scale = WeightScale::channel;
    ActivationMode activations = ActivationMode::fp32;
    ActivationScale activation_scale = ActivationScale::row;
    KvFormat kv = KvFormat::fp16;
    bool static_kv = false;
    SamplingConfig sampling;
    std::string policy;
    PrepareTime prepare = PrepareTime::ahead;
    StartState start = StartState::cold;
    LoweringChoice lowerings;
    PrefillConfig prefill;
    std::optional<SplitConfig> split;
    std::optional<PageCacheConfig> mmap;
    std::optional<OutlierConfig> outliers;
    std::optional<PlantConfig> plant_outliers;
    bool score_prompt = false;

    template <class Visitor>
    void fields(Visitor& v) {
        request_fields(v);
        format_fields(v);
        execution_fields(v);
    }
    void check(Errors& errors) const;

  private:
    template <class Visitor>
    void request_fields(Visitor& v) {
        v.field("name", name, {.doc = "what results call this workload"});
        v.field("model", model, {.doc = "the language model"});
        v.field("prompt", prompt,
                {.doc = "text to continue; needs a tokenizer. Empty: the beginning-of-sequence token alone"});
        v.field("prompt_tokens", prompt_tokens,
                {.doc = "length of a synthetic prompt, instead of a text", .max = 1U << 20, .fallback = 0});
        v.field("max_tokens", max_tokens,
                {.doc = "tokens to generate at most; needed with a prompt", .min = 1, .max = 1U << 20});
        v.field(
            "requests", requests,
            {.doc = "several requests, instead of a prompt and max_tokens; served one after the other in the order of "
                    "arrival, with one KV cache"});
        v.field("context", context,
                {.doc = "tokens the KV cache holds; 0: what the longest conversation needs",
                 .max = 1U << 20,
                 .fallback = 0});
        v.field("stop_at_eos", stop_at_eos,
                {.doc = "end at the end-of-sequence token (only with data on)", .fallback = true});
    }
    template <class Visitor>
    void format_fields(Visitor& v) {
        v.field("weights", weights,
                {.doc = "format of the matrices, converted before the run; a shape's as_stored is fp16",
                 .fallback = WeightFormat::as_stored});
        v.field("vocabulary_weights", vocabulary_weights,
                {.doc = "format of embedding and output matrix, which engines often keep in more bits; without: as "
                        "weights"});
        v.field("weight_scale", weight_scale,
                {.doc = "scales of weights converted to int8", .fallback = WeightScale::channel});
        v.field("activations", activations,
                {.doc = "what matrix products take as input", .fallback = ActivationMode::fp32});
        v.field("activation_scale", activation_scale,
                {.doc = "scales of int8 activations", .fallback = ActivationScale::row});
        v.field("kv", kv, {.doc = "format of the KV cache", .fallback = KvFormat::fp16});
        v.field(
            "static_kv", static_kv,
            {.doc = "attention of every step reads and computes over all `context` positions of the cache and masks "
                    "those it does not see, as graphs of fixed shape do",
             .fallback = false});
    }
    template <class Visitor>
    void execution_fields(Visitor& v) {
        v.field("sampling", sampling, {.doc = "choice of the next token", .optional = true});
        v.field("policy", policy,
                {.doc = "scheduling policy (handset list policies)", .fallback = std::string("heft")});
        v.field("prepare", prepare, {.doc = "when static graphs are built", .fallback = PrepareTime::ahead});
        v.field("start", start,
                {.doc = "warm: weights lie in DRAM and graphs built ahead are ready when simulated time begins",
                 .fallback = StartState::cold});
        v.field("lowerings", lowerings,
                {.doc = "how kernels are cut on a kind of device: kernel, then cpu, gpu or npu, then a name (handset "
                        "list kernels) or auto",
                 .optional = true});
        v.field("prefill", prefill, {.doc = "how the prompt is cut for the policy", .optional = true});
        v.field("split", split,
                {.doc = "matrix products are cut in two parts for NPU and GPU, which policy hetero_tensor places so; "
                        "without: they stay whole"});
        v.field("mmap", mmap,
                {.doc = "weights stay in a memory-mapped file and are paged in by the ops that read them, instead of "
                        "being loaded before the request"});
        v.field("outliers", outliers,
                {.doc = "outlier channels of int8 activations are computed apart, in float, by shadow weights"});
        v.field("plant_outliers", plant_outliers,
                {.doc = "gives the model of a file outlier channels without changing its function"});
        v.field(
            "score_prompt", score_prompt,
            {.doc = "compute the logits of all prompt tokens and report the prompt's perplexity (only with data on)",
             .fallback = false});
    }
    void check_requests(Errors& errors) const;
    void check_outliers(Errors& errors) const;
};

}  // namespace handset
