// SPDX-License-Identifier: Apache-2.0
// Prompts in chunks of fixed length, so that static graphs built once serve every prompt (chunk-sharing graphs of
// llm.npu, arXiv 2407.05858, section 3.2): one graph of all chunks, in which a policy may overlap them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "workloads/models/decoder_builder.h"

namespace handset {

struct PrefillConfig {
    std::uint32_t chunk = 0;
    bool pad = true;
    bool share_graphs = true;
    std::optional<bool> subgraphs;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("chunk", chunk,
                {.doc = "tokens of a chunk of the prompt; 0: the prompt in one piece", .max = 1U << 20, .fallback = 0});
        v.field("pad", pad,
                {.doc = "fill the last chunk up, as static shapes need; its rows cost time and cache, not accuracy",
                 .fallback = true});
        v.field("share_graphs", share_graphs,
                {.doc = "chunks use the same static graphs where shapes agree; false: each has graphs and weights of "
                        "its own",
                 .fallback = true});
        v.field("subgraphs", subgraphs,
                {.doc = "ops between which the processor does not change are started by one call; without: where the "
                        "prompt is cut into chunks"});
    }
};

/// Rows of the cache that a prompt takes, padding included.
std::uint64_t prompt_rows(const PrefillConfig& config, std::uint64_t tokens);

/// The prompt's chunks, in order; the last one samples if the prompt does.
std::vector<StepInput> cut_prompt(const PrefillConfig& config, const StepInput& prompt);

/// The graph of a whole prompt. Throws ConfigError as DecoderModel::build_step.
OpGraph build_prompt(const DecoderModel& model, const PrefillConfig& config, const StepInput& prompt);

}  // namespace handset
