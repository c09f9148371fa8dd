// SPDX-License-Identifier: Apache-2.0
// The part of a workload that says which model runs and how its next token is chosen.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "sim/base/errors.h"
#include "workloads/models/decoder_builder.h"

namespace handset {

struct ModelChoice {
    std::filesystem::path file;
    std::filesystem::path tokenizer;
    std::optional<DecoderConfig> shape;
    std::uint64_t seed = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("file", file, {.doc = "GGUF or llama2.c file with the weights", .fallback = std::filesystem::path()});
        v.field("tokenizer", tokenizer,
                {.doc = "tokenizer file, for formats that keep it apart", .fallback = std::filesystem::path()});
        v.field("shape", shape, {.doc = "a model by shape alone, instead of a file"});
        v.field("seed", seed, {.doc = "of the synthetic weights of a shape, with data on", .fallback = 1});
    }
    void check(Errors& errors) const;
};

struct SamplingConfig {
    SampleMethod method = SampleMethod::greedy;
    double temperature = 1.0;
    std::uint32_t top_k = 0;
    double top_p = 1.0;
    std::uint64_t seed = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("method", method, {.doc = "how the next token is chosen", .fallback = SampleMethod::greedy});
        v.field("temperature", temperature, {.doc = "divides the logits", .min = 0.01, .max = 100.0, .fallback = 1.0});
        v.field("top_k", top_k, {.doc = "keep the k likeliest tokens; 0: all", .fallback = 0});
        v.field("top_p", top_p,
                {.doc = "keep the likeliest tokens up to this sum", .min = 0.0, .max = 1.0, .fallback = 1.0});
        v.field("seed", seed, {.doc = "of the random choice", .fallback = 1});
    }
};

}  // namespace handset
