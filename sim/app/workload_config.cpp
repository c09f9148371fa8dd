// SPDX-License-Identifier: Apache-2.0
#include "sim/app/workload_config.h"

#include <array>
#include <system_error>

#include "sim/sched/catalogue.h"

namespace handset {

std::span<const std::pair<std::string_view, KvFormat>> enum_names(KvFormat /*type*/) {
    static constexpr std::array<std::pair<std::string_view, KvFormat>, 2> kNames{
        {{"fp32", KvFormat::fp32}, {"fp16", KvFormat::fp16}}};
    return kNames;
}

std::span<const std::pair<std::string_view, PrepareTime>> enum_names(PrepareTime /*type*/) {
    static constexpr std::array<std::pair<std::string_view, PrepareTime>, 2> kNames{
        {{"ahead", PrepareTime::ahead}, {"first_use", PrepareTime::first_use}}};
    return kNames;
}

std::span<const std::pair<std::string_view, StartState>> enum_names(StartState /*type*/) {
    static constexpr std::array<std::pair<std::string_view, StartState>, 2> kNames{
        {{"cold", StartState::cold}, {"warm", StartState::warm}}};
    return kNames;
}

void ModelChoice::check(Errors& errors) const {
    if (file.empty() == !shape.has_value()) {
        errors.add("", "give either 'file' or 'shape'");
    }
    std::error_code code;
    for (const auto& [key, path] : {std::pair("file", file), std::pair("tokenizer", tokenizer)}) {
        if (!path.empty() && !std::filesystem::exists(path, code)) {
            errors.add(key, "there is no file '" + path.string() + "'");
        }
    }
    if (file.empty() && !tokenizer.empty()) {
        errors.add("tokenizer", "goes with a model file");
    }
}

void WorkloadConfig::check_requests(Errors& errors) const {
    const char* const no_tokenizer = "a model by shape has no tokenizer: use 'prompt_tokens'";
    if (!requests.has_value()) {
        if (prompt.has_value() == (prompt_tokens > 0)) {
            errors.add("prompt", "give either a prompt text or 'prompt_tokens'");
        }
        if (!max_tokens.has_value()) {
            errors.add("max_tokens", "is missing");
        }
        if (prompt.has_value() && model.shape.has_value()) {
            errors.add("prompt", no_tokenizer);
        }
        return;
    }
    for (const auto& [key, given] :
         {std::pair("prompt", prompt.has_value()), std::pair("prompt_tokens", prompt_tokens > 0),
          std::pair("max_tokens", max_tokens.has_value()), std::pair("score_prompt", score_prompt)}) {
        if (given) {
            errors.add(key, "goes without 'requests', whose entries have prompts and lengths of their own");
        }
    }
    for (std::size_t i = 0; i < requests->list.size(); ++i) {
        if (requests->list[i].prompt.has_value() && model.shape.has_value()) {
            errors.add("requests.list." + std::to_string(i) + ".prompt", no_tokenizer);
        }
    }
}

void WorkloadConfig::check_outliers(Errors& errors) const {
    if (outliers.has_value() && (activations != ActivationMode::int8 || activation_scale != ActivationScale::tensor)) {
        errors.add("outliers", "go with 'activations: int8' and 'activation_scale: tensor'");
    }
    if (outliers.has_value() && outliers->mmap.has_value() && mmap.has_value()) {
        errors.add("outliers.mmap", "all weights are mapped already");
    }
    if (plant_outliers.has_value() && model.shape.has_value()) {
        errors.add("plant_outliers", "goes with a model file");
    }
}

void WorkloadConfig::check(Errors& errors) const {
    if (name.empty()) {
        errors.add("name", "must not be empty");
    }
    check_requests(errors);
    if (start == StartState::warm && mmap.has_value()) {
        errors.add("start", "warm weights lie in DRAM, those of 'mmap' are paged in: give one of the two");
    }
    check_outliers(errors);
    check_lowerings(lowerings, "lowerings", errors);
    try {
        make_policy(policy);
    } catch (const ConfigError& error) {
        errors.add("policy", error.what());
    }
}

}  // namespace handset
