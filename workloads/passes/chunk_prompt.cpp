// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/chunk_prompt.h"

#include <algorithm>

#include "sim/base/quantity.h"
#include "workloads/passes/subgraphs.h"

namespace handset {

namespace {

/// Any token would do: no row that counts sees it.
constexpr std::uint32_t kPaddingToken = 0;

}  // namespace

std::uint64_t prompt_rows(const PrefillConfig& config, std::uint64_t tokens) {
    const bool padded = config.chunk > 0 && config.pad;
    return padded ? div_ceil<std::uint64_t>(tokens, config.chunk) * config.chunk : tokens;
}

std::vector<StepInput> cut_prompt(const PrefillConfig& config, const StepInput& prompt) {
    std::vector<std::uint32_t> tokens = prompt.tokens;
    tokens.resize(prompt_rows(config, tokens.size()), kPaddingToken);
    const std::size_t length = config.chunk > 0 ? config.chunk : std::max<std::size_t>(tokens.size(), 1);
    std::vector<StepInput> chunks;
    for (std::size_t first = 0; first < tokens.size() || first == 0; first += length) {
        const std::size_t end = std::min(first + length, tokens.size());
        const auto at = [&](std::size_t index) { return tokens.begin() + static_cast<std::ptrdiff_t>(index); };
        StepInput chunk = prompt;
        chunk.tokens.assign(at(first), at(end));
        chunk.position = prompt.position + static_cast<std::uint32_t>(first);
        chunk.sample = prompt.sample && end == tokens.size();
        chunk.padding = end == tokens.size() ? static_cast<std::uint32_t>(end - prompt.tokens.size()) : 0;
        chunks.push_back(std::move(chunk));
    }
    return chunks;
}

OpGraph build_prompt(const DecoderModel& model, const PrefillConfig& config, const StepInput& prompt) {
    OpGraph graph = model.build_prompt(cut_prompt(config, prompt));
    if (config.subgraphs.value_or(config.chunk > 0)) {
        mark_subgraphs(graph);
    }
    if (!config.share_graphs) {
        for (const OpId id : graph.topological_order()) {
            graph.op(id).graph_set = static_cast<std::uint32_t>(graph.op(id).chunk);
        }
    }
    return graph;
}

}  // namespace handset
