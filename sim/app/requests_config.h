// SPDX-License-Identifier: Apache-2.0
// Several requests instead of one prompt: written out, or from a file of lengths and arrivals.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"
#include "workloads/traces/request_trace.h"

namespace handset {

struct RequestConfig {
    std::optional<std::string> prompt;
    std::uint32_t prompt_tokens = 0;
    std::uint32_t output_tokens = 0;
    std::optional<Femtoseconds> arrival;
    std::string conversation;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("prompt", prompt, {.doc = "text of the user; needs a tokenizer"});
        v.field("prompt_tokens", prompt_tokens,
                {.doc = "length of a synthetic prompt, instead of a text", .max = kMostRequestTokens, .fallback = 0});
        v.field("output_tokens", output_tokens,
                {.doc = "tokens to generate at most", .min = 1, .max = kMostRequestTokens});
        v.field(
            "arrival", arrival,
            {.doc = "time after the model is ready; without: when the request before it ends", .max = kLatestArrival});
        v.field("conversation", conversation,
                {.doc = "requests of equal name continue each other; empty: a conversation of its own",
                 .fallback = std::string()});
    }
    void check(Errors& errors) const;
};

struct RequestsConfig {
    std::vector<RequestConfig> list;
    std::filesystem::path file;
    std::uint64_t from = 0;
    std::uint64_t limit = 0;
    double scale_arrivals = 1.0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("list", list, {.doc = "requests in the order of arrival", .optional = true});
        v.field("file", file,
                {.doc = "instead of a list: CSV with the columns prompt_tokens, output_tokens and perhaps arrival (s) "
                        "and conversation, or a trace of the Azure LLM inference service",
                 .fallback = std::filesystem::path()});
        v.field("from", from, {.doc = "requests of the file to skip; times count from the first taken", .fallback = 0});
        v.field("limit", limit, {.doc = "requests of the file to take; 0: all", .fallback = 0});
        v.field("scale_arrivals", scale_arrivals,
                {.doc = "factor on the times of the file", .min = 0.0, .max = 1e6, .fallback = 1.0});
    }
    void check(Errors& errors) const;
};

}  // namespace handset
