// SPDX-License-Identifier: Apache-2.0
// Turns what a workload says about requests into tokens.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/app/request.h"
#include "sim/app/workload_config.h"
#include "workloads/models/tokenizer.h"

namespace handset {

/// The requests of a workload in the order of arrival; the one prompt is a request without arrival. Synthetic prompts
/// are cut from one sequence of tokens. `tokenizer` may be null. Throws ConfigError for texts that nothing can encode
/// and for a wrong file of requests.
std::vector<Turn> turns_of(const WorkloadConfig& workload, std::uint32_t vocab, const Tokenizer* tokenizer);

/// Tokens of the KV cache: the workload's, else those that the longest conversation needs. Throws ConfigError when that
/// is more than it or the model, which holds `longest`, allows.
std::uint32_t context_of(const WorkloadConfig& workload, const std::vector<Turn>& turns, std::uint32_t longest);

}  // namespace handset
